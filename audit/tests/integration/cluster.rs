//! The program against the real Kafka, registry and Postgres: what it prints and how it ends.

use std::process::{Command, Output};

use audit::observation::{Observation, Source};
use service_kit::fixture::Fixture;
use service_kit::postgres;
use tokio_postgres::Client;
use topology::topic::TOPICS;

use crate::bank::{Bank, LIMIT};
use crate::specimen::{Specimen, header_pairs, number};

const LEDGER: &str = include_str!("../../../command-handler/migrations/V1__ledger.sql");
const PROJECTION: &str = include_str!("../../../graphql-endpoint/migrations/V2__projection.sql");

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_bank_passes_until_something_is_changed() {
    let fixture = Fixture::new("audit").await;
    fixture.create_topics().await;
    let bank = Bank::after_a_day();
    for sent in &bank.sent {
        send(&fixture, sent).await;
    }
    let handler = filled_ledger(&fixture, &bank).await;
    let endpoint = filled_projection(&fixture, &bank).await;

    assert_ends(&audit(&fixture, &[]), 0, "The books are right");
    assert_ends(&audit(&fixture, &["--json", "--commands-per-round", "7"]), 0, "\"holds\":true");
    // There is no endpoint here: what holds is told, and that not all of it could be checked.
    let unreachable = audit(&fixture, &["--watch-accounts=2", "--endpoint=ws://localhost:1/"]);
    assert_ends(&unreachable, 2, "not everything could be");
    assert_ends(&unreachable, 2, "streams: could not be checked");

    handler.batch_execute("UPDATE event SET from_balance = from_balance + 1 WHERE event = 7").await.unwrap();
    assert_ends(&audit(&fixture, &[]), 1, "ledger: event 7");
    handler.batch_execute("UPDATE event SET from_balance = from_balance - 1 WHERE event = 7").await.unwrap();

    let ahead = "INSERT INTO event (event, kind, id, command_hash, booked_at)
                 SELECT max(event) + 1, 1, gen_random_uuid(), '\\x00', 1 FROM event";
    handler.batch_execute(ahead).await.unwrap();
    let unpublished =
        format!("published: 1 events are not in the topics as a whole, the first are {}", bank.events.len() + 1);
    assert_ends(&audit(&fixture, &[]), 1, &unpublished);
    handler.batch_execute("DELETE FROM event WHERE event = (SELECT max(event) FROM event)").await.unwrap();

    handler.batch_execute("UPDATE counter_account SET balance = balance + 1 WHERE name = 'cash'").await.unwrap();
    assert_ends(&audit(&fixture, &[]), 1, "balances: all balances");
    handler.batch_execute("UPDATE counter_account SET balance = balance - 1 WHERE name = 'cash'").await.unwrap();

    endpoint.batch_execute("UPDATE projection.position SET next_offset = 0 WHERE log_partition = 0").await.unwrap();
    assert_ends(&audit(&fixture, &[]), 1, "is at 0 of");
    // The tables are wrong and nothing else is.
    assert_ends(&audit(&fixture, &["--topics-only", "--json"]), 0, "\"holds\":true");

    let stray = bank.sent.iter().find(|sent| sent.source == Source::TransfersFailed).unwrap();
    let mut stray = stray.clone();
    if let Observation::TransferFailed(failed) = &mut stray.record {
        failed.reason.push('!');
    }
    send(&fixture, &stray).await;
    assert_ends(&audit(&fixture, &["--topics-only"]), 1, "has another outcome at");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_checked_is_not_called_right() {
    let fixture = Fixture::new("audit-nothing").await;
    assert_ends(&audit(&fixture, &["--topics-only"]), 2, "");
    fixture.create_topics().await;
    // Topics without a bank are in order, but there are no tables.
    assert_ends(&audit(&fixture, &["--topics-only"]), 0, "The books are right");
    assert_ends(&audit(&fixture, &[]), 2, "");
}

fn audit(fixture: &Fixture, flags: &[&str]) -> Output {
    let topics = fixture.topics();
    Command::new(env!("CARGO_BIN_EXE_audit"))
        .args(["--deadline-ms", "0", "--log-level", "error", "--kafka-request-timeout-ms", "2000"])
        .env("AUDIT_WATCH_ACCOUNTS", "0")
        .arg("--read-only")
        .args(["--balance-database", &fixture.database("balancedb")])
        .args(["--transaction-database", &fixture.database("transactiondb")])
        .args(["--cac-topic", &topics.cac, "--acc-topic", &topics.acc, "--acf-topic", &topics.acf])
        .args(["--cmt-topic", &topics.cmt, "--mtc-topic", &topics.mtc, "--mtf-topic", &topics.mtf])
        .args(["--bc-topic", &topics.bc])
        .args(flags)
        .output()
        .unwrap()
}

fn assert_ends(output: &Output, code: i32, says: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    assert!(out.contains(says), "no `{says}` in {out}\n{err}");
}

async fn send(fixture: &Fixture, sent: &crate::bank::Sent) {
    let topic = fixture.topics().name_of(sent.source.topic()).unwrap().to_owned();
    let (key, headers) = (sent.key.as_str(), header_pairs(sent));
    match &sent.record {
        Observation::CreationCommand(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::CreationConfirmed(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::CreationFailed(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::TransferCommand(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::TransferConfirmed(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::TransferFailed(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::Changed(record) => fixture.produce(&topic, key, record, &headers).await,
        Observation::Unreadable(_) => unreachable!("the bank sends none"),
    };
}

async fn connected(fixture: &Fixture, database: &str, tables: &str) -> Client {
    let (client, _) = postgres::connect(&fixture.databases(), &fixture.database(database), "test").await.unwrap();
    client.batch_execute(tables).await.unwrap();
    client
}

/// The handler's tables as it would have left them, balances flushed.
async fn filled_ledger(fixture: &Fixture, bank: &Bank) -> Client {
    let client = connected(fixture, "balancedb", LEDGER).await;
    let escaped = |text: &Option<String>| {
        text.as_ref().map(|text| text.replace('\u{E000}', "\u{E000}1").replace('\0', "\u{E000}0"))
    };
    let insert =
        "INSERT INTO event (event, kind, id, command_hash, booked_at, refusal, from_account, to_account, amount,
                                     description, from_balance, from_seq, to_balance, to_seq, counter_account,
                                     counter_balance)
                  VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::numeric)";
    for row in &bank.events {
        let (from, to, description) = (escaped(&row.from_account), escaped(&row.to_account), escaped(&row.description));
        let (from_balance, from_seq) = row.from.unzip();
        let (to_balance, to_seq) = row.to.unzip();
        let (counter, counter_balance) =
            row.counter.as_ref().map(|(name, balance)| (name.clone(), balance.to_string())).unzip();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 15] = [
            &row.event,
            &row.kind,
            &row.id,
            &row.command_hash,
            &row.refusal,
            &from,
            &to,
            &row.amount,
            &description,
            &from_balance,
            &from_seq,
            &to_balance,
            &to_seq,
            &counter,
            &counter_balance,
        ];
        client.execute(insert, &values).await.unwrap();
    }
    for (row, (_, token)) in bank.account_rows().iter().zip(bank.tokens()) {
        let account = "INSERT INTO account VALUES ($1, $2, $3, $4, 0, $5, $6)
                       ON CONFLICT (number) DO UPDATE SET balance = $5, seq = $6";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&number(&row.iban), &token, &row.a_type, &LIMIT, &row.balance, &row.seq];
        client.execute(account, &values).await.unwrap();
    }
    let flushed = format!("UPDATE flush SET flushed_through = {}", bank.events.len());
    client.batch_execute(&flushed).await.unwrap();
    for (name, balance) in bank.counters() {
        let counter = format!("UPDATE counter_account SET balance = {balance} WHERE name = '{name}'");
        client.batch_execute(&counter).await.unwrap();
    }
    client
}

/// The endpoint's tables as it would have left them.
async fn filled_projection(fixture: &Fixture, bank: &Bank) -> Client {
    let client = connected(fixture, "transactiondb", PROJECTION).await;
    let insert = "INSERT INTO projection.transaction
                      (id, account, log_offset, new_balance, changed_by, account_seq, log_partition, from_to, descr)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    for row in Specimen::of(bank).transactions {
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
            &row.id,
            &row.account,
            &row.offset,
            &row.new_balance,
            &row.changed_by,
            &row.account_seq,
            &row.partition,
            &row.from_to,
            &row.descr,
        ];
        client.execute(insert, &values).await.unwrap();
    }
    for row in bank.account_rows() {
        let account =
            "INSERT INTO projection.account (number, iban, a_type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        client.execute(account, &[&number(&row.iban), &row.iban, &row.a_type]).await.unwrap();
    }
    for name in [&fixture.topics().bc, &fixture.topics().acc] {
        let spec = TOPICS.iter().find(|spec| name.ends_with(spec.name)).unwrap();
        for partition in 0..spec.partitions {
            let position = "INSERT INTO projection.position (topic, log_partition, next_offset) VALUES ($1, $2, 1000)";
            client.execute(position, &[name, &partition]).await.unwrap();
        }
    }
    client
}
