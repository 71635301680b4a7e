//! Connections and migrations against the real Postgres.

use refinery::{Migration, Runner};
use service_kit::fixture::Fixture;
use service_kit::postgres::{self, PostgresError};
use service_kit::settings::DatabaseSettings;

fn runner(statements: &[&str]) -> Runner {
    let migrations: Vec<Migration> = statements
        .iter()
        .enumerate()
        .map(|(index, sql)| Migration::unapplied(&format!("V{}__step", index + 1), sql).expect("a valid name"))
        .collect();
    Runner::new(&migrations)
}

#[tokio::test]
async fn instances_that_start_together_migrate_once() {
    let fixture = Fixture::new("migrate").await;
    let database = fixture.database("balancedb");
    let first = ["CREATE TABLE account (number bigint PRIMARY KEY)"];
    let both = [first[0], "SELECT pg_sleep(0.2); ALTER TABLE account ADD COLUMN balance bigint"];
    let migrate = async |statements: &[&str]| {
        let (mut client, _connection) = postgres::connect(&fixture.databases(), &database, "test").await?;
        postgres::migrate(&mut client, runner(statements)).await
    };
    assert_eq!(migrate(&first).await.expect("it works"), 1);
    let (one, other) = tokio::join!(migrate(&both), migrate(&both));
    let mut applied = [one.expect("it works"), other.expect("it works")];
    applied.sort_unstable();
    assert_eq!(applied, [0, 1]);

    let changed = migrate(&["CREATE TABLE account (number int)", both[1]]).await.expect_err("another history");
    assert!(matches!(changed, PostgresError::Migrate(_)) && !changed.is_retriable());
    assert_eq!(migrate(&both).await.expect("the lock is free again"), 0);
}

#[tokio::test]
async fn a_pool_is_bounded_and_says_so() {
    let fixture = Fixture::new("pool").await;
    let settings = DatabaseSettings { pool_max_connections: 1, connect_timeout_ms: 200, ..fixture.databases() };
    let pool = postgres::pool(&settings, &fixture.database("transactiondb"), "test").expect("valid settings");
    let held = pool.get().await.expect("a connection");
    let name: String = held.query_one("SELECT current_database()", &[]).await.expect("an answer").get(0);
    assert_eq!(name, fixture.database("transactiondb"));
    assert!(matches!(pool.get().await, Err(deadpool_postgres::PoolError::Timeout(_))));
    drop(held);
    assert!(pool.get().await.is_ok());
}

#[tokio::test]
async fn failures_are_sorted_and_name_the_place() {
    let fixture = Fixture::new("sorted").await;
    let right = fixture.databases();
    let database = fixture.database("balancedb");
    let nobody = DatabaseSettings { port: 1, ..right.clone() };
    let rows = [(&nobody, database.as_str(), true, "localhost:1"), (&right, "no_such_database", false, "3D000")];
    for (settings, database, retriable, part) in rows {
        let Err(error) = postgres::connect(settings, database, "test").await else { panic!("{database}: connected") };
        assert_eq!(error.is_retriable(), retriable, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_statement_is_bounded_and_a_lost_connection_ends_its_task() {
    let fixture = Fixture::new("bounded").await;
    let settings = DatabaseSettings { statement_timeout_ms: 50, ..fixture.databases() };
    let database = fixture.database("balancedb");
    let (client, connection) = postgres::connect(&settings, &database, "test").await.expect("a connection");
    let error = client.execute("SELECT pg_sleep(10)", &[]).await.expect_err("it takes too long");
    assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("57014"));
    assert!(!postgres::is_retriable(&error), "it would take as long again");

    let (other, _connection) = postgres::connect(&settings, &database, "test").await.expect("a connection");
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("an answer").get(0);
    other.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.expect("allowed for one's own");
    let error = connection.await.expect("no panic").expect_err("the connection was lost");
    assert!(postgres::is_retriable(&error), "{error}");
}

#[tokio::test]
async fn the_shortest_time_out_that_is_accepted_works() {
    let fixture = Fixture::new("short").await;
    let settings = DatabaseSettings { tcp_timeout_ms: 100, ..fixture.databases() };
    let (client, _connection) =
        postgres::connect(&settings, &fixture.database("balancedb"), "test").await.expect("a connection");
    client.query_one("SELECT 1", &[]).await.expect("an answer");
}

#[tokio::test]
async fn the_server_looks_for_clients_that_are_gone() {
    let fixture = Fixture::new("gone").await;
    let settings = DatabaseSettings { tcp_timeout_ms: 8_000, ..fixture.databases() };
    let database = fixture.database("balancedb");
    let (client, _connection) = postgres::connect(&settings, &database, "gone-test").await.expect("a connection");
    let rows = [
        ("tcp_user_timeout", "8000"),
        ("tcp_keepalives_idle", "4"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "2"),
        ("client_connection_check_interval", "4s"),
        ("application_name", "gone-test"),
    ];
    for (setting, expected) in rows {
        let found: String = client.query_one(&format!("SHOW {setting}"), &[]).await.expect("an answer").get(0);
        assert_eq!(found, expected, "{setting}");
    }
}
