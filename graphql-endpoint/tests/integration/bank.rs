//! A bank for one test: its corner of the cluster, an endpoint that runs in process, and the handler's part by hand.

use crate::web_socket::WebSocket;
use clap::Parser;
use graphql_endpoint::config::{Arguments, Settings};
use graphql_endpoint::{Fault, build};
use serde_json::{Value, json};
use service_kit::fixture::{Fixture, eventually};
use service_kit::service::Kit;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Iban, MoneyTransferConfirmed, MoneyTransferFailed,
};

pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Bank {
    pub fixture: Fixture,
}

pub struct Endpoint {
    pub address: SocketAddr,
    kit: Kit,
    running: JoinHandle<Result<(), Fault>>,
}

/// A change as a handler would publish it.
#[derive(Debug, Clone, Copy)]
pub struct Booked {
    pub event: i64,
    pub leg: i64,
    pub seq: i64,
    pub iban: Iban,
    pub change: i64,
    pub balance: i64,
}

pub fn iban(number: u64) -> Iban {
    Iban::from_number(number).expect("ten digits")
}

/// A credit that makes the balance, as the first or a later change of the account.
pub fn credit(event: i64, seq: i64, iban: Iban, change: i64, balance: i64) -> Booked {
    Booked { event, leg: 2, seq, iban, change, balance }
}

impl Bank {
    pub async fn new(test: &str) -> Self {
        let fixture = Fixture::new(test).await;
        fixture.create_topics().await;
        Self { fixture }
    }

    pub fn settings(&self, flags: &[&str]) -> Settings {
        let arguments = ["graphql-endpoint", "--graphql-port", "0", "--projection-look-ms", "50"];
        let mut settings = Arguments::try_parse_from(arguments.iter().chain(flags)).expect("the flags exist").settings;
        settings.kafka = self.fixture.kafka();
        settings.registry = self.fixture.registry();
        settings.database = self.fixture.databases();
        settings.topics = self.fixture.topics().clone();
        settings.database_name = self.fixture.database("transactiondb");
        settings
    }

    /// An endpoint that has caught up.
    pub async fn start(&self, flags: &[&str]) -> Endpoint {
        let endpoint = self.try_start(flags).await;
        let health = endpoint.kit.health.clone();
        eventually("the endpoint is ready", DEADLINE, async || health.is_ready().then_some(())).await;
        endpoint
    }

    pub async fn try_start(&self, flags: &[&str]) -> Endpoint {
        let kit = Kit::detached();
        let service = build(self.settings(flags), kit.clone()).await.expect("builds").expect("is not stopped");
        let address = service.address().expect("is bound");
        Endpoint { address, kit, running: tokio::spawn(service.run()) }
    }

    pub async fn database(&self) -> Client {
        let name = self.fixture.database("transactiondb");
        let connected = service_kit::postgres::connect(&self.fixture.databases(), &name, "test").await;
        connected.expect("the test's database").0
    }

    /// Publishes a change with all headers.
    pub async fn publish(&self, booked: Booked) {
        let Booked { event, leg, seq, .. } = booked;
        let (event, leg, seq) = (event.to_string(), leg.to_string(), seq.to_string());
        let booked_at = (1_700_000_000_000_000 + booked.event).to_string();
        let headers = [("event", &*event), ("leg", &*leg), ("account-seq", &*seq), ("booked-at", &*booked_at)];
        self.publish_with(booked, &headers).await;
    }

    pub async fn publish_with(&self, booked: Booked, headers: &[(&str, &str)]) {
        let record = BalanceChanged {
            iban: booked.iban.to_string(),
            new_balance: booked.balance,
            changed_by: booked.change,
            from_to: "cash".into(),
            description: format!("event {}", booked.event),
        };
        self.fixture.produce(&self.fixture.topics().bc, &record.iban, &record, headers).await;
    }

    /// The transfer command with this index that was sent, waiting for it.
    pub async fn transfer_sent(&self, index: usize) -> ConfirmMoneyTransfer {
        let enough = |records: &[service_kit::fixture::Consumed]| records.len() > index;
        let mut records = self.fixture.consume_until(&self.fixture.topics().cmt, DEADLINE, enough).await;
        records.sort_by_key(|record| record.timestamp_ms);
        records[index].record()
    }

    pub async fn transfers_sent(&self) -> usize {
        self.fixture.consume_all(&self.fixture.topics().cmt).await.len()
    }

    /// The account command with this index that was sent, waiting for it.
    pub async fn creation_sent(&self, index: usize) -> ConfirmAccountCreation {
        let enough = |records: &[service_kit::fixture::Consumed]| records.len() > index;
        self.fixture.consume_until(&self.fixture.topics().cac, DEADLINE, enough).await[index].record()
    }

    pub async fn confirm_transfer(&self, id: CommandId, headers: &[(&str, &str)]) {
        let topic = &self.fixture.topics().mtc;
        self.fixture.produce(topic, &id.to_string(), &MoneyTransferConfirmed { id }, headers).await;
    }

    pub async fn refuse_transfer(&self, id: CommandId, reason: &str, headers: &[(&str, &str)]) {
        let record = MoneyTransferFailed { id, reason: reason.into() };
        self.fixture.produce(&self.fixture.topics().mtf, &id.to_string(), &record, headers).await;
    }

    pub async fn confirm_creation(&self, id: CommandId, iban: Iban, token: &str) {
        let (iban, token) = (iban.to_string(), token.to_owned());
        let record = AccountCreationConfirmed { id, iban, token, a_type: AccountType::Manual };
        self.fixture
            .produce(&self.fixture.topics().acc, &id.to_string(), &record, &[("booked-at", "1700000000000000")])
            .await;
    }

    pub async fn refuse_creation(&self, id: CommandId, reason: &str) {
        let record = AccountCreationFailed { id, reason: reason.into() };
        self.fixture.produce(&self.fixture.topics().acf, &id.to_string(), &record, &[]).await;
    }
}

impl Endpoint {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn query(&self, query: &str) -> Value {
        let body = json!({ "query": query }).to_string();
        let answer = reqwest::Client::new().post(self.url("/graphql")).body(body).send().await.expect("answers");
        answer.json().await.expect("JSON")
    }

    /// Asks until the answer's data is this.
    pub async fn eventually(&self, query: &str, data: Value) {
        let what = format!("{query} gives {data}");
        eventually(&what, DEADLINE, async || (self.query(query).await["data"] == data).then_some(())).await;
    }

    /// Waits until this many transactions are projected.
    pub async fn projected(&self, database: &Client, count: i64) {
        eventually(&format!("{count} transactions are projected"), DEADLINE, async || {
            let row = database.query_one("SELECT count(*) FROM projection.transaction", &[]).await.ok()?;
            (row.get::<_, i64>(0) == count).then_some(())
        })
        .await;
    }

    pub async fn web_socket(&self) -> WebSocket {
        WebSocket::open(self.address, "/graphql", Some("graphql-transport-ws")).await
    }

    pub fn role(&self) -> Option<String> {
        self.kit.health.readiness().role
    }

    /// Why it is not ready, of each part that is not.
    pub fn reasons(&self) -> Vec<String> {
        self.kit.health.readiness().missing.into_iter().map(|missing| missing.reason).collect()
    }

    /// The names of what runs beside the serving.
    pub fn running(&self) -> Vec<String> {
        self.kit.tasks.running()
    }

    /// Stops as a signal would.
    pub async fn stop(self) {
        self.kit.shutdown.cancel();
        self.ended().await.expect("stops without a fault");
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) -> Result<(), Fault> {
        let ended = tokio::time::timeout(DEADLINE, self.running).await.expect("ends in time");
        ended.expect("does not panic")
    }
}
