//! What customers and other programs see of a handler.

use std::collections::BTreeSet;

use topology::{
    AccountCreationConfirmed, AccountType, BalanceChanged, CommandId, ConfirmMoneyTransfer, MoneyTransferConfirmed,
    MoneyTransferFailed, header,
};

use crate::bank::{Bank, DEADLINE, Mode, deposit, transfer};

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_in_batches() {
    a_transfer(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_one_by_one() {
    a_transfer(Mode::OneByOne).await;
}

async fn a_transfer(mode: Mode) {
    let bank = Bank::new("transfer", mode).await;
    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    let (bob, _) = bank.open().await;
    let paid_in = deposit(1_000, &alice);
    let moved = transfer(&token, 51_000, &alice, &bob);
    let too_much = transfer(&token, 1, &alice, &bob);
    for command in [&paid_in, &moved, &too_much] {
        bank.send(command).await;
        bank.all_answered(std::slice::from_ref(command)).await;
    }
    let (confirmed, failed) = bank.outcomes(3).await;
    let refusal: MoneyTransferFailed = failed[0].record();
    assert_eq!((refusal.id, refusal.reason.as_str()), (too_much.id, "insufficient funds"));
    assert_eq!(failed[0].header("event").as_deref(), Some("5"));
    let outcome = confirmed.iter().find(|record| record.key_text() == moved.id.to_string()).unwrap();
    assert_eq!(outcome.header("event").as_deref(), Some("4"));
    assert_eq!(outcome.header("legs"), Some(format!("{alice}:2,{bob}:1")));
    assert!(outcome.header("booked-at").unwrap().parse::<i64>().unwrap() > 1_700_000_000_000_000);
    assert_eq!(outcome.header("command-hash").unwrap().len(), 32);
    assert_eq!(outcome.header("traceparent").unwrap().len(), 55);
    assert_eq!(outcome.header("repeat"), None);

    let found = bank.fixture.consume_all(&bank.fixture.topics().bc).await;
    let change = |iban: &str, seq: &str| {
        let record = found
            .iter()
            .find(|record| record.key_text() == iban && record.header("account-seq").as_deref() == Some(seq))
            .unwrap();
        (record.record::<BalanceChanged>(), record.header("leg").unwrap(), record.header("event").unwrap())
    };
    let changed = |iban: &str, new_balance, changed_by, from_to: &str| BalanceChanged {
        iban: iban.to_owned(),
        new_balance,
        changed_by,
        from_to: from_to.to_owned(),
        description: "test".to_owned(),
    };
    assert_eq!(change(&alice, "1"), (changed(&alice, 1_000, 1_000, "cash"), "2".into(), "3".into()));
    assert_eq!(change(&alice, "2"), (changed(&alice, -50_000, -51_000, &bob), "1".into(), "4".into()));
    assert_eq!(change(&bob, "1"), (changed(&bob, 51_000, 51_000, &alice), "2".into(), "4".into()));
    assert_eq!(found.len(), 3);
    handler.stop().await;
    bank.assert_books_hold().await;
    assert_eq!(bank.number("SELECT count(*) FROM unflushed_account").await, 0, "a clean stop flushes");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_in_batches() {
    repeats(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_one_by_one() {
    repeats(Mode::OneByOne).await;
}

async fn repeats(mode: Mode) {
    let bank = Bank::new("repeats", mode).await;
    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    let first = deposit(1_000, &alice);
    bank.send(&first).await;
    bank.outcomes(1).await;
    bank.send(&first).await;
    bank.outcomes(2).await;
    bank.send(&ConfirmMoneyTransfer { amount: 2_000, ..first.clone() }).await;
    let (confirmed, failed) = bank.outcomes(3).await;
    assert!(failed.is_empty());
    assert!(confirmed.iter().all(|record| record.value == confirmed[0].value), "byte for byte the same");
    let marks = |name| confirmed.iter().map(|record| record.header(name).is_some()).collect::<Vec<_>>();
    assert_eq!(marks("repeat"), [false, true, true]);
    assert_eq!(marks("id-reused"), [false, false, true]);
    assert_eq!(bank.fixture.consume_all(&bank.fixture.topics().bc).await.len(), 1);

    // A known creation gets the same account again, with its first type; a transfer's ids are apart from it.
    let id = first.id;
    bank.create(id, AccountType::Auto).await;
    bank.create(id, AccountType::Manual).await;
    let topic = &bank.fixture.topics().acc;
    let same = |records: &[service_kit::fixture::Consumed]| {
        records.iter().filter(|record| record.key_text() == id.to_string()).count() >= 2
    };
    let found = bank.fixture.consume_until(topic, DEADLINE, same).await;
    let found: Vec<_> = found.iter().filter(|record| record.key_text() == id.to_string()).collect();
    assert_eq!(found[0].value, found[1].value);
    assert_eq!(found[0].record::<AccountCreationConfirmed>().a_type, AccountType::Auto);
    assert!(found[1].header("id-reused").is_some());
    let refused = transfer(&token, 1, &alice, &alice);
    bank.send(&refused).await;
    bank.send(&refused).await;
    let (_, failed) = bank.outcomes(5).await;
    assert_eq!(failed[0].value, failed[1].value);
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_is_kept_and_the_rest_goes_on_in_batches() {
    what_is_no_command_is_kept_and_the_rest_goes_on(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_is_kept_and_the_rest_goes_on_one_by_one() {
    what_is_no_command_is_kept_and_the_rest_goes_on(Mode::OneByOne).await;
}

async fn what_is_no_command_is_kept_and_the_rest_goes_on(mode: Mode) {
    let bank = Bank::new("poison", mode).await;
    let mut settings = bank.settings();
    // That a schema is not known is forgotten at once: the record is no command nevertheless.
    settings.registry.unknown_ms = if mode == Mode::OneByOne { 0 } else { settings.registry.unknown_ms };
    let handler = Bank::candidate(settings);
    handler.wait_active().await;
    let (alice, _) = bank.open().await;
    let topic = bank.fixture.topics().cmt.clone();
    let payloads: [Option<&[u8]>; 4] = [None, Some(b"no magic byte"), Some(&[0, 0x7f, 0, 0, 1, 2, 3]), Some(&[0, 0])];
    for payload in payloads {
        bank.fixture.produce_raw(&topic, Some(alice.as_bytes()), payload, &[]).await;
    }
    bank.send(&deposit(1, &alice)).await;
    bank.outcomes(1).await;
    handler.stop().await;
    let client = bank.database().await;
    let query = "SELECT reason, key, value, log_offset, topic FROM poison ORDER BY log_offset";
    let rows = client.query(query, &[]).await.unwrap();
    assert_eq!(rows.len(), payloads.len());
    for (row, payload) in rows.iter().zip(payloads) {
        assert_eq!(row.get::<_, Option<&[u8]>>(2), payload);
        assert_eq!(row.get::<_, &[u8]>(1), alice.as_bytes());
        assert_eq!(row.get::<_, &str>(4), topic);
        assert!(!row.get::<_, &str>(0).is_empty());
    }
    assert!(rows[2].get::<_, &str>(0).contains("unknown"), "{}", rows[2].get::<_, &str>(0));
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_of_a_long_text_are_answered_without_it() {
    let bank = Bank::new("long-repeats", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, token) = bank.open().await;
    bank.send(&deposit(100, &alice)).await;
    let mut long = transfer(&token, 5, &alice, &format!("{alice} {}", "x".repeat(100_000)));
    long.description = "long ".repeat(100_000);
    // In one batch, and looked up from the event table.
    for outcomes in [4, 7] {
        for _ in 0..3 {
            bank.send(&long).await;
        }
        bank.outcomes(outcomes).await;
    }
    let answers = bank.all_answered(std::slice::from_ref(&long)).await.remove(&long.id.to_string()).unwrap();
    let said: BTreeSet<_> = answers.iter().map(|answer| (&answer.value, answer.header(header::LEGS))).collect();
    assert_eq!((answers.len(), said.len()), (6, 1), "{said:?}");
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_whose_name_is_no_text_is_passed_over_in_commands_and_in_what_is_read_back() {
    let bank = Bank::new("odd-header", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let command = deposit(1, &alice);
    let topics = bank.fixture.topics().clone();
    bank.fixture.produce_with_odd_header(&topics.cmt, 9, &command).await;
    bank.outcomes(1).await;
    handler.stop().await;
    bank.assert_books_hold().await;

    // A stranger's record where a starting handler looks for its own.
    let confirmed = MoneyTransferConfirmed { id: command.id };
    bank.fixture.produce_with_odd_header(&topics.mtc, 9, &confirmed).await;
    let handler = bank.handler().await;
    bank.send(&deposit(2, &alice)).await;
    bank.outcomes(3).await;
    handler.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_and_any_amount_is_answered_in_batches() {
    any_text_and_any_amount_is_answered(Mode::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_and_any_amount_is_answered_one_by_one() {
    any_text_and_any_amount_is_answered(Mode::OneByOne).await;
}

async fn any_text_and_any_amount_is_answered(mode: Mode) {
    let bank = Bank::new("edges", mode).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    let (bob, _) = bank.open().await;
    let long = "é".repeat(100_000);
    let description = "nul \0 and \u{E000}0 and 𝄞".to_owned();
    let odd = ConfirmMoneyTransfer { description, ..deposit(5, &alice) };
    let commands = [
        odd.clone(),
        transfer("\0", 1, "\0", "\0"),
        transfer("", i64::MIN, "", ""),
        deposit(1, &long),
        deposit(i64::MAX, &bob),
        deposit(1, &bob),
        deposit(i64::MAX, &alice),
        deposit(1_000, &alice),
        deposit(1, "NL91ABNA0417164300"),
        transfer(&long, 1, &long, &alice),
        transfer("00000000000000000000", 7, "NL66OPEN0000000000", &long),
    ];
    for command in &commands {
        bank.send(command).await;
    }
    let answered = bank.all_answered(&commands).await;
    let topics = bank.fixture.topics();
    let failed = bank.fixture.consume_all(&topics.mtf).await;
    let reason = |command: &ConfirmMoneyTransfer| {
        let record = failed.iter().find(|record| record.key_text() == command.id.to_string());
        record.map(|record| record.record::<MoneyTransferFailed>().reason)
    };
    assert_eq!(reason(&commands[1]).as_deref(), Some("from is invalid"));
    assert_eq!(reason(&commands[2]).as_deref(), Some("invalid amount"));
    assert_eq!(reason(&commands[3]).as_deref(), Some("both to and from not known at this bank"));
    assert_eq!(reason(&commands[9]).as_deref(), Some("from is invalid"));
    for confirmed in [0, 10] {
        assert_eq!(reason(&commands[confirmed]), None);
    }
    assert_eq!(answered.len(), commands.len());
    // The outside is wide enough for absurd deposits: it never refuses a later one.
    let late = deposit(3, &alice);
    bank.send(&late).await;
    bank.all_answered(std::slice::from_ref(&late)).await;

    // A repeat is answered from the table, and what the table holds is what was sent.
    handler.stop().await;
    let handler = bank.handler().await;
    let query = "SELECT count(*) FROM event WHERE description LIKE 'nul%'";
    assert_eq!(bank.number(query).await, 1);
    let found = bank.fixture.consume_all(&topics.bc).await;
    assert!(found.iter().any(|record| record.record::<BalanceChanged>().description == odd.description));
    bank.send(&odd).await;
    bank.outcomes(commands.len() + 2).await;
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_can_be_used_in_the_batch_that_opens_it() {
    let bank = Bank::new("same-batch", Mode::Batches).await;
    let ids: Vec<CommandId> = (0..200).map(|_| CommandId::from_uuid(uuid::Uuid::new_v4())).collect();
    for id in &ids {
        bank.create(*id, AccountType::Auto).await;
    }
    let handler = bank.handler().await;
    let topic = &bank.fixture.topics().acc;
    let found = bank.fixture.consume_until(topic, DEADLINE, |records| records.len() >= ids.len()).await;
    let mut ibans: Vec<String> = found.iter().map(|record| record.record::<AccountCreationConfirmed>().iban).collect();
    ibans.sort();
    ibans.dedup();
    assert_eq!(ibans.len(), ids.len(), "each its own number");
    handler.stop().await;
    bank.assert_books_hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_are_added_later_are_read() {
    let bank = Bank::new("grown", Mode::Batches).await;
    let handler = bank.handler().await;
    let (alice, _) = bank.open().await;
    bank.fixture.grow(&bank.fixture.topics().cmt, 20).await;
    let commands: Vec<_> = (1..=40).map(|amount| deposit(amount, &alice)).collect();
    for command in &commands {
        bank.send(command).await;
    }
    let sent = bank.fixture.consume_all(&bank.fixture.topics().cmt).await;
    assert!(sent.iter().any(|record| record.partition >= 9), "some are where the handler did not read at first");
    let answers = bank.all_answered(&commands).await;
    assert!(answers.values().all(|answers| answers.len() == 1), "each once");
    handler.stop().await;
    bank.assert_books_hold().await;
}
