//! A handler under test, on topics and databases of its own, and what its customers and its auditor do.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Parser;
use command_handler::{HandlerError, Service, Settings};
use service_kit::fixture::{Consumed, Fixture, eventually};
use service_kit::service::Kit;
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use topology::{
    AccountCreationConfirmed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Keyed,
};

pub const DEADLINE: Duration = Duration::from_mins(1);

/// Whether commands are decided in batches or each in a transaction of its own. Most tests run both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Batches,
    OneByOne,
}

pub struct Bank {
    pub fixture: Fixture,
    mode: Mode,
}

/// A handler that runs within the test.
pub struct Running {
    pub kit: Kit,
    task: JoinHandle<Result<(), HandlerError>>,
}

impl Bank {
    pub async fn new(test: &str, mode: Mode) -> Self {
        let fixture = Fixture::new(test).await;
        fixture.create_topics().await;
        Self { fixture, mode }
    }

    pub fn settings(&self) -> Settings {
        let mut settings = Settings::parse_from(["command-handler"]);
        settings.topics = self.fixture.topics().clone();
        settings.ledger.database_name = self.fixture.database("balancedb");
        settings.ledger.one_by_one = self.mode == Mode::OneByOne;
        settings.lease.lease_timeout_ms = 600;
        settings
    }

    /// Starts a handler and waits until it is active.
    pub async fn handler(&self) -> Running {
        let running = Self::candidate(self.settings());
        running.wait_active().await;
        running
    }

    /// Starts a handler.
    pub fn candidate(settings: Settings) -> Running {
        Self::candidate_in(Kit::detached(), settings)
    }

    /// Starts a handler in a process of which the kit tells.
    pub fn candidate_in(kit: Kit, settings: Settings) -> Running {
        let service = Service::build(settings, kit.clone()).expect("the settings are accepted");
        Running { kit, task: tokio::spawn(service.run()) }
    }

    pub async fn create(&self, id: CommandId, a_type: AccountType) {
        let command = ConfirmAccountCreation { id, a_type };
        self.fixture.produce(&self.fixture.topics().cac, command.key().as_ref(), &command, &[]).await;
    }

    /// Opens an account and gives its number and token.
    pub async fn open(&self) -> (String, String) {
        let id = CommandId::from_uuid(uuid::Uuid::new_v4());
        self.create(id, AccountType::Auto).await;
        let topic = self.fixture.topics().acc.clone();
        let found = self
            .fixture
            .consume_until(&topic, DEADLINE, |records| records.iter().any(|record| record.key_text() == id.to_string()))
            .await;
        let record = found.iter().find(|record| record.key_text() == id.to_string()).expect("waited for");
        let confirmed: AccountCreationConfirmed = record.record();
        (confirmed.iban, confirmed.token)
    }

    pub async fn send(&self, command: &ConfirmMoneyTransfer) {
        self.fixture.produce(&self.fixture.topics().cmt, command.key().as_ref(), command, &[]).await;
    }

    /// Waits until so many transfers are answered, repeats included; gives the confirmed and the failed.
    pub async fn outcomes(&self, count: usize) -> (Vec<Consumed>, Vec<Consumed>) {
        let topics = self.fixture.topics();
        eventually(&format!("{count} outcomes"), DEADLINE, async || {
            let confirmed = self.fixture.consume_all(&topics.mtc).await;
            let failed = self.fixture.consume_all(&topics.mtf).await;
            (confirmed.len() + failed.len() >= count).then_some((confirmed, failed))
        })
        .await
    }

    /// Waits until each of the commands is answered at least once; gives the outcomes by id, each value once.
    pub async fn all_answered(&self, commands: &[ConfirmMoneyTransfer]) -> BTreeMap<String, Vec<Consumed>> {
        let topics = self.fixture.topics();
        eventually("every command is answered", DEADLINE, async || {
            let mut by_id: BTreeMap<String, Vec<Consumed>> = BTreeMap::new();
            for topic in [&topics.mtc, &topics.mtf] {
                for record in self.fixture.consume_all(topic).await {
                    by_id.entry(record.key_text()).or_default().push(record);
                }
            }
            commands.iter().all(|command| by_id.contains_key(&command.id.to_string())).then_some(by_id)
        })
        .await
    }

    pub async fn database(&self) -> Client {
        let name = self.fixture.database("balancedb");
        let (client, _) = service_kit::postgres::connect(&self.fixture.databases(), &name, "test").await.expect("up");
        client
    }

    /// Decides the last command, a deposit of a cent, once more under another id: stored and not published.
    pub async fn decide_a_cent_more(&self) {
        let add = "INSERT INTO event SELECT event + 1, kind, gen_random_uuid(), command_hash, booked_at, refusal, \
                   from_account, to_account, amount, description, from_balance, from_seq, to_balance + 1, to_seq + 1, \
                   counter_account, counter_balance - 1 FROM event ORDER BY event DESC LIMIT 1";
        self.database().await.execute(add, &[]).await.expect("the last event is a deposit");
    }

    pub async fn number(&self, query: &str) -> i64 {
        self.database().await.query_one(query, &[]).await.expect("the query runs").get(0)
    }

    /// What an auditor looks at: money, numbering, and per account a chain of balances without gap, in order.
    pub async fn assert_books_hold(&self) {
        let sum = "SELECT ((SELECT sum(balance) FROM current_account) + (SELECT sum(balance) FROM \
                   current_counter_account))::bigint";
        assert_eq!(self.number(sum).await, 0, "the sum of all money");
        assert_eq!(self.number("SELECT coalesce(max(event), 0) - count(*) FROM event").await, 0, "events have a gap");
        let mut chains: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for record in self.fixture.consume_all(&self.fixture.topics().bc).await {
            let changed: BalanceChanged = record.record();
            let seq: i64 = record.header("account-seq").expect("has a sequence").parse().expect("a number");
            let opening = if changed.iban == "NL66OPEN0000000000" { 100_000_000_000_000_000 } else { 0 };
            let (last, balance) = chains.get(&changed.iban).copied().unwrap_or((0, opening));
            if seq <= last {
                continue; // a repeated publication
            }
            assert_eq!(seq, last + 1, "the chain of {} has a gap", changed.iban);
            assert_eq!(changed.new_balance, balance + changed.changed_by, "{} at {seq}", changed.iban);
            chains.insert(changed.iban, (seq, changed.new_balance));
        }
        let client = self.database().await;
        for row in client.query("SELECT iban, seq, balance FROM current_account WHERE seq > 0", &[]).await.expect("up")
        {
            let (iban, seq, balance): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
            assert_eq!(chains.get(&iban), Some(&(seq, balance)), "topic and table differ about {iban}");
        }
    }
}

impl Running {
    pub async fn wait_active(&self) {
        eventually("the handler is active", DEADLINE, async || self.is_active().then_some(())).await;
    }

    pub fn is_active(&self) -> bool {
        let readiness = self.kit.health.readiness();
        readiness.ready && readiness.role.as_deref() == Some("active")
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(self) {
        self.kit.shutdown.cancel();
        self.task.await.expect("no panic").expect("a clean stop");
    }

    /// Drops it where it stands.
    pub async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.expect_err("aborted").is_cancelled());
    }

    /// How it ended by itself.
    pub async fn ended(self) -> Result<(), HandlerError> {
        self.task.await.expect("no panic")
    }
}

pub fn transfer(token: &str, amount: i64, from: &str, to: &str) -> ConfirmMoneyTransfer {
    ConfirmMoneyTransfer {
        id: CommandId::from_uuid(uuid::Uuid::new_v4()),
        token: token.to_owned(),
        amount,
        from: from.to_owned(),
        to: to.to_owned(),
        description: "test".to_owned(),
    }
}

pub fn deposit(amount: i64, to: &str) -> ConfirmMoneyTransfer {
    transfer("cash", amount, "cash", to)
}
