//! Transfers: kept, sent, and answered the same every time.

use crate::bank::{Bank, DEADLINE, credit, iban};
use serde_json::{Value, json};
use service_kit::fixture::eventually;

const UUID: &str = "0189abcd-ef01-7234-8567-89abcdef0123";

fn transfer(uuid: &str, amount: i64) -> String {
    let (from, to) = (iban(1), iban(2));
    format!(
        "subscription {{ money_transfer(uuid: \"{uuid}\", token: \"01234567890123456789\", amount: {amount}, from: \"{from}\",
            to: \"{to}\", descr: \"rent\") {{ uuid success reason }} }}"
    )
}

fn result(success: Option<bool>, reason: Option<&str>) -> Value {
    json!({ "data": { "money_transfer": { "uuid": UUID, "success": success, "reason": reason } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_uuid_has_the_same_outcome_also_after_a_restart() {
    let bank = Bank::new("gql-same").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&transfer(UUID, 100)).await;
    let sent = bank.transfer_sent(0).await;
    assert_eq!((sent.amount, sent.description.as_str(), sent.from), (100, "rent", iban(1).to_string()));
    bank.refuse_transfer(sent.id, "insufficient funds", &[]).await;
    assert_eq!(socket.hear().await["payload"], result(Some(false), Some("insufficient funds")));
    assert_eq!(socket.hear().await["type"], "complete");
    let answered = result(Some(false), Some("insufficient funds"));
    let other = result(Some(false), Some("id was used for another command"));
    assert_eq!(socket.ask(&transfer(UUID, 100)).await, answered);
    assert_eq!(socket.ask(&transfer(UUID, 101)).await, other);
    let invalid = socket.ask(&transfer("x", 100)).await;
    assert_eq!(invalid["data"]["money_transfer"], json!({ "uuid": "x", "success": false, "reason": "invalid uuid" }));
    assert!(socket.ask(&transfer(UUID, 3_000_000_000)).await["errors"].is_array(), "an Int has 32 bits");
    endpoint.stop().await;

    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    assert_eq!(socket.ask(&transfer(UUID, 100)).await, answered);
    assert_eq!(socket.ask(&transfer(UUID, 101)).await, other);
    assert_eq!(bank.transfers_sent().await, 1);
    let sql = "SELECT command IS NULL, answered_at IS NOT NULL FROM transfer_request";
    let row = bank.database().await.query_one(sql, &[]).await.expect("one request");
    assert!(row.get::<_, bool>(0) && row.get::<_, bool>(1), "the token is not kept longer than it is needed");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_waits_for_its_changes() {
    let bank = Bank::new("gql-legs").await;
    let endpoint = bank.start(&["--legs-timeout-ms", "20000", "--outcome-timeout-ms", "20000"]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&transfer(UUID, 100)).await;
    let sent = bank.transfer_sent(0).await;
    let legs = format!("{}:1,{}:1", iban(1), iban(2));
    bank.confirm_transfer(sent.id, &[("event", "1"), ("legs", &legs)]).await;
    bank.publish(credit(1, 1, iban(1), -100, -100)).await;
    let marker = "{ transaction_by_id(id: 4) { id } }";
    endpoint.eventually(marker, json!({ "transaction_by_id": { "id": 4 } })).await;
    // Whatever is asked now is answered before the outcome, of which one change is missing.
    let id = socket.subscribe("{ __typename }").await;
    assert_eq!(socket.hear().await["id"], json!(id));
    assert_eq!(socket.hear().await["type"], "complete");
    bank.publish(credit(2, 1, iban(2), 100, 100)).await;
    assert_eq!(socket.hear().await["payload"], result(Some(true), None));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_whose_changes_never_come_is_told_late() {
    let bank = Bank::new("gql-late").await;
    let endpoint = bank.start(&["--legs-timeout-ms", "100"]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&transfer(UUID, 100)).await;
    let sent = bank.transfer_sent(0).await;
    bank.confirm_transfer(sent.id, &[("legs", &format!("{}:1", iban(1)))]).await;
    assert_eq!(socket.hear().await["payload"], result(Some(true), None));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_outcome_is_pending_and_sent_again() {
    let bank = Bank::new("gql-pending").await;
    let flags = ["--outcome-timeout-ms", "200", "--resend-after-ms", "300"];
    let endpoint = bank.start(&flags).await;
    let mut socket = endpoint.web_socket().await;
    let pending = result(None, Some("pending, ask again with the same uuid"));
    assert_eq!(socket.ask(&transfer(UUID, 100)).await, pending);
    let first = bank.transfer_sent(0).await;
    assert_eq!(bank.transfer_sent(1).await, first, "sent again by itself");
    endpoint.stop().await;

    let endpoint = bank.start(&["--resend-after-ms", "600000"]).await;
    let count = bank.transfers_sent().await;
    assert!(count > 1);
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&transfer(UUID, 100)).await;
    assert_eq!(bank.transfer_sent(2).await, first, "sent again at the start");
    // Somebody else used this id with other content, so this answers nobody.
    bank.confirm_transfer(first.id, &[("id-reused", "1")]).await;
    bank.refuse_transfer(first.id, "invalid token", &[("repeat", "1")]).await;
    assert_eq!(socket.hear().await["payload"], result(Some(false), Some("invalid token")));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_ask_for_the_same_at_once_get_one_transfer() {
    let bank = Bank::new("gql-once").await;
    let endpoint = bank.start(&[]).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = endpoint.web_socket().await;
        socket.subscribe(&transfer(UUID, 100)).await;
        sockets.push(socket);
    }
    let sent = bank.transfer_sent(0).await;
    // All of them wait: the last one asked is in the same process, behind the first.
    let mut other = endpoint.web_socket().await;
    let refused = result(Some(false), Some("id was used for another command"));
    assert_eq!(other.ask(&transfer(UUID, 5)).await, refused);
    bank.confirm_transfer(sent.id, &[]).await;
    for socket in &mut sockets {
        assert_eq!(socket.hear().await["payload"], result(Some(true), None));
    }
    assert_eq!(bank.transfers_sent().await, 1);
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_nothing_is_sent_and_it_recovers() {
    let bank = Bank::new("gql-nodb").await;
    let endpoint = bank.start(&[]).await;
    let name = bank.fixture.database("transactiondb");
    let (admin, _connection) = service_kit::postgres::connect(&bank.fixture.databases(), "postgres", "test")
        .await
        .expect("the cluster's database");
    let allow = |allowed: bool| format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.batch_execute(&allow(false)).await.expect("the role owns it");
    admin.batch_execute(&end).await.expect("the role may");
    let mut socket = endpoint.web_socket().await;
    let refused = result(None, Some("the bank cannot keep requests now, ask again with the same uuid"));
    assert_eq!(socket.ask(&transfer(UUID, 100)).await, refused);
    let query = endpoint.query("{ all_last_transactions { id } }").await;
    assert_eq!(query["errors"][0]["message"], "the bank cannot answer now, ask again later");
    assert_eq!(bank.transfers_sent().await, 0);

    admin.batch_execute(&allow(true)).await.expect("the role owns it");
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    endpoint.eventually("{ transaction_by_id(id: 4) { id } }", json!({ "transaction_by_id": { "id": 4 } })).await;
    socket.subscribe(&transfer(UUID, 100)).await;
    let sent = bank.transfer_sent(0).await;
    bank.confirm_transfer(sent.id, &[]).await;
    assert_eq!(socket.hear().await["payload"], result(Some(true), None));
    let database = bank.database().await;
    eventually("the outcome is kept", DEADLINE, async || {
        let row = database.query_one("SELECT success FROM transfer_request", &[]).await.ok()?;
        row.get::<_, Option<bool>>(0)
    })
    .await;
    endpoint.stop().await;
}
