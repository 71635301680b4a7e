//! A database that is gone or older than the topics is taken over from them.

use std::collections::{BTreeMap, BTreeSet};

use command_handler::{TakeOverError, TakeOverOutcome, TakeOverSettings, take_over};
use futures_util::future::join_all;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::fixture::Consumed;
use service_kit::kafka::{Metadata, consumer_config};
use topology::topic::groups::COMMAND_HANDLER_GROUP;
use topology::{ConfirmMoneyTransfer, MoneyTransferFailed};

use crate::bank::{Bank, DEADLINE, Mode, deposit, transfer};

const YES: TakeOverSettings = TakeOverSettings { dry_run: false, yes: true, replace: false };
const DRY_RUN: TakeOverSettings = TakeOverSettings { dry_run: true, yes: false, replace: false };
const REPLACE: TakeOverSettings = TakeOverSettings { dry_run: false, yes: true, replace: true };

/// What a handler knows, as text, but for where it publishes to.
const KNOWLEDGE: [&str; 5] = [
    "SELECT e::text FROM event e ORDER BY event",
    "SELECT a::text FROM account a ORDER BY number",
    "SELECT c::text FROM counter_account c ORDER BY name",
    "SELECT (topic, log_partition, log_offset, reason, key, value)::text FROM poison ORDER BY topic, log_partition, log_offset",
    "SELECT (topic, log_partition, event, leg)::text FROM publication WHERE event > 0 ORDER BY topic, log_partition",
];

/// Takes over; gives how it ended, and what it said.
async fn taken_over(bank: &Bank, options: TakeOverSettings) -> (Result<TakeOverOutcome, TakeOverError>, String) {
    let mut said = Vec::new();
    let outcome = take_over(&bank.settings(), options, &mut said).await;
    (outcome, String::from_utf8(said).unwrap())
}

async fn must_take_over(bank: &Bank, options: TakeOverSettings) -> String {
    let (outcome, said) = taken_over(bank, options).await;
    assert_eq!(outcome.unwrap_or_else(|error| panic!("{error}\n{said}")), TakeOverOutcome::InOrder, "{said}");
    said
}

async fn knowledge(bank: &Bank) -> Vec<Vec<String>> {
    let client = bank.database().await;
    let mut all = Vec::new();
    for query in KNOWLEDGE {
        all.push(client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect());
    }
    all
}

/// The database as it was when it was empty.
async fn wipe(bank: &Bank) {
    bank.database().await.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
}

/// All tables as they are now, to be put back later.
async fn back_up(bank: &Bank) {
    let client = bank.database().await;
    for table in TABLES {
        client
            .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS old; CREATE TABLE old.{table} AS TABLE {table}"))
            .await
            .unwrap();
    }
}

async fn put_back(bank: &Bank) {
    let client = bank.database().await;
    for table in TABLES {
        client
            .batch_execute(&format!("TRUNCATE {table}; INSERT INTO {table} SELECT * FROM old.{table}"))
            .await
            .unwrap();
    }
    client.batch_execute("DROP SCHEMA old CASCADE").await.unwrap();
}

const TABLES: [&str; 7] =
    ["event", "account", "counter_account", "flush", "publication", "publication_progress", "poison"];

/// Accounts, and transfers of every kind between them: confirmed and refused, within and with the outside, repeated, with
/// an id used again, and a record that is no command.
async fn work(bank: &Bank, count: usize) -> Vec<ConfirmMoneyTransfer> {
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(bank.open().await);
    }
    let mut commands = Vec::new();
    for number in 0..count {
        let (from, token) = &accounts[number % accounts.len()];
        let (to, _) = &accounts[(number * 7 + 1) % accounts.len()];
        let mut command = match number % 7 {
            0 => deposit(70_000, to),
            1 => transfer("00000000000000000000", 900, "NL66OPEN0000000000", to),
            2 => transfer(token, 300, from, "Albert Heijn BV"),
            3 => transfer("wrong", 1, from, to),
            4 => transfer(token, 100, from, "NL91ABNA0417164300"),
            _ => transfer(token, 40_000, from, to),
        };
        command.description = format!("nul \0 and \u{E000} in {}", number % 5);
        commands.push(command);
    }
    let topic = bank.fixture.topics().cmt.clone();
    bank.fixture.produce_all(&topic, commands.iter().map(|command| (command.id.to_string(), command.clone()))).await;
    bank.fixture.produce_raw(&topic, Some(b"key"), Some(b"no command"), &[]).await;
    bank.all_answered(&commands).await;
    bank.send(&commands[0]).await;
    bank.send(&ConfirmMoneyTransfer { amount: 5, ..commands[1].clone() }).await;
    bank.outcomes(count + 2).await;
    commands
}

fn outcome_topics(bank: &Bank) -> [String; 4] {
    let topics = bank.fixture.topics();
    [&topics.acc, &topics.acf, &topics.mtc, &topics.mtf].map(Clone::clone)
}

/// Topics and tables tell the same of every event, each partition in the order of events.
async fn assert_published_whole(bank: &Bank) {
    let mut outcomes: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut by_id: BTreeMap<(bool, String), BTreeSet<Vec<u8>>> = BTreeMap::new();
    for topic in outcome_topics(bank) {
        let mut highest: BTreeMap<i32, i64> = BTreeMap::new();
        for record in bank.fixture.consume_all(&topic).await {
            let event: i64 = record.header("event").unwrap().parse().unwrap();
            let is_creation = topic.contains("account");
            by_id
                .entry((is_creation, record.key_text()))
                .or_default()
                .insert([topic.as_bytes(), record.value.as_deref().unwrap()].concat());
            outcomes.entry(event).or_default().insert(record.key_text());
            if record.header("repeat").is_none() {
                let last = highest.insert(record.partition, event);
                assert!(last.is_none_or(|last| last < event), "{topic}/{}: {event} after {last:?}", record.partition);
            }
        }
    }
    for (id, values) in by_id {
        assert_eq!(values.len(), 1, "{id:?} has two outcomes");
    }
    let mut legs = BTreeSet::new();
    let mut highest: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for record in bank.fixture.consume_all(&bank.fixture.topics().bc).await {
        let number = |name| record.header(name).unwrap().parse::<i64>().unwrap();
        let position = (number("event"), number("leg"));
        let last = highest.insert(record.partition, position);
        assert!(last.is_none_or(|last| last < position), "{position:?} after {last:?}");
        legs.insert((position.0, position.1, record.key_text(), number("account-seq")));
    }
    let client = bank.database().await;
    let mut in_table = BTreeSet::new();
    let select = "SELECT event, id::text, from_account, from_seq, to_account, to_seq FROM event ORDER BY event";
    for (place, row) in client.query(select, &[]).await.unwrap().iter().enumerate() {
        let event: i64 = row.get(0);
        assert_eq!(event, i64::try_from(place).unwrap() + 1, "a gap");
        let expected = BTreeSet::from([row.get::<_, String>(1)]);
        assert_eq!(outcomes.remove(&event), Some(expected), "the outcome of event {event}");
        for (leg, column) in [(1, 2), (2, 4)] {
            if let Some(seq) = row.get::<_, Option<i64>>(column + 1) {
                in_table.insert((event, leg, row.get::<_, String>(column), seq));
            }
        }
    }
    assert!(outcomes.is_empty(), "events that no table has: {outcomes:?}");
    assert_eq!(legs, in_table);
    bank.assert_books_hold().await;
}

/// A handler goes on: repeats get the outcome that they had, and new commands are decided.
async fn assert_goes_on(bank: &Bank, commands: &[ConfirmMoneyTransfer]) {
    let handler = bank.handler().await;
    let before = bank.all_answered(commands).await;
    let count = |answered: &BTreeMap<String, Vec<Consumed>>| answered.values().map(Vec::len).sum::<usize>();
    for command in commands.iter().step_by(5) {
        bank.send(command).await;
    }
    let (alice, token) = bank.open().await;
    let new = [deposit(500, &alice), transfer(&token, 200, &alice, "cash"), transfer(&token, 60_000, &alice, "cash")];
    for command in &new {
        bank.send(command).await;
        bank.all_answered(std::slice::from_ref(command)).await;
    }
    bank.outcomes(count(&before) + commands.len().div_ceil(5) + new.len()).await;
    handler.stop().await;
    let decided = bank.number("SELECT count(*) FROM event WHERE kind = 2").await;
    assert_eq!(usize::try_from(decided).unwrap(), commands.len() + new.len(), "each decided once");
    assert_published_whole(bank).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_made_again() {
    let bank = Bank::new("made-again", Mode::Batches).await;
    let handler = bank.handler().await;
    let commands = work(&bank, 210).await;
    handler.stop().await;
    let before = knowledge(&bank).await;
    assert!(before.iter().all(|rows| !rows.is_empty()));
    assert!(must_take_over(&bank, DRY_RUN).await.contains("nothing to do"), "nothing was lost yet");

    wipe(&bank).await;
    let (outcome, said) = taken_over(&bank, DRY_RUN).await;
    assert_eq!(outcome.unwrap(), TakeOverOutcome::Differs);
    assert!(said.contains("adds events 1 to 214"), "{said}");
    assert_eq!(bank.number("SELECT count(*) FROM event").await, 0, "a dry run changes nothing");
    must_take_over(&bank, TakeOverSettings::default()).await;
    let after = knowledge(&bank).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert!(must_take_over(&bank, DRY_RUN).await.contains("nothing to do"));
    assert_goes_on(&bank, &commands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_brought_up_to_the_topics() {
    let bank = Bank::new("older-copy", Mode::Batches).await;
    let handler = bank.handler().await;
    let mut commands = work(&bank, 100).await;
    handler.stop().await;
    bank.database().await.batch_execute("UPDATE account SET balance_limit = -7 WHERE number = 0").await.unwrap();
    back_up(&bank).await;
    let handler = bank.handler().await;
    commands.extend(work(&bank, 100).await);
    handler.stop().await;
    let before = knowledge(&bank).await;
    put_back(&bank).await;

    let refused = tokio::time::timeout(DEADLINE, Bank::candidate(bank.settings()).ended()).await.expect("ends");
    let message = refused.expect_err("refuses").to_string();
    assert!(
        message.contains("older than the topics") && message.contains("command-handler take-over --help"),
        "{message}"
    );
    let (outcome, said) = taken_over(&bank, TakeOverSettings::default()).await;
    assert_eq!(outcome.unwrap(), TakeOverOutcome::Refused);
    assert!(said.contains("needs --yes"), "{said}");
    assert_eq!(bank.number("SELECT max(event) FROM event").await, 104);
    must_take_over(&bank, YES).await;
    for (before, after) in before.into_iter().flatten().zip(knowledge(&bank).await.into_iter().flatten()) {
        assert_eq!(before, after, "and what topics don't tell, such as limits, is kept");
    }
    assert_goes_on(&bank, &commands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_the_topics_do_not_tell_are_not_lost_silently() {
    let bank = Bank::new("other-events", Mode::Batches).await;
    let handler = bank.handler().await;
    let commands = work(&bank, 50).await;
    let (outcome, _) = taken_over(&bank, YES).await;
    assert!(matches!(outcome, Err(TakeOverError::HandlerActive)), "{outcome:?}");
    handler.stop().await;
    let before = knowledge(&bank).await;
    let other = "UPDATE event SET amount = amount + 1 WHERE event = 20; UPDATE account SET balance = balance + 1;
                 UPDATE publication_progress SET cluster_id = 'another'";
    bank.database().await.batch_execute(other).await.unwrap();
    let (outcome, said) = taken_over(&bank, YES).await;
    assert_eq!(outcome.unwrap(), TakeOverOutcome::Refused);
    assert!(said.contains("of which 1 are not those of the topics") && said.contains("--replace"), "{said}");
    assert_eq!(bank.number("SELECT count(*) FROM publication_progress WHERE cluster_id = 'another'").await, 1);
    must_take_over(&bank, REPLACE).await;
    assert_eq!(before, knowledge(&bank).await);
    assert_goes_on(&bank, &commands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_without_outcome_are_decided_though_their_offsets_were_committed() {
    let bank = Bank::new("offsets", Mode::Batches).await;
    let handler = bank.handler().await;
    let mut commands = work(&bank, 40).await;
    let (alice, _) = bank.open().await;
    handler.stop().await;
    wipe(&bank).await;
    let unanswered: Vec<_> = (0..20).map(|_| deposit(1, &alice)).collect();
    for command in &unanswered {
        bank.send(command).await;
    }
    commands.extend(unanswered);
    // As another program may have done, or this one when Kafka lost its answers.
    let consumer: BaseConsumer = consumer_config(&bank.fixture.kafka(), COMMAND_HANDLER_GROUP).create().unwrap();
    let mut ends = TopicPartitionList::new();
    let topic = &bank.fixture.topics().cmt;
    for found in Metadata::new(&bank.fixture.kafka()).unwrap().watermarks(topic).await.unwrap() {
        ends.add_partition_offset(topic, found.partition, Offset::Offset(found.high)).unwrap();
    }
    consumer.commit(&ends, CommitMode::Sync).unwrap();
    let said = must_take_over(&bank, TakeOverSettings::default()).await;
    assert!(said.contains("20 commands without outcome"), "{said}");
    assert_goes_on(&bank, &commands).await;
}

/// Whether headers are copied: another program's records have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    Headers,
    NoHeaders,
}

/// Copies the topics of one bank to another's, of each partition of events only the beginning that `kept` gives: as they
/// are where a handler and its database were lost while it published.
async fn copy_cut(from: &Bank, to: &Bank, with: With, mut kept: impl FnMut(&str, usize) -> usize) {
    let (old, new) = (from.fixture.topics(), to.fixture.topics());
    let pairs = [
        (&old.cac, &new.cac, false),
        (&old.cmt, &new.cmt, false),
        (&old.acc, &new.acc, true),
        (&old.acf, &new.acf, true),
        (&old.mtc, &new.mtc, true),
        (&old.mtf, &new.mtf, true),
        (&old.bc, &new.bc, true),
    ];
    for (from_topic, to_topic, is_cut) in pairs {
        let mut partitions: BTreeMap<i32, Vec<Consumed>> = BTreeMap::new();
        for record in from.fixture.consume_all(from_topic).await {
            partitions.entry(record.partition).or_default().push(record);
        }
        for mut records in partitions.into_values() {
            if is_cut {
                records.truncate(kept(from_topic, records.len()));
            }
            let sent = records.iter().map(async |record| {
                let text = |value| std::str::from_utf8(value).unwrap();
                let copied = if with == With::Headers { &record.headers[..] } else { &[] };
                let headers: Vec<_> =
                    copied.iter().map(|(name, value)| (name.as_str(), text(value.as_slice()))).collect();
                to.fixture.produce_raw(to_topic, record.key.as_deref(), record.value.as_deref(), &headers).await
            });
            // They are enqueued in their order, which is the order of their first poll.
            join_all(sent).await;
        }
    }
}

/// A bank whose handler and database were lost while it published, taken over and gone on with.
async fn lost_while_publishing(test: &str, kept: impl FnMut(&str, usize) -> usize) -> (Bank, String) {
    let original = Bank::new(&format!("{test}-original"), Mode::Batches).await;
    let handler = original.handler().await;
    let commands = work(&original, 150).await;
    handler.stop().await;
    let bank = Bank::new(test, Mode::Batches).await;
    copy_cut(&original, &bank, With::Headers, kept).await;
    let mut published = Vec::new();
    for topic in outcome_topics(&bank).iter().chain([&bank.fixture.topics().bc]) {
        published.push((topic.clone(), bank.fixture.consume_all(topic).await));
    }
    let said = must_take_over(&bank, TakeOverSettings::default()).await;
    let again = must_take_over(&bank, DRY_RUN).await;
    assert!(again.contains("nothing to do") && again.contains(" 0 of them by deciding now"), "{again}");
    assert_goes_on(&bank, &commands).await;
    for (topic, before) in published {
        let after: BTreeSet<_> = bank
            .fixture
            .consume_all(&topic)
            .await
            .into_iter()
            .map(|record| (record.partition, record.offset, record.value))
            .collect();
        assert!(before.into_iter().all(|record| after.contains(&(record.partition, record.offset, record.value))));
    }
    (bank, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_were_not_published_yet_are() {
    let (_, said) =
        lost_while_publishing(
            "no-legs",
            |topic, records| {
                if topic.contains("balance") { records - records.min(6) } else { records }
            },
        )
        .await;
    assert!(said.contains("completed from their commands, 0 of them by deciding now"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_that_were_not_published_yet_are() {
    let (_, said) = lost_while_publishing("no-outcomes", |topic, records| {
        if topic.contains("balance") || topic.contains("account") { records } else { records - records.min(4) }
    })
    .await;
    assert!(said.contains("completed from their commands"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_which_nothing_was_published_are_decided() {
    let mut partition = 0;
    let (_, said) = lost_while_publishing("holes", |topic, records| {
        partition += 1;
        if topic.contains("account") { records } else { records - records.min(partition * 5 % 8) }
    })
    .await;
    assert!(said.contains("by deciding now"), "{said}");
    assert!(!said.contains(" 0 of them by deciding now"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_that_contradict_themselves_are_refused() {
    let bank = Bank::new("contradict", Mode::Batches).await;
    let handler = bank.handler().await;
    let commands = work(&bank, 20).await;
    handler.stop().await;
    let id = commands[2].id;
    let other = MoneyTransferFailed { id, reason: "invalid token".to_owned() };
    bank.fixture.produce(&bank.fixture.topics().mtf, &id.to_string(), &other, &[("event", "999")]).await;
    wipe(&bank).await;
    let (outcome, _) = taken_over(&bank, YES).await;
    let message = outcome.expect_err("refuses").to_string();
    assert!(message.contains(&id.to_string()) && message.contains("two outcomes"), "{message}");
    assert_eq!(bank.number("SELECT count(*) FROM event").await, 0);
}

/// All but what another program's records do not tell: numbers of events, their times, and which of two transfers with the
/// same content came first.
const DECIDED: [&str; 4] = [
    "SELECT (kind, id, command_hash, refusal, from_account, to_account, amount, description, counter_account)::text
     FROM event ORDER BY kind, id",
    "SELECT (from_account, to_account, amount, description, from_balance, from_seq, to_balance, to_seq)::text
     FROM event ORDER BY 1",
    "SELECT (number, token, a_type, balance_limit, balance, seq)::text FROM account ORDER BY number",
    "SELECT c::text FROM counter_account c ORDER BY name",
];

async fn decided(bank: &Bank) -> Vec<String> {
    let client = bank.database().await;
    let mut all = Vec::new();
    for query in DECIDED {
        all.extend(client.query(query, &[]).await.unwrap().iter().map(|row| row.get::<_, String>(0)));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_of_another_program_is_gone_on_with() {
    let original = Bank::new("other-original", Mode::Batches).await;
    let handler = original.handler().await;
    let commands = work(&original, 120).await;
    handler.stop().await;
    let bank = Bank::new("other-program", Mode::Batches).await;
    copy_cut(&original, &bank, With::NoHeaders, |_, records| records).await;
    must_take_over(&bank, TakeOverSettings::default()).await;
    let (there, here) = (decided(&original).await, decided(&bank).await);
    for (there, here) in there.iter().zip(&here) {
        assert_eq!(there, here);
    }
    assert_eq!(there.len(), here.len());
    let unordered = "SELECT count(*) FROM (
        SELECT event, lag(event) OVER (PARTITION BY account ORDER BY seq) AS before FROM (
            SELECT event, from_account AS account, from_seq AS seq FROM event
            UNION ALL SELECT event, to_account, to_seq FROM event) leg WHERE seq IS NOT NULL) chain WHERE before >= event";
    assert_eq!(bank.number(unordered).await, 0, "numbers follow each account's changes");
    let last = bank.number("SELECT max(event) FROM event").await;
    assert_eq!(last, bank.number("SELECT count(*) FROM event").await);

    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    bank.send(&commands[0]).await;
    let new = transfer(&token, 100, &alice, "cash");
    bank.send(&new).await;
    bank.all_answered(std::slice::from_ref(&new)).await;
    let (confirmed, _) = bank.outcomes(commands.len() + 4).await;
    let of = |id: String| confirmed.iter().filter(move |record| record.key_text() == id).collect::<Vec<_>>();
    let repeated = of(commands[0].id.to_string());
    assert!(
        repeated.len() >= 3 && repeated.iter().all(|record| record.value == repeated[0].value),
        "the same outcome again"
    );
    assert_eq!(of(new.id.to_string())[0].header("event"), Some((last + 2).to_string()));
    handler.stop().await;

    // And once more, now that some records have numbers and others none.
    let before = knowledge(&bank).await;
    wipe(&bank).await;
    must_take_over(&bank, TakeOverSettings::default()).await;
    for (before, after) in before.into_iter().flatten().zip(knowledge(&bank).await.into_iter().flatten()) {
        assert_eq!(before, after, "the same numbers again");
    }

    // A partition that Kafka cut, with nothing left in it that has a number.
    let cut = "UPDATE publication SET log_offset = log_offset + 7 WHERE topic = $1 AND log_offset >= 0";
    bank.database().await.execute(cut, &[&bank.fixture.topics().mtf]).await.unwrap();
    let refused = tokio::time::timeout(DEADLINE, Bank::candidate(bank.settings()).ended()).await.expect("ends");
    let message = refused.expect_err("refuses").to_string();
    assert!(message.contains("is of another program"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_left_unfinished_is_refused() {
    let original = Bank::new("half-original", Mode::Batches).await;
    let handler = original.handler().await;
    work(&original, 30).await;
    handler.stop().await;
    let bank = Bank::new("half", Mode::Batches).await;
    copy_cut(
        &original,
        &bank,
        With::NoHeaders,
        |topic, records| {
            if topic.contains("balance") { records - 1 } else { records }
        },
    )
    .await;
    let (outcome, _) = taken_over(&bank, YES).await;
    let message = outcome.expect_err("refuses").to_string();
    assert!(message.contains("is confirmed, without a change of account"), "{message}");
    assert_eq!(bank.number("SELECT count(*) FROM event").await, 0);
}
