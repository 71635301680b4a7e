//! Asking for a transfer: kept before it is sent, sent until it has an outcome, and answered the same every time.

use super::answer::{Answer, Outcome, reason};
use super::config::CommandSettings;
use super::outcomes::Decision;
use super::repo::Repo;
use crate::commands::{CommandSender, Entered, Open, Told, told};
use crate::fanout::{LegWatch, Legs};
use crate::history;
use crate::projection::Leg;
use metrics::{counter, gauge, histogram};
use service_kit::fault;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use topology::command_hash::command_hash;
use topology::{CommandHash, CommandId, ConfirmMoneyTransfer, Iban};

/// A wait may end because its command turned out to be known otherwise; then it is looked up anew, this often.
const LOOK_UPS: u32 = 3;

/// The transfers asked for through this endpoint. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    parts: Arc<Parts>,
}

/// What it works with.
pub struct Parts {
    /// Keeps requests.
    pub repo: Repo,
    /// Those without outcome.
    pub open: OpenTransfers,
    /// Sends commands.
    pub sender: CommandSender<ConfirmMoneyTransfer>,
    /// Tells which changes are committed.
    pub legs: Legs,
    /// Tells which were before.
    pub history: history::Repo,
    /// Takes outcomes that are to be kept.
    pub settled: mpsc::Sender<(CommandId, Outcome)>,
    /// Time-outs and bounds.
    pub settings: CommandSettings,
}

/// Transfers without outcome, with a look at the accounts that they would change.
pub type OpenTransfers = Open<Answer, Vec<LegWatch>>;

impl Requests {
    /// With these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// Asks for a transfer. The same id gives the same outcome, whenever and however often it is asked for.
    pub async fn transfer(&self, command: ConfirmMoneyTransfer) -> Answer {
        let started = Instant::now();
        let timeout = Duration::from_millis(self.parts.settings.outcome_timeout_ms);
        let answer = tokio::time::timeout(timeout, self.decided(command)).await;
        let answer = answer.unwrap_or(Answer::Unknown(reason::PENDING));
        let result = match &answer {
            Answer::Decided(Outcome::Confirmed) => "confirmed",
            Answer::Decided(Outcome::Refused(_)) => "refused",
            Answer::Refused(_) => "refused_here",
            Answer::Unknown(_) => "unknown",
        };
        histogram!("graphql_endpoint_transfer_seconds", "result" => result).record(started.elapsed().as_secs_f64());
        answer
    }

    async fn decided(&self, command: ConfirmMoneyTransfer) -> Answer {
        let (id, hash) = (command.id, command_hash(&command));
        for _ in 0..LOOK_UPS {
            let mut receiver: Told<Answer> = match self.enter(&command, hash) {
                Entered::OtherContent => return Answer::Refused(reason::ID_USED),
                Entered::Full => return Answer::Unknown(reason::BUSY),
                Entered::Joined(receiver) => receiver,
                Entered::New(receiver) => {
                    // On its own, so that a client that leaves does not leave it half done.
                    let (requests, command) = (self.clone(), command.clone());
                    tokio::spawn(async move { requests.keep_and_send(&command, hash).await });
                    receiver
                }
            };
            if let Some(answer) = told(&mut receiver).await {
                return answer;
            }
            tracing::debug!(%id, "the wait for an outcome ended without one, looking again");
        }
        Answer::Unknown(reason::PENDING)
    }

    fn enter(&self, command: &ConfirmMoneyTransfer, hash: CommandHash) -> Entered<Answer> {
        let accounts = [&command.from, &command.to];
        let watch = || {
            let parsed = accounts.iter().filter_map(|text| Iban::parse(text).ok());
            parsed.map(|account| self.parts.legs.watch(account)).collect()
        };
        let entered = self.parts.open.enter(command.id, hash, watch);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and this is bounded")]
        gauge!("graphql_endpoint_open_transfers").set(self.parts.open.len() as f64);
        entered
    }

    async fn keep_and_send(&self, command: &ConfirmMoneyTransfer, hash: CommandHash) {
        let id = command.id;
        let answer = match self.parts.repo.keep(command, hash).await {
            Ok(Some(known)) if known.hash != hash => Answer::Refused(reason::ID_USED),
            Ok(Some(known)) if known.outcome.is_some() => {
                Answer::Decided(known.outcome.expect("looked at in the line above"))
            }
            // New, or known without outcome: whoever sent it before may be gone, and the handler answers a repeat.
            Ok(_) => {
                self.parts.sender.send(command);
                return;
            }
            Err(fault) => {
                counter!("graphql_endpoint_requests_not_kept_total").increment(1);
                tracing::debug!(%id, %fault, "a request could not be kept");
                Answer::Unknown(reason::NO_DATABASE)
            }
        };
        self.parts.open.tell(&id, answer);
        self.parts.open.close(&id);
    }

    /// Takes an outcome, and tells it once its changes can be asked for.
    pub fn decide(&self, decision: Decision) {
        let Decision { id, outcome, headers } = decision;
        if headers.id_reused && !fault::mutant("id-reuse-believed") {
            // It answers whoever used the id the first time.
            counter!("graphql_endpoint_id_reused_total").increment(1);
            return;
        }
        let Some(watches) = self.parts.open.take(&id) else { return };
        let requests = self.clone();
        tokio::spawn(async move {
            let timeout = Duration::from_millis(requests.parts.settings.legs_timeout_ms);
            let committed = requests.committed(&headers.legs, watches, headers.repeat);
            if tokio::time::timeout(timeout, committed).await.is_err() {
                counter!("graphql_endpoint_outcomes_late_total").increment(1);
            }
            requests.parts.open.tell(&id, Answer::Decided(outcome.clone()));
            // Without a receiver the service stops; the request is sent again at the next start.
            let _ = requests.parts.settled.send((id, outcome)).await;
        });
    }

    /// Waits until all these changes are committed in the projection.
    async fn committed(&self, legs: &[Leg], mut watches: Vec<LegWatch>, is_repeat: bool) {
        if fault::mutant("outcome-before-projection") {
            return;
        }
        for (account, seq) in legs {
            let seen = watches.iter_mut().find(|watch| watch.account() == *account);
            match seen {
                // It was looked at from before the command was sent, so its changes cannot have been missed.
                Some(watch) if !is_repeat => watch.reached(*seq).await,
                _ => {
                    let mut watch = self.parts.legs.watch(*account);
                    if !matches!(self.parts.history.has_leg(*account, *seq).await, Ok(true)) {
                        watch.reached(*seq).await;
                    }
                }
            }
        }
    }

    /// Sends commands without outcome again that were not sent for this long.
    pub async fn send_again(&self, since: Duration) {
        let room = i64::try_from(self.parts.open.room()).unwrap_or(i64::MAX);
        let max = room.min(i64::from(self.parts.settings.resend_max_commands));
        match self.parts.repo.unanswered(since, max).await {
            Ok(commands) => {
                for (hash, command) in commands {
                    drop(self.enter(&command, hash));
                    counter!("graphql_endpoint_commands_resent_total", "kind" => "transfer").increment(1);
                    if !self.parts.sender.send(&command) {
                        return;
                    }
                }
            }
            Err(fault) => tracing::debug!(%fault, "transfers without outcome were not sent again"),
        }
    }

    /// Forgets requests whose outcome is kept.
    pub fn kept<'a>(&self, ids: impl Iterator<Item = &'a CommandId>) {
        ids.for_each(|id| self.parts.open.close(id));
    }
}
