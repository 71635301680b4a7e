//! Logging in, which makes an account for who is new.

use super::attempts::Attempts;
use super::config::LoginSettings;
use super::password::Passwords;
use super::repo::{Repo, Sent, User};
use crate::commands::{CommandSender, Entered, Open, Told, told};
use crate::error::Fault;
use crate::projection::{Created, Creation};
use metrics::{counter, histogram};
use service_kit::retry::Backoff;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use topology::command_hash::command_hash;
use topology::{AccountType, CommandId, ConfirmAccountCreation, Iban, Token};
use uuid::Uuid;

/// The contract's words, and this endpoint's own.
pub mod reason {
    /// The username is known with another password.
    pub const INCORRECT_PASSWORD: &str = "incorrect password";
    /// The handler drew numbers that existed; a new id draws again.
    pub const IBAN_EXISTS: &str = "generated iban already exists, try again";
    /// There is no outcome yet.
    pub const PENDING: &str = "pending, log in again";
    /// The username was tried too often with wrong passwords.
    pub const TOO_MANY_ATTEMPTS: &str = "too many attempts, try again later";
    /// The name or password is empty or too long.
    pub const INVALID: &str = "username and password must not be empty or too long";
    /// The users cannot be read.
    pub const NO_DATABASE: &str = "the bank cannot look up users now, log in again later";
    /// Too much is going on.
    pub const BUSY: &str = "the bank is busy, log in again later";
}

/// A user may be added or renewed by another instance at the same moment; then it is looked up anew, this often.
const LOOK_UPS: u32 = 3;

/// What is answered to who logs in. `Debug` masks the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The account.
    Account(Iban, Token),
    /// Why there is none.
    Refused(String),
}

/// Account creations without outcome.
pub type OpenCreations = Open<Answer, Sent>;

/// Where the projection brings outcomes of account creations.
#[derive(Debug, Clone)]
pub struct CreationSink {
    open: OpenCreations,
    wanted: mpsc::Sender<Creation>,
}

impl CreationSink {
    /// Takes an outcome if somebody here asked for it. What there is no room for is asked for again.
    pub fn offer(&self, creation: Creation) {
        if self.open.contains(&creation.id) && self.wanted.try_send(creation).is_err() {
            counter!("graphql_endpoint_creations_dropped_total").increment(1);
        }
    }
}

/// The people who log in, and their accounts. Cheap to clone.
#[derive(Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

struct Inner {
    repo: Repo,
    open: OpenCreations,
    sender: CommandSender<ConfirmAccountCreation>,
    passwords: Passwords,
    attempts: Mutex<Attempts>,
    settings: LoginSettings,
    outcome_timeout: Duration,
}

impl Users {
    /// With these parts, and where the projection brings outcomes.
    #[must_use]
    pub fn new(
        repo: Repo,
        sender: CommandSender<ConfirmAccountCreation>,
        settings: LoginSettings,
        outcome_timeout: Duration,
        open_max: u32,
    ) -> (Self, CreationSink, mpsc::Receiver<Creation>) {
        let open = Open::new(open_max);
        let (wanted, outcomes) = mpsc::channel(usize::try_from(open_max).unwrap_or(usize::MAX).max(1));
        let window = Duration::from_millis(settings.login_attempts_window_ms);
        let attempts = Attempts::new(settings.login_attempts_max, window, settings.login_attempts_usernames);
        let passwords = Passwords::new(settings.password_hashes_at_once, settings.password_hashes_waiting);
        let sink = CreationSink { open: open.clone(), wanted };
        let attempts = Mutex::new(attempts);
        let inner = Inner { repo, open, sender, passwords, attempts, settings, outcome_timeout };
        (Self { inner: Arc::new(inner) }, sink, outcomes)
    }

    /// The account of who knows the password; a new one for an unknown name.
    pub async fn account(&self, username: String, password: String) -> Answer {
        let started = Instant::now();
        let answer = self.log_in(username, password).await;
        let result = if matches!(answer, Answer::Account(..)) { "account" } else { "refused" };
        histogram!("graphql_endpoint_login_seconds", "result" => result).record(started.elapsed().as_secs_f64());
        answer
    }

    async fn log_in(&self, username: String, password: String) -> Answer {
        if !self.is_acceptable(&username, &password) {
            return refused(reason::INVALID);
        }
        if !self.attempts(|attempts| attempts.may_try(&username, Instant::now())) {
            return refused(reason::TOO_MANY_ATTEMPTS);
        }
        for _ in 0..LOOK_UPS {
            let tried = match self.inner.repo.find(&username).await {
                Ok(Some(user)) => self.known(user, password.clone()).await,
                Ok(None) => self.unknown(&username, password.clone()).await,
                Err(fault) => Err(fault),
            };
            match tried {
                Ok(Some(answer)) => return answer,
                Ok(None) => {}
                Err(fault) => {
                    tracing::debug!(%fault, "a log-in found no database");
                    return refused(reason::NO_DATABASE);
                }
            }
        }
        refused(reason::BUSY)
    }

    /// `None` when somebody else changed the user meanwhile.
    async fn known(&self, user: User, password: String) -> Result<Option<Answer>, Fault> {
        let username = &user.creation.username;
        let Ok(is_right) = self.inner.passwords.is_of(user.password_hash.clone(), password).await else {
            return Ok(Some(refused(reason::BUSY)));
        };
        if !self.attempts(|attempts| attempts.tried(username, is_right, Instant::now())) {
            return Ok(Some(refused(reason::TOO_MANY_ATTEMPTS)));
        }
        if !is_right {
            return Ok(Some(refused(reason::INCORRECT_PASSWORD)));
        }
        if let Some((iban, token)) = user.account {
            return Ok(Some(Answer::Account(iban, token)));
        }
        if user.failure.is_none() {
            return Ok(Some(self.created(user.creation).await));
        }
        let again = Sent { id: new_id(), attempts: 1, ..user.creation.clone() };
        if !self.inner.repo.renew(user.creation.id, &again).await? {
            return Ok(None);
        }
        Ok(Some(self.created(again).await))
    }

    /// `None` when somebody else took the name meanwhile.
    async fn unknown(&self, username: &str, password: String) -> Result<Option<Answer>, Fault> {
        let Ok(hash) = self.inner.passwords.hash(password).await else {
            return Ok(Some(refused(reason::BUSY)));
        };
        let sent = Sent { username: username.to_owned(), id: new_id(), attempts: 1 };
        if !self.inner.repo.add(&sent, &hash).await? {
            return Ok(None);
        }
        Ok(Some(self.created(sent).await))
    }

    /// Waits for the outcome of a command that is kept, sending it unless it is waited for already.
    async fn created(&self, sent: Sent) -> Answer {
        let mut receiver: Told<Answer> = match self.enter(&sent) {
            Entered::New(receiver) => {
                // The outcome may have been kept before this began to wait for it; then none will come.
                if let Ok(Some(User { account: Some((iban, token)), .. })) = self.inner.repo.find(&sent.username).await
                {
                    self.inner.open.close(&sent.id);
                    return Answer::Account(iban, token);
                }
                self.inner.sender.send(&command(sent.id));
                receiver
            }
            Entered::Joined(receiver) => receiver,
            Entered::OtherContent | Entered::Full => return refused(reason::BUSY),
        };
        let waited = tokio::time::timeout(self.inner.outcome_timeout, told(&mut receiver)).await;
        waited.ok().flatten().unwrap_or_else(|| refused(reason::PENDING))
    }

    fn enter(&self, sent: &Sent) -> Entered<Answer> {
        self.inner.open.enter(sent.id, command_hash(&command(sent.id)), || sent.clone())
    }

    /// Takes outcomes until `shutdown`.
    pub async fn take_outcomes(self, mut outcomes: mpsc::Receiver<Creation>, shutdown: CancellationToken) {
        loop {
            let outcome = tokio::select! {
                outcome = outcomes.recv() => outcome,
                () = shutdown.cancelled() => None,
            };
            let Some(outcome) = outcome else { return };
            if outcome.id_reused {
                counter!("graphql_endpoint_id_reused_total").increment(1);
                continue;
            }
            if let Some(sent) = self.inner.open.take(&outcome.id) {
                let (users, shutdown) = (self.clone(), shutdown.clone());
                tokio::spawn(async move { users.settle(sent, outcome, shutdown).await });
            }
        }
    }

    /// Keeps an outcome and tells it; while the database is away it waits.
    async fn settle(&self, sent: Sent, outcome: Creation, shutdown: CancellationToken) {
        let backoff = Backoff::default();
        let mut failures = 0;
        while let Err(fault) = self.settle_once(&sent, &outcome).await {
            failures += 1;
            tracing::debug!(%fault, "an account waits to be kept");
            tokio::select! {
                () = backoff.sleep(failures) => {}
                () = shutdown.cancelled() => return, // its command is sent again at the next start
            }
        }
    }

    async fn settle_once(&self, sent: &Sent, outcome: &Creation) -> Result<(), Fault> {
        let Inner { repo, open, sender, settings, .. } = &*self.inner;
        let answer = match &outcome.result {
            Ok(Created { iban, token, .. }) => {
                repo.confirm(sent.id, *iban, *token).await?;
                Answer::Account(*iban, *token)
            }
            Err(reason)
                if reason == reason::IBAN_EXISTS && sent.attempts < settings.creation_attempts_max.cast_signed() =>
            {
                let again = Sent { id: new_id(), attempts: sent.attempts + 1, ..sent.clone() };
                if repo.renew(sent.id, &again).await? {
                    let command = command(again.id);
                    open.rename(&sent.id, again.id, command_hash(&command), again);
                    sender.send(&command);
                    return Ok(());
                }
                refused(reason)
            }
            Err(reason) => {
                repo.fail(sent.id, reason).await?;
                refused(reason)
            }
        };
        open.tell(&sent.id, answer);
        open.close(&sent.id);
        Ok(())
    }

    /// Sends commands without outcome again that were not sent for this long.
    pub async fn send_again(&self, since: Duration, max: u32) {
        let room = i64::try_from(self.inner.open.room()).unwrap_or(i64::MAX);
        match self.inner.repo.unanswered(since, room.min(i64::from(max))).await {
            Ok(unanswered) => {
                for sent in unanswered {
                    drop(self.enter(&sent));
                    counter!("graphql_endpoint_commands_resent_total", "kind" => "account").increment(1);
                    self.inner.sender.send(&command(sent.id));
                }
            }
            Err(fault) => tracing::debug!(%fault, "account creations without outcome were not sent again"),
        }
    }

    fn is_acceptable(&self, username: &str, password: &str) -> bool {
        let settings = &self.inner.settings;
        let fits = |text: &str, max: u32| (1..=usize::try_from(max).unwrap_or(usize::MAX)).contains(&text.len());
        // Postgres has no place for a zero byte in a text.
        fits(username, settings.username_max_bytes)
            && fits(password, settings.password_max_bytes)
            && !username.contains('\0')
    }

    fn attempts<T>(&self, look: impl FnOnce(&mut Attempts) -> T) -> T {
        look(&mut self.inner.attempts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused(reason.to_owned())
}

/// Ordered by time, which is kind to the handler's index.
fn new_id() -> CommandId {
    CommandId::from_uuid(Uuid::now_v7())
}

fn command(id: CommandId) -> ConfirmAccountCreation {
    ConfirmAccountCreation { id, a_type: AccountType::Manual }
}
