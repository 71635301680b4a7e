//! Events out: live, filtered, and from history on without gap or repeat.

use crate::bank::{Bank, Booked, DEADLINE, credit, iban};
use serde_json::{Value, json};
use service_kit::fixture::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_lets_through_what_it_says() {
    let bank = Bank::new("gql-filter").await;
    let endpoint = bank.start(&[]).await;
    let account = iban(1);
    let rows = [
        (format!("iban: \"{account}\""), vec![2, 3, 4]),
        ("min_amount: 200".to_owned(), vec![3]),
        ("max_amount: -1".to_owned(), vec![4]),
        ("min_amount: -100, max_amount: 150".to_owned(), vec![1, 2, 4]),
        ("direction: DEBIT".to_owned(), vec![4]),
        ("direction: CREDIT, descr_includes: \"event 3\"".to_owned(), vec![3]),
    ];
    let mut sockets = Vec::new();
    for (arguments, events) in rows {
        let mut socket = endpoint.web_socket().await;
        socket.stream(&format!("subscription {{ stream_transactions({arguments}) {{ descr }} }}")).await;
        sockets.push((socket, events));
    }
    bank.publish(credit(1, 1, iban(2), 100, 100)).await;
    bank.publish(credit(2, 1, account, 100, 100)).await;
    bank.publish(credit(3, 2, account, 200, 300)).await;
    bank.publish(Booked { event: 4, leg: 1, seq: 3, iban: account, change: -100, balance: 200 }).await;
    for (socket, events) in &mut sockets {
        let mut found = Vec::new();
        for _ in 0..events.len() {
            found.push(socket.next_data("stream_transactions").await["descr"].clone());
        }
        // Different accounts may live in different partitions, between which there is no order.
        found.sort_by_key(Value::to_string);
        assert_eq!(found, events.iter().map(|event| json!(format!("event {event}"))).collect::<Vec<_>>());
    }
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_followed_from_a_transaction_on() {
    let bank = Bank::new("gql-after").await;
    let database = bank.database().await;
    let endpoint = bank.start(&["--history-page-transactions", "2"]).await;
    let account = iban(4);
    for event in 1..=7 {
        bank.publish(credit(event, event, account, 1, event)).await;
        bank.publish(credit(event + 100, event, iban(5), 1, event)).await;
    }
    endpoint.projected(&database, 14).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&format!("subscription {{ stream_transactions(iban: \"{account}\", after: 6) {{ id }} }}")).await;
    for event in 3..=7 {
        assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": event * 2 + 2 }));
    }
    bank.publish(credit(8, 8, account, 1, 8)).await;
    assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": 18 }));
    for (arguments, message) in [
        ("after: 6".to_owned(), "after needs iban"),
        (format!("iban: \"{account}\", after: 5"), "after is not the id"),
        (format!("iban: \"{}\", after: 6", iban(5)), "after is not the id"),
        ("after_cursor: \"x\"".to_owned(), "after_cursor is not a cursor"),
        ("iban: \"x\"".to_owned(), "iban is not an IBAN"),
    ] {
        let answer = endpoint
            .web_socket()
            .await
            .ask(&format!("subscription {{ stream_transactions({arguments}) {{ id }} }}"))
            .await;
        let error = answer["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(error.starts_with(message), "{arguments}: {error}");
    }
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_accounts_are_followed_from_a_cursor_on() {
    let bank = Bank::new("gql-cursor").await;
    let database = bank.database().await;
    let endpoint = bank.start(&["--history-page-transactions", "3"]).await;
    let publish = async |events: std::ops::RangeInclusive<i64>| {
        for event in events {
            let account = iban(u64::try_from(event % 13).expect("positive"));
            bank.publish(credit(event, event, account, 1, event)).await;
        }
    };
    let mut socket = endpoint.web_socket().await;
    socket.stream("subscription { stream_transactions { id cursor } }").await;
    publish(1..=20).await;
    let mut cursor = Value::Null;
    for _ in 0..20 {
        cursor = socket.next_data("stream_transactions").await["cursor"].clone();
    }
    drop(socket);
    publish(21..=60).await;
    endpoint.projected(&database, 60).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&format!("subscription {{ stream_transactions(after_cursor: {cursor}) {{ id }} }}")).await;
    publish(61..=70).await;
    let mut ids = Vec::new();
    for _ in 21..=70 {
        ids.push(socket.next_data("stream_transactions").await["id"].as_i64().expect("a number"));
    }
    ids.sort_unstable();
    assert_eq!(ids, (21..=70).map(|event| event * 2 + 2).collect::<Vec<_>>());
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_behind_is_told_and_misses_nothing() {
    let bank = Bank::new("gql-behind").await;
    let endpoint = bank.start(&["--subscriber-buffer-transactions", "1", "--history-page-transactions", "7"]).await;
    let account = iban(6);
    let mut socket = endpoint.web_socket().await;
    socket.stream(&format!("subscription {{ stream_transactions(iban: \"{account}\") {{ id }} }}")).await;
    let topic = bank.fixture.topics().bc.clone();
    let change = |number: i64| topology::BalanceChanged {
        iban: account.to_string(),
        new_balance: number,
        changed_by: 1,
        from_to: "cash".into(),
        description: format!("{number}"),
    };
    // All at once, so that some come while the one place in the buffer is taken.
    bank.fixture.produce_all(&topic, (1..=500).map(|number| (account.to_string(), change(number)))).await;
    let mut ids = Vec::new();
    let mut was_told = false;
    while ids.len() < 500 {
        let message = socket.hear().await;
        ids.push(message["payload"]["data"]["stream_transactions"]["id"].as_i64().expect("a number"));
        was_told |= message["payload"]["extensions"]["fell_behind"]["times"].as_u64() > Some(0);
    }
    assert!(was_told);
    assert!(ids.windows(2).all(|pair| pair[0] - 1 == pair[1]), "without gap or repeat, in order");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_a_crash_has_left_a_hole_in_the_history_is_asked_to_come_again() {
    let bank = Bank::new("gql-hole").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    let account = iban(8);
    for event in 1..=5 {
        bank.publish(credit(event, event, account, 1, event)).await;
    }
    endpoint.projected(&database, 5).await;
    // What a crash may take of transactions that were committed without waiting for the disk, and were handed out. The lock
    // keeps them from being written again.
    let crash = "BEGIN;
        DELETE FROM projection.transaction WHERE id > 6;
        UPDATE projection.position SET next_offset = 2, highest_event = 2 WHERE next_offset = 5;
        COMMIT;
        BEGIN; LOCK TABLE projection.transaction IN SHARE MODE";
    database.batch_execute(crash).await.expect("the role owns it");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'graphql-endpoint projection'";
    assert_eq!(database.execute(end, &[]).await.expect("the role may"), 1);
    let waiting = "SELECT FROM pg_locks WHERE relation = 'projection.transaction'::regclass AND NOT granted";
    eventually("what was lost is about to be written", DEADLINE, async || {
        (!database.query(waiting, &[]).await.expect("up").is_empty()).then_some(())
    })
    .await;
    // After a transaction that is there, and after one that is not there now.
    for after in [6, 12] {
        let query = format!("subscription {{ stream_transactions(iban: \"{account}\", after: {after}) {{ id }} }}");
        let answer = endpoint.web_socket().await.ask(&query).await;
        assert_eq!(answer["errors"][0]["message"], "the bank cannot answer now, ask again later", "{answer}");
    }
    database.batch_execute("COMMIT").await.expect("up");
    endpoint.projected(&database, 5).await;
    let query = format!("subscription {{ stream_transactions(iban: \"{account}\", after: 6) {{ id }} }}");
    let mut socket = eventually("history is whole again", DEADLINE, async || {
        let mut socket = endpoint.web_socket().await;
        socket.subscribe(&query).await;
        (socket.hear().await["payload"]["data"]["stream_transactions"] == json!({ "id": 8 })).then_some(socket)
    })
    .await;
    for event in 4..=5 {
        assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": event * 2 + 2 }));
    }
    endpoint.stop().await;
}
