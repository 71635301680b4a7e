//! Events in: projected once, in order, and asked for by query.

use crate::bank::{Bank, Booked, DEADLINE, credit, iban};
use serde_json::json;
use service_kit::fixture::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_can_be_asked_for_in_every_way() {
    let bank = Bank::new("gql-asked").await;
    let endpoint = bank.start(&[]).await;
    let account = iban(123);
    bank.publish(credit(7, 1, account, 123_456, 123_456)).await;
    bank.publish(Booked { event: 8, leg: 1, seq: 2, iban: account, change: -173_456, balance: -50_000 }).await;
    let query = "{ transaction_by_id(id: 17) { id iban new_balance changed_by from_to descr direction new_balance_cents
                   changed_by_cents at account_seq cursor } }";
    let expected = json!({
        "id": 17, "iban": account.to_string(), "new_balance": "€-500,00", "changed_by": "€1.734,56", "from_to": "cash",
        "descr": "event 8", "direction": "DEBIT", "new_balance_cents": "-50000", "changed_by_cents": "-173456",
        "at": "2023-11-14T22:13:20.000008Z", "account_seq": 2, "cursor": null,
    });
    endpoint.eventually(query, json!({ "transaction_by_id": expected })).await;
    let newest = format!("{{ transactions_by_iban(iban: \"{account}\", max_items: 1) {{ id new_balance }} }}");
    endpoint.eventually(&newest, json!({ "transactions_by_iban": [{ "id": 17, "new_balance": "€-500,00" }] })).await;
    let both = format!("{{ transactions_by_iban(iban: \"{account}\", max_items: 5) {{ id }} }}");
    endpoint.eventually(&both, json!({ "transactions_by_iban": [{ "id": 17 }, { "id": 16 }] })).await;
    endpoint.eventually("{ all_last_transactions { id } }", json!({ "all_last_transactions": [{ "id": 17 }] })).await;
    let one =
        format!("{{ account(iban: \"{account}\") {{ balance balance_cents last_activity account_seq a_type }} }}");
    let expected = json!({ "balance": "€-500,00", "balance_cents": "-50000", "account_seq": 2, "a_type": null,
        "last_activity": "2023-11-14T22:13:20.000008Z" });
    endpoint.eventually(&one, json!({ "account": expected })).await;
    endpoint.eventually("{ transaction_by_id(id: 1) { id } }", json!({ "transaction_by_id": null })).await;
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_without_headers_have_negative_ids_and_the_order_of_their_offsets() {
    let bank = Bank::new("gql-plain").await;
    let endpoint = bank.start(&[]).await;
    let account = iban(5);
    for (index, balance) in [100, 300, 600].into_iter().enumerate() {
        let change = 100 * (i64::try_from(index).expect("small") + 1);
        bank.publish_with(credit(0, 0, account, change, balance), &[]).await;
    }
    let query =
        format!("{{ transactions_by_iban(iban: \"{account}\", max_items: 5) {{ new_balance_cents at account_seq }} }}");
    let row = |cents: &str| json!({ "new_balance_cents": cents, "at": null, "account_seq": null });
    endpoint.eventually(&query, json!({ "transactions_by_iban": [row("600"), row("300"), row("100")] })).await;
    let ids = endpoint.query(&format!("{{ transactions_by_iban(iban: \"{account}\", max_items: 5) {{ id }} }}")).await;
    let ids = ids["data"]["transactions_by_iban"].as_array().expect("a list").iter().map(|row| row["id"].as_i64());
    assert!(ids.into_iter().all(|id| id.is_some_and(|id| id < 0)));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_are_left_out_also_after_a_restart() {
    let bank = Bank::new("gql-repeat").await;
    let database = bank.database().await;
    let account = iban(9);
    let first = [credit(1, 1, account, 100, 100), credit(2, 2, account, 100, 200)];
    let endpoint = bank.start(&[]).await;
    for booked in first.into_iter().chain(first) {
        bank.publish(booked).await;
    }
    bank.publish(credit(3, 3, account, 100, 300)).await;
    endpoint.projected(&database, 3).await;
    endpoint.stop().await;

    for booked in first {
        bank.publish(booked).await;
    }
    bank.publish(credit(4, 4, account, 100, 400)).await;
    let endpoint = bank.start(&[]).await;
    endpoint.projected(&database, 4).await;
    let sql = "SELECT next_offset, highest_event FROM projection.position WHERE next_offset > 0 AND highest_event > 0";
    let row = database.query_one(sql, &[]).await.expect("one partition was used");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (8, 4));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_passed_over_and_a_zero_byte_is_no_trouble() {
    let bank = Bank::new("gql-poison").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    let topic = &bank.fixture.topics().bc;
    for payload in [None, Some(&b""[..]), Some(b"{}"), Some(b"\0\0\0\0\x01\xff\xff\xff\xff\xff\xff")] {
        bank.fixture.produce_raw(topic, Some(b"x"), payload, &[]).await;
    }
    let foreign = topology::BalanceChanged {
        iban: "NL00OPEN0000000000".into(),
        new_balance: 1,
        changed_by: 1,
        from_to: String::new(),
        description: String::new(),
    };
    bank.fixture.produce(topic, "x", &foreign, &[]).await;
    let zero = topology::BalanceChanged { iban: iban(1).to_string(), description: "a\0b".into(), ..foreign };
    bank.fixture.produce(topic, "x", &zero, &[]).await;
    endpoint.projected(&database, 1).await;
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_paged_and_searched() {
    let bank = Bank::new("gql-accounts").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    for number in 1..=5 {
        let event = i64::try_from(number).expect("small");
        bank.publish(credit(event, 1, iban(number * 111), 100, 100)).await;
    }
    endpoint.projected(&database, 5).await;
    let page = |arguments: &str| {
        format!(
            "{{ accounts({arguments}) {{ edges {{ node {{ iban balance }} }} page_info {{ has_next_page end_cursor }} }} }}"
        )
    };
    let numbers = |answer: &serde_json::Value| -> Vec<String> {
        let edges = answer["data"]["accounts"]["edges"].as_array().expect("a list").clone();
        edges.iter().map(|edge| edge["node"]["iban"].as_str().expect("a text")[8..].to_owned()).collect()
    };
    let first = endpoint.query(&page("first: 4")).await;
    assert_eq!(numbers(&first), ["0000000000", "0000000111", "0000000222", "0000000333"]);
    assert_eq!(first["data"]["accounts"]["edges"][0]["node"]["balance"], "€1.000.000.000.000.000,00");
    assert_eq!(first["data"]["accounts"]["page_info"]["has_next_page"], true);
    let cursor = first["data"]["accounts"]["page_info"]["end_cursor"].as_str().expect("a cursor");
    let second = endpoint.query(&page(&format!("first: 4, after: \"{cursor}\""))).await;
    assert_eq!(numbers(&second), ["0000000444", "0000000555"]);
    assert_eq!(second["data"]["accounts"]["page_info"]["has_next_page"], false);
    let begin = &iban(222).to_string()[..6];
    for (search, found) in [("22", vec!["0000000222"]), ("0555", vec!["0000000555"]), ("7", vec![])] {
        assert_eq!(numbers(&endpoint.query(&page(&format!("search: \"{search}\""))).await), found, "{search}");
    }
    let found = numbers(&endpoint.query(&page(&format!("search: \"{}\"", begin.to_lowercase()))).await);
    assert!(found.contains(&"0000000222".to_owned()));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_endpoint_follows_and_takes_over() {
    let bank = Bank::new("gql-standby").await;
    let database = bank.database().await;
    let account = iban(31);
    let first = bank.start(&[]).await;
    let second = bank.start(&[]).await;
    assert_eq!((first.role().as_deref(), second.role().as_deref()), (Some("active"), Some("standby")));
    let mut socket = second.web_socket().await;
    socket.stream("subscription { stream_transactions { id } }").await;
    bank.publish(credit(1, 1, account, 100, 100)).await;
    assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": 4 }));
    first.stop().await;
    bank.publish(credit(2, 2, account, 100, 200)).await;
    assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": 6 }));
    second.projected(&database, 2).await;
    eventually("the second is active", DEADLINE, async || (second.role().as_deref() == Some("active")).then_some(()))
        .await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handed_out_before_it_is_committed() {
    let bank = Bank::new("gql-commit").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    socket.stream("subscription { stream_transactions { id } }").await;
    database.batch_execute("BEGIN; LOCK TABLE projection.transaction IN SHARE MODE").await.expect("the role owns it");
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    let waiting = "SELECT FROM pg_locks WHERE relation = 'projection.transaction'::regclass AND NOT granted";
    eventually("the projection waits for the table", DEADLINE, async || {
        (!database.query(waiting, &[]).await.expect("up").is_empty()).then_some(())
    })
    .await;
    // Whatever is asked now is answered before the change, which is not committed.
    let id = socket.subscribe("{ __typename }").await;
    assert_eq!(socket.hear().await["id"], json!(id));
    assert_eq!(socket.hear().await["type"], "complete");
    database.batch_execute("COMMIT").await.expect("up");
    assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": 4 }));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_written_is_written_later() {
    let bank = Bank::new("gql-failing").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    // A sequence counts on although the transaction does not.
    let fail_once = "CREATE SEQUENCE tries;
        CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('tries') = 1 THEN RAISE 'on purpose' USING ERRCODE = 'disk_full'; END IF; RETURN NULL; END $$;
        CREATE TRIGGER fail BEFORE INSERT ON projection.transaction EXECUTE FUNCTION fail_once()";
    database.batch_execute(fail_once).await.expect("the role owns the table");
    let mut socket = endpoint.web_socket().await;
    socket.stream("subscription { stream_transactions { id } }").await;
    for event in 1..=3 {
        bank.publish(credit(event, event, iban(1), 100, event * 100)).await;
        assert_eq!(socket.next_data("stream_transactions").await, json!({ "id": event * 2 + 2 }));
    }
    endpoint.projected(&database, 3).await;
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_for_a_while_is_waited_for() {
    let bank = Bank::new("gql-read-only").await;
    let endpoint = bank.start(&[]).await;
    let name = bank.fixture.database("transactiondb");
    let (admin, _connection) = service_kit::postgres::connect(&bank.fixture.databases(), "postgres", "test")
        .await
        .expect("the cluster's database");
    let read_only = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.batch_execute(&read_only).await.expect("the role owns it");
    admin.batch_execute(&end).await.expect("the role may");
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    eventually("a write was refused", DEADLINE, async || {
        endpoint.reasons().iter().any(|reason| reason.contains("25006")).then_some(())
    })
    .await;
    let writes = format!("ALTER DATABASE \"{name}\" RESET default_transaction_read_only");
    admin.batch_execute(&writes).await.expect("the role owns it");
    endpoint.projected(&bank.database().await, 1).await;
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_are_added_later_are_projected() {
    let bank = Bank::new("gql-grown").await;
    let endpoint = bank.start(&[]).await;
    bank.fixture.grow(&bank.fixture.topics().bc, 30).await;
    for event in 1..=40 {
        bank.publish(credit(event, 1, iban(u64::try_from(event).expect("positive")), 100, 100)).await;
    }
    let sent = bank.fixture.consume_all(&bank.fixture.topics().bc).await;
    assert!(sent.iter().any(|record| record.partition >= 9), "some are where nothing was read at first");
    endpoint.projected(&bank.database().await, 40).await;
    endpoint.stop().await;
}
