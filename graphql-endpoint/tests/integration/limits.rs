//! What one client may not do.

use crate::bank::{Bank, DEADLINE};
use crate::web_socket::WebSocket;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_pages_are_let_in() {
    let bank = Bank::new("gql-origin").await;
    let endpoint = bank.start(&["--allowed-origins", "http://pages.example:8181"]).await;
    let own = format!("http://localhost:{}", endpoint.address.port());
    for (origin, allowed) in [
        (None, true),
        (Some("http://pages.example:8181"), true),
        (Some(own.as_str()), true),
        (Some("http://localhost:8181"), false),
        (Some("http://pages.example"), false),
        (Some("null"), false),
    ] {
        let opened = WebSocket::try_open(endpoint.address, "/graphql-ws", None, origin).await;
        assert_eq!(opened.is_ok(), allowed, "{origin:?}");
        let mut request = reqwest::Client::new().post(endpoint.url("/graphql")).body(r#"{"query":"{ __typename }"}"#);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.send().await.expect("answers");
        assert_eq!(answer.status() == 200, allowed, "{origin:?}");
        assert_eq!(answer.headers().get("connection").is_none(), allowed, "a body that was not read: {origin:?}");
        let shared = answer.headers().get("access-control-allow-origin").and_then(|value| value.to_str().ok());
        assert_eq!(shared, origin.filter(|_| allowed), "{origin:?}");
    }
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused() {
    let bank = Bank::new("gql-limits").await;
    let flags = [
        "--query-max-depth",
        "3",
        "--query-max-complexity",
        "50",
        "--subscriptions-per-connection-max",
        "1",
        "--connections-max",
        "2",
        "--request-max-bytes",
        "300",
        "--message-max-bytes",
        "300",
        "--transactions-max-items",
        "10",
    ];
    let endpoint = bank.start(&flags).await;
    let company = "NL66OPEN0000000000";
    let items =
        |max: i32| format!("{{ transactions_by_iban(iban: \"{company}\", max_items: {max}) {{ id iban descr }} }}");
    for (query, error) in [
        ("{ accounts(first: 1) { edges { node { iban } } } }".to_owned(), "Query is nested too deep."),
        (items(20), "Query is too complex."),
        (items(11), "max_items must be 0 to 10"),
        (items(-1), "max_items must be 0 to 10"),
        ("{ all_last_transactions { id } }".to_owned(), "Query is too complex."),
    ] {
        assert_eq!(endpoint.query(&query).await["errors"][0]["message"], error, "{query}");
    }
    let long =
        reqwest::Client::new().post(endpoint.url("/graphql")).body("x".repeat(301)).send().await.expect("answers");
    assert_eq!(long.status(), 413);
    assert_eq!(long.headers()["connection"], "close", "the rest of the body is not read");
    let wrong = reqwest::Client::new().post(endpoint.url("/graphql")).body("x").send().await.expect("answers");
    assert_eq!(wrong.status(), 400);

    let mut socket = endpoint.web_socket().await;
    socket.stream("subscription { stream_transactions { id } }").await;
    let second = endpoint.web_socket().await;
    assert!(WebSocket::try_open(endpoint.address, "/graphql", None, None).await.is_err(), "a third connection");
    let id = socket.subscribe("subscription { stream_transactions { id } }").await;
    let refused = socket.hear().await;
    assert_eq!(refused["payload"]["errors"][0]["message"], "too many operations at once in this connection");
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": id }));
    drop(second);
    socket.say(&json!({ "type": "ping", "payload": "x".repeat(300) })).await;
    assert!(tokio::spawn(async move { socket.hear().await }).await.is_err(), "a long message ends the connection");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_in_part_is_not_waited_for() {
    let bank = Bank::new("gql-half-sent").await;
    let half = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    let endpoint = bank.start(&["--body-timeout-ms", "100"]).await;
    let mut client = TcpStream::connect(endpoint.address).await.expect("is served");
    client.write_all(half.as_bytes()).await.expect("is read");
    let mut answer = String::new();
    let answered = tokio::time::timeout(DEADLINE, client.read_to_string(&mut answer)).await.expect("is answered");
    answered.expect("the connection is closed behind the answer");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    endpoint.stop().await;

    let endpoint = bank.start(&["--body-timeout-ms", "600000"]).await;
    let mut client = TcpStream::connect(endpoint.address).await.expect("is served");
    client.write_all(half.as_bytes()).await.expect("is read");
    // Which is answered behind the other one was taken.
    endpoint.query("{ __typename }").await;
    endpoint.stop().await;
    drop(client);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_multiplies_itself_is_refused() {
    let bank = Bank::new("gql-all-once").await;
    let endpoint = bank.start(&[]).await;
    let all = "{ id iban new_balance changed_by from_to descr direction cursor }";
    let answer = endpoint.query(&format!("{{ all_last_transactions {all} }}")).await;
    assert_eq!(answer, json!({ "data": { "all_last_transactions": [] } }));
    let answer = endpoint.query("{ a: all_last_transactions { id } b: all_last_transactions { id } }").await;
    assert_eq!(answer["errors"][0]["message"], "Query is too complex.");
    // Written out it would have more fields than there are bytes in any memory.
    let fragment = |number| format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1);
    let doubling: String = (0..38).map(fragment).collect();
    let answer = endpoint.query(&format!("{{ ...f0 }} {doubling} fragment f38 on Query {{ __typename }}")).await;
    assert_eq!(answer["errors"][0]["message"], "the query has more than 20000 fields, fragments included");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_one_subscription() {
    let bank = Bank::new("gql-one-field").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    let refused = "a subscription must have exactly one field at its root";
    for fields in [
        "a: stream_transactions { id } b: stream_transactions { id }",
        "stream_transactions { id } ... on Subscription { flow { __typename } }",
    ] {
        let answer = socket.ask(&format!("subscription {{ {fields} }}")).await;
        assert_eq!(answer["errors"][0]["message"], refused, "{fields}");
    }
    let answer = socket.ask("{ a: __typename b: __typename }").await;
    assert_eq!(answer["data"], json!({ "a": "Query", "b": "Query" }), "a query may have more");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nothing_from_elsewhere() {
    let bank = Bank::new("gql-page").await;
    let endpoint = bank.start(&[]).await;
    let client = reqwest::Client::new();
    let get = async |path: &str| client.get(endpoint.url(path)).send().await.expect("answers");
    let page = get("/").await.text().await.expect("a text");
    let parts: Vec<&str> = page.split('"').filter(|part| part.starts_with('/') && part.contains('.')).collect();
    assert_eq!(parts.len(), 5, "{parts:?}");
    for part in parts {
        let answer = get(part).await;
        assert_eq!(answer.status(), 200, "{part}");
        let policy = answer.headers()["content-security-policy"].to_str().expect("a text").to_owned();
        assert!(policy.starts_with("default-src 'none'"), "{part}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert_eq!(get("/graphql").await.status(), 426);
    endpoint.stop().await;
}
