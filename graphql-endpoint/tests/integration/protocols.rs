//! Both WebSocket subprotocols, and clients that keep to neither.

use crate::bank::{Bank, credit, iban};
use crate::web_socket::WebSocket;
use serde_json::json;

const STREAM: &str = "subscription { stream_transactions { id } }";

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_client_is_served_on_both_paths() {
    let bank = Bank::new("gql-protocols").await;
    let endpoint = bank.start(&[]).await;
    // subprotocol, sends connection_init first, how it begins, what results are called
    let rows = [
        (Some("graphql-transport-ws"), true, "subscribe", "next"),
        (Some("graphql-transport-ws"), false, "subscribe", "next"),
        (Some("graphql-ws"), true, "start", "data"),
        (Some("graphql-ws"), false, "start", "data"),
        (None, true, "start", "data"),
        (None, false, "start", "data"),
        (None, false, "subscribe", "next"),
    ];
    let mut event = 0;
    for path in ["/graphql", "/graphql-ws"] {
        for (subprotocol, is_initialised, begin, result) in rows {
            let mut socket = WebSocket::open(endpoint.address, path, subprotocol).await;
            assert_eq!(socket.subprotocol.as_deref(), subprotocol);
            if is_initialised {
                socket.say(&json!({ "type": "connection_init", "payload": {} })).await;
                assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
            }
            socket.say(&json!({ "type": begin, "id": "s", "payload": { "query": STREAM } })).await;
            socket.say(&json!({ "type": begin, "id": "q", "payload": { "query": "{ __typename }" } })).await;
            let payload = json!({ "data": { "__typename": "Query" } });
            assert_eq!(socket.hear().await, json!({ "type": result, "id": "q", "payload": payload }));
            assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));
            event += 1;
            bank.publish(credit(event, event, iban(1), 1, event)).await;
            let payload = json!({ "data": { "stream_transactions": { "id": event * 2 + 2 } } });
            assert_eq!(socket.hear().await, json!({ "type": result, "id": "s", "payload": payload }));
            if begin == "start" {
                socket.say(&json!({ "type": "stop", "id": "s" })).await;
                assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "s" }));
                socket.say(&json!({ "type": "connection_terminate" })).await;
                assert_eq!(socket.hear_close().await, 1000);
            } else {
                socket.say(&json!({ "type": "complete", "id": "s" })).await;
                socket.say(&json!({ "type": "ping", "payload": { "a": 1 } })).await;
                assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "a": 1 } }));
            }
        }
    }
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_init_is_welcomed_and_a_second_is_not() {
    let bank = Bank::new("gql-init").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    socket.ask("{ __typename }").await;
    socket.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear_close().await, 4429);

    let mut socket = endpoint.web_socket().await;
    socket.say(&json!({ "type": "nonsense" })).await;
    assert_eq!(socket.hear_close().await, 4400);

    let mut socket = endpoint.web_socket().await;
    for _ in 0..2 {
        socket.say(&json!({ "type": "subscribe", "id": "1", "payload": { "query": STREAM } })).await;
    }
    assert_eq!(socket.hear_close().await, 4409);
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_sockets_with_a_reason() {
    let bank = Bank::new("gql-close").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    socket.stream(STREAM).await;
    endpoint.stop().await;
    assert_eq!(socket.hear_close().await, 1001);
}
