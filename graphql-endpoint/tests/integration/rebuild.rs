//! Building the projection again while it is used.

use crate::bank::{Bank, DEADLINE, credit, iban};
use graphql_endpoint::order;
use serde_json::json;
use service_kit::fixture::eventually;
use std::process::ExitCode;

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_mends_the_projection_while_subscribers_miss_nothing() {
    let bank = Bank::new("gql-rebuild").await;
    let database = bank.database().await;
    let endpoint = bank.start(&["--projection-batch-max-records", "10"]).await;
    let account = iban(3);
    for event in 1..=100 {
        bank.publish(credit(event, event, account, 1, event)).await;
    }
    endpoint.projected(&database, 100).await;
    database
        .batch_execute(
            "DELETE FROM projection.transaction WHERE id % 4 = 0; UPDATE projection.transaction SET new_balance = 0;
             DELETE FROM projection.account;
             INSERT INTO bank_user (username, password_hash, creation_id, iban, token)
             VALUES ('u', 'h', gen_random_uuid(), 'NL66OPEN0000000000', '00000000000000000000')",
        )
        .await
        .expect("the tables are there");
    let mut socket = endpoint.web_socket().await;
    socket.stream(&format!("subscription {{ stream_transactions(iban: \"{account}\") {{ account_seq }} }}")).await;
    let settings = bank.settings(&[]);
    let ordered = tokio::task::spawn_blocking(move || order::run(&settings, true));
    let mut event = 100;
    while !ordered.is_finished() {
        event += 1;
        bank.publish(credit(event, event, account, 1, event)).await;
        assert_eq!(socket.next_data("stream_transactions").await, json!({ "account_seq": event }));
    }
    assert_eq!(format!("{:?}", ordered.await.expect("no panic")), format!("{:?}", ExitCode::SUCCESS));
    for _ in 0..20 {
        event += 1;
        bank.publish(credit(event, event, account, 1, event)).await;
        assert_eq!(socket.next_data("stream_transactions").await, json!({ "account_seq": event }));
    }
    endpoint.projected(&database, event).await;
    let sql =
        "SELECT count(*) FROM projection.transaction WHERE new_balance = account_seq AND id = account_seq * 2 + 2";
    assert_eq!(database.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0), event);
    let newest = format!("{{ transactions_by_iban(iban: \"{account}\", max_items: 1) {{ account_seq }} }}");
    endpoint.eventually(&newest, json!({ "transactions_by_iban": [{ "account_seq": event }] })).await;
    let users = database.query_one("SELECT count(*) FROM bank_user", &[]).await.expect("a count");
    assert_eq!(users.get::<_, i64>(0), 1);
    eventually("the old projection is gone", DEADLINE, async || {
        let sql = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'projection\\_%'";
        let row = database.query_one(sql, &[]).await.ok()?;
        (row.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    endpoint.stop().await;
}
