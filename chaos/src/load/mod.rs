//! The work that a bank does while something is broken: made-up customers by heartbeat, and a few people through GraphQL.

mod seen;
mod socket;
mod user;
mod watcher;

pub use seen::Seen;
pub use socket::{Socket, Trouble};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bank::{Bank, wait_for};
use crate::error::ChaosError;
use user::User;
use watcher::{Place, Watcher};

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(20);
/// Beats come in one batch per this many milliseconds.
const BATCH_MS: u32 = 100;

/// A user's account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub iban: String,
    /// Its secret.
    pub token: String,
}

/// The people of one bank; they stay the same over its runs.
#[derive(Debug)]
pub struct People {
    /// Their accounts.
    pub accounts: Vec<Account>,
    /// What each account should have by what its user was told, in cents.
    balances: BTreeMap<String, i64>,
    /// How far each account's watcher has come.
    places: BTreeMap<String, Place>,
}

impl People {
    /// Logs in so many new people.
    ///
    /// # Errors
    /// When one gets no account.
    pub async fn log_in(graphql_port: u16, count: u16) -> Result<Self, ChaosError> {
        let mut accounts = Vec::new();
        for number in 0..count {
            let name = format!("chaos-{number}-{}", Uuid::new_v4().simple());
            accounts.push(log_in(graphql_port, &name).await?);
        }
        let zeros = accounts.iter().map(|account| (account.iban.clone(), 0)).collect();
        Ok(Self { accounts, balances: zeros, places: BTreeMap::new() })
    }

    /// Compares what users were told and shown with what the bank now says of their accounts.
    ///
    /// # Errors
    /// [`ChaosError::Broken`] where they differ.
    pub async fn check_balances(&self, graphql_port: u16) -> Result<(), ChaosError> {
        for account in &self.accounts {
            let found = state_of(graphql_port, &account.iban).await?;
            let wanted = self.balances.get(&account.iban).copied().unwrap_or_default();
            if found.balance_cents != wanted {
                return Err(ChaosError::Broken(format!(
                    "{} has {} cents, by what its user was told {wanted}",
                    account.iban, found.balance_cents
                )));
            }
        }
        Ok(())
    }
}

/// What users and watchers of one run share.
pub struct Shared {
    /// Where users come in.
    door_port: u16,
    /// The endpoint itself.
    graphql_port: u16,
    seen: Mutex<Seen>,
    balances: Mutex<BTreeMap<String, i64>>,
    places: Mutex<BTreeMap<String, Place>>,
    /// Accounts whose watcher's stream has begun.
    following: watch::Sender<BTreeSet<String>>,
    /// How many transfers were answered.
    answers: watch::Sender<u64>,
    /// No new transfers.
    end: CancellationToken,
    /// Not even the answers to those under way are waited for any longer.
    give_up: CancellationToken,
    /// The streams are no longer needed.
    watched: CancellationToken,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// Books what a user was told; only the people's own accounts are followed.
    fn book(&self, changes: &[(String, i64)]) {
        let mut balances = lock(&self.balances);
        for (iban, change) in changes {
            if let Some(balance) = balances.get_mut(iban) {
                *balance += change;
            }
        }
    }

    fn place_of(&self, iban: &str) -> Place {
        lock(&self.places).get(iban).copied().unwrap_or_default()
    }

    fn streamed(&self, iban: &str, id: i64, account_seq: i64) {
        let is_next = lock(&self.places).entry(iban.to_owned()).or_default().advance(id, account_seq);
        let mut seen = self.seen();
        seen.streamed += 1;
        if !is_next {
            seen.streamed_wrong += 1;
        }
    }
}

/// The load of one run.
pub struct Load<'a> {
    bank: &'a Bank,
    rate: u32,
    shared: Arc<Shared>,
    users: JoinSet<()>,
    watchers: JoinSet<()>,
}

impl<'a> Load<'a> {
    /// Begins: watchers first, then users and beats; waits until each is at work.
    ///
    /// # Errors
    /// When they cannot.
    pub async fn begin(bank: &'a Bank, people: &People, rate: u32) -> Result<Self, ChaosError> {
        let shared = Arc::new(Shared {
            door_port: bank.door.port,
            graphql_port: bank.questions.graphql_port,
            seen: Mutex::default(),
            balances: Mutex::new(people.balances.clone()),
            places: Mutex::new(people.places.clone()),
            following: watch::Sender::new(BTreeSet::new()),
            answers: watch::Sender::new(0),
            end: CancellationToken::new(),
            give_up: CancellationToken::new(),
            watched: CancellationToken::new(),
        });
        let mut load = Self { bank, rate, shared, users: JoinSet::new(), watchers: JoinSet::new() };
        for account in &people.accounts {
            load.watchers.spawn(Watcher::new(load.shared.clone(), account.clone()).run());
        }
        let shared = load.shared.clone();
        let all_follow = async || shared.following.borrow().len() == people.accounts.len();
        wait_for("the users' streams", ANSWER, all_follow).await?;
        let friends = people.accounts.iter().cycle().skip(1);
        for (account, friend) in people.accounts.iter().zip(friends) {
            load.users.spawn(User::new(load.shared.clone(), account.clone(), friend.clone()).run());
        }
        load.set_usual_rate().await?;
        load.answers_since(load.answers(), people.accounts.len() as u64, ANSWER).await?;
        Ok(load)
    }

    /// Another number of commands a second from the made-up customers.
    ///
    /// # Errors
    /// When the heartbeat does not take it.
    pub async fn set_rate(&self, commands_per_second: u32) -> Result<(), ChaosError> {
        self.bank.questions.set_pace(commands_per_second.div_ceil(1_000 / BATCH_MS)).await
    }

    /// The number that the settings say.
    ///
    /// # Errors
    /// When the heartbeat does not take it.
    pub async fn set_usual_rate(&self) -> Result<(), ChaosError> {
        self.set_rate(self.rate).await
    }

    /// How many transfers of users were answered so far.
    #[must_use]
    pub fn answers(&self) -> u64 {
        *self.shared.answers.borrow()
    }

    /// Waits until so many more transfers were answered than `since`.
    ///
    /// # Errors
    /// When they are not within the time.
    pub async fn answers_since(&self, since: u64, more: u64, timeout: Duration) -> Result<(), ChaosError> {
        wait_for("answers to users", timeout, async || self.answers() >= since + more).await
    }

    /// Ends: no new beats or transfers, every open transfer answered, every stream at its account's end. Gives what was
    /// seen, and keeps in `people` what they know.
    ///
    /// # Errors
    /// When the bank does not even say how far an account is.
    pub async fn end(mut self, people: &mut People, timeout: Duration) -> Result<Seen, ChaosError> {
        self.shared.end.cancel();
        self.bank.questions.set_pace(0).await?;
        if tokio::time::timeout(timeout, async { while self.users.join_next().await.is_some() {} }).await.is_err() {
            self.shared.give_up.cancel();
            while self.users.join_next().await.is_some() {}
        }
        let streams = self.streams_at_the_end(people, timeout).await;
        self.shared.watched.cancel();
        while self.watchers.join_next().await.is_some() {}
        people.balances = lock(&self.shared.balances).clone();
        people.places = lock(&self.shared.places).clone();
        streams?;
        Ok(self.shared.seen().clone().finish())
    }

    async fn streams_at_the_end(&self, people: &People, timeout: Duration) -> Result<(), ChaosError> {
        for account in &people.accounts {
            let what = format!("the stream of {} to show all", account.iban);
            let port = self.shared.graphql_port;
            let is_at_end = async || match state_of(port, &account.iban).await {
                Ok(state) => self.shared.place_of(&account.iban).account_seq == state.account_seq,
                Err(_) => false,
            };
            wait_for(&what, timeout, is_at_end).await?;
        }
        Ok(())
    }
}

struct State {
    balance_cents: i64,
    account_seq: i64,
}

async fn state_of(graphql_port: u16, iban: &str) -> Result<State, ChaosError> {
    let query = "query($iban: String!) { account(iban: $iban) { balance_cents account_seq } }";
    let mut socket = Socket::open(graphql_port, CONNECT).await.map_err(|trouble| unwell(&trouble))?;
    let found =
        socket.ask(query, &json!({ "iban": iban }), "account", ANSWER).await.map_err(|trouble| unwell(&trouble))?;
    let balance_cents = found["balance_cents"].as_str().and_then(|text| text.parse().ok());
    let balance_cents = balance_cents
        .ok_or_else(|| ChaosError::Nonsense { what: "the endpoint".to_owned(), said: found.to_string() })?;
    Ok(State { balance_cents, account_seq: found["account_seq"].as_i64().unwrap_or_default() })
}

async fn log_in(graphql_port: u16, name: &str) -> Result<Account, ChaosError> {
    let query =
        "subscription($u: String!, $p: String!) { get_account(username: $u, password: $p) { iban token reason } }";
    let mut socket = Socket::open(graphql_port, CONNECT).await.map_err(|trouble| unwell(&trouble))?;
    let variables = json!({ "u": name, "p": "password" });
    let found = socket.ask(query, &variables, "get_account", ANSWER).await.map_err(|trouble| unwell(&trouble))?;
    let text = |field: &str| found[field].as_str().map(str::to_owned);
    match (text("iban"), text("token")) {
        (Some(iban), Some(token)) => Ok(Account { iban, token }),
        _ => Err(ChaosError::Broken(format!("{name} gets no account: {}", found["reason"]))),
    }
}

fn unwell(trouble: &Trouble) -> ChaosError {
    ChaosError::Broken(format!("the endpoint does not answer: {trouble}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is a single assignment, so a panic elsewhere cannot have left it half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
