//! The database refuses what a handler writes, or keeps it waiting: nothing half done stays, and nothing is forgotten.

use service_kit::fixture::eventually;

use crate::bank::{Bank, DEADLINE, Mode, deposit};

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_leaves_nothing_behind_in_batches() {
    what_fails_leaves_nothing_behind(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_leaves_nothing_behind_one_by_one() {
    what_fails_leaves_nothing_behind(Mode::OneByOne).await;
}

async fn what_fails_leaves_nothing_behind(mode: Mode) {
    let bank = Bank::new("failing", mode).await;
    let handler = bank.handler().await;
    // The event of a new account is written before the account.
    fail_once(&bank, "account").await;
    let (alice, _) = bank.open().await;
    let first = deposit(5, &alice);
    bank.send(&first).await;
    bank.all_answered(std::slice::from_ref(&first)).await;
    fail_once(&bank, "event").await;
    let others = [deposit(6, &alice), deposit(7, &alice)];
    for command in &others {
        bank.send(command).await;
        bank.all_answered(std::slice::from_ref(command)).await;
    }
    handler.stop().await;
    let (confirmed, failed) = bank.outcomes(3).await;
    // A command whose offset Kafka did not know yet is read again, and answered again.
    let (again, first): (Vec<_>, Vec<_>) = confirmed.iter().partition(|outcome| outcome.header("repeat").is_some());
    assert_eq!((first.len(), failed.len()), (3, 0));
    for repeat in again {
        assert!(first.iter().any(|outcome| (outcome.key_text(), &outcome.value) == (repeat.key_text(), &repeat.value)));
    }
    let balance = format!("SELECT balance FROM current_account WHERE iban = '{alice}'");
    assert_eq!(bank.number(&balance).await, 18);
    bank.assert_books_hold().await;
}

/// The next statement that adds to this table fails. A sequence counts on although the transaction does not.
async fn fail_once(bank: &Bank, table: &str) {
    let trigger = format!(
        "CREATE SEQUENCE tries_{table};
         CREATE FUNCTION fail_{table}() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF nextval('tries_{table}') = 1 THEN RAISE 'on purpose' USING ERRCODE = 'disk_full'; END IF; RETURN NULL; END $$;
         CREATE TRIGGER fail BEFORE INSERT ON {table} EXECUTE FUNCTION fail_{table}()"
    );
    bank.database().await.batch_execute(&trigger).await.expect("the role owns the table");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_read_again_until_it_is_stored() {
    let bank = Bank::new("blocked", Mode::Batches).await;
    let mut settings = bank.settings();
    settings.ledger.store_timeout_ms = 300;
    let handler = Bank::candidate(settings);
    handler.wait_active().await;
    let (alice, _) = bank.open().await;
    let blocker = bank.database().await;
    blocker.batch_execute("BEGIN; LOCK TABLE event IN SHARE MODE").await.expect("the role owns it");
    let command = deposit(5, &alice);
    bank.send(&command).await;
    let waiting = "SELECT pid FROM pg_locks WHERE relation = 'event'::regclass AND NOT granted";
    let watcher = bank.database().await;
    let pid: i32 = eventually("the handler waits for the table", DEADLINE, async || {
        watcher.query_opt(waiting, &[]).await.expect("up").map(|row| row.get(0))
    })
    .await;
    // It gives up, drops its connection, and begins again where the offsets of commands say.
    eventually("its connection is ended", DEADLINE, async || {
        let found = watcher.query("SELECT FROM pg_stat_activity WHERE pid = $1", &[&pid]).await.expect("up");
        found.is_empty().then_some(())
    })
    .await;
    blocker.batch_execute("ROLLBACK").await.expect("up");
    bank.all_answered(&[command]).await;
    handler.stop().await;
    bank.assert_books_hold().await;
}
