//! One active handler: who takes over, when, and who must not start at all.

use std::time::Duration;

use command_handler::HandlerError;
use service_kit::fixture::eventually;
use service_kit::service::Kit;

use crate::bank::{Bank, DEADLINE, Mode, deposit};

/// Key of the advisory lock, as an outsider sees it in `pg_locks`.
const HANDLER_LOCK: i64 = 0x0068_616e_646c_6572;

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_from_a_dead_handler() {
    let bank = Bank::new("standby", Mode::Batches).await;
    let first = bank.handler().await;
    let kit = Kit::detached();
    for part in ["kafka", "registry", "publishing"] {
        kit.health.part(part).down("missing since a former term");
    }
    let second = Bank::candidate_in(kit, bank.settings());
    eventually("the second stands by", DEADLINE, async || {
        let readiness = second.kit.health.readiness();
        (readiness.ready && readiness.role.as_deref() == Some("standby")).then_some(())
    })
    .await;
    let (alice, _) = bank.open().await;
    first.crash().await;
    second.wait_active().await;
    let command = deposit(5, &alice);
    bank.send(&command).await;
    bank.all_answered(&[command]).await;
    second.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_without_a_sign_of_life_loses_the_right_to_write() {
    let bank = Bank::new("lease", Mode::Batches).await;
    bank.handler().await.stop().await;
    // A handler that is stopped looks like this: its connection holds the lock, and nothing else happens.
    let stopped = bank.database().await;
    stopped.execute("SELECT pg_advisory_lock($1)", &[&HANDLER_LOCK]).await.unwrap();
    let handler = bank.handler().await;
    assert!(stopped.execute("SELECT 1", &[]).await.is_err(), "its connection is ended");
    handler.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_waits_for_its_database_keeps_the_right_to_write() {
    let bank = Bank::new("busy", Mode::Batches).await;
    bank.handler().await.stop().await;
    let busy = bank.database().await;
    busy.execute("SELECT pg_advisory_lock($1)", &[&HANDLER_LOCK]).await.unwrap();
    let standby = Bank::candidate(bank.settings());
    // Four times the lease's time-out.
    busy.execute("SELECT pg_sleep(2.4)", &[]).await.expect("a statement that the server works on is not ended");
    assert!(!standby.is_active());
    standby.wait_active().await;
    assert!(busy.execute("SELECT 1", &[]).await.is_err(), "and when it is done, its silence counts");
    standby.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_loses_its_connection_starts_over_in_batches() {
    a_handler_that_loses_its_connection_starts_over(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_loses_its_connection_starts_over_one_by_one() {
    a_handler_that_loses_its_connection_starts_over(Mode::OneByOne).await;
}

async fn a_handler_that_loses_its_connection_starts_over(mode: Mode) {
    let bank = Bank::new("lost", mode).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let ended = bank
        .number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await;
    assert_eq!(ended, 1);
    let command = deposit(5, &alice);
    bank.send(&command).await;
    bank.all_answered(&[command]).await;
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_older_than_the_topics_is_refused() {
    let bank = Bank::new("older", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let command = deposit(5, &alice);
    bank.send(&command).await;
    bank.all_answered(&[command]).await;
    handler.stop().await;

    let client = bank.database().await;
    client
        .batch_execute("DELETE FROM event WHERE event = 2; UPDATE publication SET log_offset = -1, event = 0")
        .await
        .unwrap();
    let refused = tokio::time::timeout(DEADLINE, Bank::candidate(bank.settings()).ended()).await.expect("ends");
    let message = refused.expect_err("refuses").to_string();
    assert!(message.contains("older than the topics") && message.contains("start afresh"), "{message}");

    client.batch_execute("DELETE FROM event; DELETE FROM publication").await.unwrap();
    // Another program may have published in transactions: what lies last is never received then.
    let topics = bank.fixture.topics();
    for topic in [&topics.mtc, &topics.mtf, &topics.bc, &topics.acc, &topics.acf] {
        bank.fixture.leave_markers(topic).await;
    }
    let refused = tokio::time::timeout(DEADLINE, Bank::candidate(bank.settings()).ended()).await.expect("ends");
    let message = refused.expect_err("refuses").to_string();
    assert!(message.contains("the event table is empty"), "{message}");

    client.batch_execute("UPDATE publication_progress SET cluster_id = 'another'").await.unwrap();
    let refused = tokio::time::timeout(DEADLINE, Bank::candidate(bank.settings()).ended()).await.expect("ends");
    assert!(matches!(refused, Err(HandlerError::OtherCluster { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_without_a_database_says_so_and_can_be_stopped() {
    let bank = Bank::new("waits", Mode::Batches).await;
    let mut settings = bank.settings();
    settings.ledger.database_name = "no-such-database".to_owned();
    let handler = Bank::candidate(settings);
    let missing = eventually("the handler says what is missing", DEADLINE, async || {
        let missing = handler.kit.health.readiness().missing;
        missing.iter().any(|missing| missing.reason.contains("no-such-database")).then_some(missing)
    })
    .await;
    let names: Vec<String> = missing.into_iter().map(|missing| missing.part).collect();
    assert_eq!(names, ["ledger", "postgres"], "not ready in between, when only the database is there");
    tokio::time::timeout(Duration::from_secs(10), handler.stop()).await.expect("stops while it waits");
}
