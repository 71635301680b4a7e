//! The benchmarks against a real handler, Kafka, registry and Postgres.

use std::time::Duration;

use benchmark::commands::{self, CommandsSettings};
use benchmark::floor::{self, FloorSettings};
use benchmark::make_accounts::{self, MakeAccountsSettings};
use benchmark::{BenchmarkError, Interrupt};
use clap::Parser;
use service_kit::fixture::{Fixture, eventually};
use service_kit::postgres;
use service_kit::service::Kit;
use service_kit::settings::from_flags;
use tokio::task::JoinHandle;

const DEADLINE: Duration = Duration::from_mins(1);

/// A handler that runs within the test, on topics and databases of its own.
struct Bank {
    fixture: Fixture,
    kit: Kit,
    task: JoinHandle<Result<(), command_handler::HandlerError>>,
}

impl Bank {
    async fn start(test: &str) -> Self {
        let fixture = Fixture::new(test).await;
        fixture.create_topics().await;
        let mut settings = command_handler::Settings::parse_from(["command-handler"]);
        settings.topics = fixture.topics().clone();
        settings.ledger.database_name = fixture.database("balancedb");
        let kit = Kit::detached();
        let service = command_handler::Service::build(settings, kit.clone()).expect("the settings are accepted");
        let task = tokio::spawn(service.run());
        let is_active = async || (kit.health.readiness().role.as_deref() == Some("active")).then_some(());
        eventually("the handler is active", DEADLINE, is_active).await;
        Self { fixture, kit, task }
    }

    async fn stop(&mut self) {
        self.kit.shutdown.cancel();
        (&mut self.task).await.expect("no panic").expect("a clean stop");
    }

    async fn make_accounts(&self, count: &str, balance_cents: &str) {
        let flags = ["--count", count, "--balance-cents", balance_cents];
        let mut settings: MakeAccountsSettings = from_flags(&flags).expect("they are allowed");
        settings.connections.topics = self.fixture.topics().clone();
        let made = make_accounts::make(&settings, &Interrupt::default()).await.expect("they are made");
        assert_eq!(made.accounts.to_string(), count);
    }

    fn commands(&self, flags: &[&str]) -> CommandsSettings {
        let mut settings: CommandsSettings = from_flags(flags).expect("they are allowed");
        settings.connections.topics = self.fixture.topics().clone();
        settings.load.balance_database = self.fixture.database("balancedb");
        settings
    }

    /// A number from the handler's database.
    async fn number(&self, query: &str) -> i64 {
        let name = self.fixture.database("balancedb");
        let (client, _) = postgres::connect(&self.fixture.databases(), &name, "test").await.expect("up");
        client.query_one(query, &[]).await.expect("the query runs").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_answered_and_what_is_not_answered_is_told() {
    let mut bank = Bank::start("benchmark-closed").await;
    bank.make_accounts("40", "1000").await;
    assert_eq!(bank.number("SELECT count(*) FROM current_account WHERE balance = 1000").await, 40);

    let flags = ["--commands", "3000", "--accounts", "40", "--hot", "0.3", "--repeats", "0.1", "--refusals", "0.2"];
    let settings = bank.commands(&flags);
    let report = commands::measure(&settings, &Interrupt::default()).await.expect("it is measured");
    assert!(report.holds(), "{report}");
    assert_eq!((report.comparison.sent, report.comparison.answered), (3_000, 3_000));
    assert_eq!(report.figures.foreign, 0);
    let throughput = report.figures.throughput.as_ref().expect("of a closed run");
    assert!(throughput.per_second > 0.0 && throughput.outcomes_of_second.iter().sum::<u64>() == 3_000);
    assert!(report.metered.wal_bytes_per_command > 100.0, "{report}");
    // What it says is what the handler's own table says: the deposits were confirmed too.
    let confirmed = bank.number("SELECT count(*) FROM event WHERE kind = 2 AND refusal IS NULL").await;
    assert_eq!(u64::try_from(confirmed).unwrap(), report.comparison.confirmed + 40);

    let too_many = bank.commands(&["--accounts", "41"]);
    let refused = commands::measure(&too_many, &Interrupt::default()).await;
    assert!(matches!(refused, Err(BenchmarkError::TooFewAccounts { there: 40, wanted: 41 })), "{refused:?}");

    bank.stop().await;
    let unheard = bank.commands(&["--commands", "10", "--accounts", "40", "--repeats", "0", "--patience-seconds", "1"]);
    let report = commands::measure(&unheard, &Interrupt::default()).await.expect("it is measured");
    assert!(!report.holds());
    assert_eq!((report.comparison.missing, report.comparison.answered), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_and_every_first_outcome_is_timed() {
    let mut bank = Bank::start("benchmark-open").await;
    bank.make_accounts("10", "0").await;
    let flags = ["--mode", "open", "--rate", "200", "--seconds", "2", "--warm-up-seconds", "1", "--accounts", "10"];
    let settings = bank.commands(&flags);
    let report = commands::measure(&settings, &Interrupt::default()).await.expect("it is measured");
    assert!(report.holds(), "{report}");
    assert_eq!(report.comparison.answered, 600);
    let latency = report.figures.latency_ms.expect("of an open run");
    assert!((380..=400).contains(&latency.count), "400 after the warm-up, but for repeats: {latency:?}");
    assert!(latency.p50 > 0.0 && latency.p50 <= latency.p99 && latency.p99 <= latency.max, "{latency:?}");
    assert!(report.metered.seconds >= 3.0, "600 at 200 a second: {report}");
    bank.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floor_is_measured_with_the_banks_own_rows_and_leaves_nothing_behind() {
    let mut bank = Bank::start("benchmark-floor").await;
    let flags = ["--parts", "ledger,kafka", "--batches", "10,100", "--index-batch", "100", "--seconds", "5"];
    let mut settings: FloorSettings = from_flags(&flags).expect("they are allowed");
    settings.connections.topics = bank.fixture.topics().clone();
    settings.floor.balance_database = bank.fixture.database("balancedb");
    let nothing = floor::measure(&settings, &Interrupt::default()).await;
    assert!(matches!(nothing, Err(BenchmarkError::NothingToCopy(_))), "{nothing:?}");

    bank.make_accounts("10", "0").await;
    let load = bank.commands(&["--commands", "1000", "--accounts", "10", "--repeats", "0"]);
    commands::measure(&load, &Interrupt::default()).await.expect("it is measured");
    let report = floor::measure(&settings, &Interrupt::default()).await.expect("it is measured");
    let indexes: Vec<&str> = report.copy.iter().map(|copy| copy.indexes.as_str()).collect();
    assert_eq!(indexes, ["all", "all", "without (event)", "without (id, kind)", "none"]);
    assert!(report.copy.iter().all(|copy| copy.rows == 1_010 && copy.wal_bytes_per_row > 100.0), "{report}");
    assert_eq!(report.kafka.expect("was asked for").commands, 1_000);
    assert_eq!(bank.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'benchmark_floor'").await, 0);
    assert_eq!(bank.number("SELECT count(*) FROM event").await, 1_010);
    bank.stop().await;
}
