//! A handler dies at any moment, and nothing is lost or doubled.

use std::time::Duration;

use service_kit::fixture::{Consumed, eventually};
use topology::ConfirmMoneyTransfer;

use crate::bank::{Bank, DEADLINE, Mode, deposit, transfer};

const COMMANDS: usize = 1_500;
const CRASHES: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn crashes_in_batches() {
    crashes(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_one_by_one() {
    crashes(Mode::OneByOne).await;
}

async fn crashes(mode: Mode) {
    let bank = Bank::new("crashes", mode).await;
    let handler = bank.handler().await;
    let mut accounts = Vec::new();
    for _ in 0..5 {
        accounts.push(bank.open().await);
    }
    let commands: Vec<ConfirmMoneyTransfer> = (0..COMMANDS)
        .map(|number| {
            let (from, token) = &accounts[number % accounts.len()];
            let (to, _) = &accounts[(number * 7 + 1) % accounts.len()];
            if number % 3 == 0 { deposit(1_000, to) } else { transfer(token, 900, from, to) }
        })
        .collect();
    let topic = bank.fixture.topics().cmt.clone();
    let producing =
        bank.fixture.produce_all(&topic, commands.iter().map(|command| (command.id.to_string(), command.clone())));
    let crashing = async {
        let mut handler = handler;
        for crash in 0..CRASHES {
            // Not a wait for something to happen: the moment of death is meant to be arbitrary.
            tokio::time::sleep(Duration::from_millis(13 + crash * 29)).await;
            handler.crash().await;
            handler = bank.handler().await;
        }
        handler
    };
    let ((), handler) = tokio::join!(producing, crashing);
    let answered = bank.all_answered(&commands).await;
    handler.stop().await;
    assert_eq!(answered.len(), COMMANDS);
    for (id, outcomes) in &answered {
        let first: &Consumed = &outcomes[0];
        assert!(outcomes.iter().all(|outcome| outcome.value == first.value), "{id} has two outcomes");
        assert!(outcomes.iter().all(|outcome| outcome.header("event") == first.header("event")));
    }
    let decided = bank.number("SELECT count(*) FROM event WHERE kind = 2").await;
    assert_eq!(usize::try_from(decided).unwrap(), COMMANDS, "each decided once");
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kafka_lost_is_sent_again() {
    let bank = Bank::new("cut", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let commands: Vec<_> = (0..50).map(|_| deposit(1, &alice)).collect();
    for command in &commands {
        bank.send(command).await;
    }
    bank.all_answered(&commands).await;
    handler.stop().await;
    // A partition that ends below what it once acknowledged: as the database remembers, more was there.
    let client = bank.database().await;
    let forget = "UPDATE publication SET log_offset = log_offset + 7 WHERE topic = $1 AND log_offset >= 0";
    client.execute(forget, &[&bank.fixture.topics().bc]).await.unwrap();
    let before = bank.fixture.consume_all(&bank.fixture.topics().bc).await.len();
    let handler = bank.handler().await;
    assert_eq!(bank.fixture.consume_all(&bank.fixture.topics().bc).await.len(), before, "nothing was missing");
    handler.stop().await;
    // Nothing was noted, and the event table knows more than the topics: all behind the last record is sent.
    bank.decide_a_cent_more().await;
    let handler = bank.handler().await;
    assert_eq!(bank.fixture.consume_all(&bank.fixture.topics().bc).await.len(), before + 1);
    bank.outcomes(commands.len() + 1).await;
    handler.stop().await;
    // All of it was noted as acknowledged, and the last record of each partition is gone.
    bank.decide_a_cent_more().await;
    let noted = "UPDATE publication SET event = last, leg = 2, log_offset = log_offset + 1 FROM (SELECT max(event) AS last FROM event) e;
                 UPDATE publication_progress SET published_through = (SELECT max(event) FROM event)";
    client.batch_execute(noted).await.unwrap();
    let handler = bank.handler().await;
    assert_eq!(bank.fixture.consume_all(&bank.fixture.topics().bc).await.len(), before + 2);
    bank.outcomes(commands.len() + 2).await;
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_again_however_the_planner_joins() {
    let bank = Bank::new("planner", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    // Beside a condition on the kind, this name was cast to a number by a hash join, and no handler could start.
    let command = transfer(&token, 5, &alice, "Albert Heijn BV");
    bank.send(&command).await;
    bank.all_answered(std::slice::from_ref(&command)).await;
    handler.stop().await;
    let name = bank.fixture.database("balancedb");
    let client = bank.database().await;
    let hash_joins_only = format!(
        "ALTER DATABASE \"{name}\" SET enable_nestloop = off; ALTER DATABASE \"{name}\" SET enable_mergejoin = off; \
         UPDATE publication_progress SET published_through = 0"
    );
    client.batch_execute(&hash_joins_only).await.unwrap();
    let handler = bank.handler().await;
    bank.send(&command).await;
    let (confirmed, _) = bank.outcomes(2).await;
    assert_eq!(confirmed[0].value, confirmed[1].value);
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_that_were_not_written_yet_follow_from_the_events() {
    let bank = Bank::new("snapshot", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    let first = [deposit(1_000, &alice), transfer(&token, 400, &alice, "cash")];
    for command in &first {
        bank.send(command).await;
        bank.all_answered(std::slice::from_ref(command)).await;
    }
    handler.stop().await;
    // As a handler leaves them that dies before its first flush; an idle one flushes too soon to be caught at it.
    let unwritten = "UPDATE account SET balance = 0, seq = 0 WHERE number > 0; UPDATE flush SET flushed_through = 0;
                     UPDATE counter_account SET balance = 0 WHERE name <> 'capital'";
    bank.database().await.batch_execute(unwritten).await.unwrap();
    let handler = bank.handler().await;
    let command = deposit(7, &alice);
    bank.send(&command).await;
    bank.all_answered(&[command]).await;
    handler.stop().await;
    let balance = format!("SELECT balance FROM current_account WHERE iban = '{alice}'");
    assert_eq!(bank.number(&balance).await, 607);
    assert_eq!(bank.number("SELECT balance::bigint FROM current_counter_account WHERE name = 'cash'").await, -607);
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_markers_at_the_ends_of_topics_keep_nobody_waiting() {
    let bank = Bank::new("markers", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let command = deposit(5, &alice);
    bank.send(&command).await;
    bank.all_answered(std::slice::from_ref(&command)).await;
    handler.stop().await;
    let topics = bank.fixture.topics();
    for topic in [&topics.mtc, &topics.mtf, &topics.bc, &topics.acc, &topics.acf] {
        bank.fixture.leave_markers(topic).await;
    }
    let handler = bank.handler().await;
    bank.send(&deposit(7, &alice)).await;
    eventually("it is decided", DEADLINE, async || {
        (bank.number("SELECT count(*) FROM event").await == 3).then_some(())
    })
    .await;
    handler.stop().await;
}
