//! What flows, for as long as somebody looks.

use crate::bank::{Bank, DEADLINE, Endpoint, credit, iban};
use crate::web_socket::WebSocket;
use serde_json::{Value, json};
use service_kit::admin::{Health, serve};
use service_kit::fixture::eventually;
use service_kit::settings::AdminSettings;
use std::time::Instant;
use topology::Heartbeat;

const FLOW: &str =
    "subscription { flow { at interval_ms topics { name record partitions records records_per_second missing }
    groups { name service topic lag missing } parts { kind name address up ready role missing } } }";

/// What runs on behalf of the flow.
fn looking(endpoint: &Endpoint) -> Vec<String> {
    endpoint.running().into_iter().filter(|name| name.contains("flow")).collect()
}

/// The next snapshot that is as wanted.
async fn snapshot(socket: &mut WebSocket, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        let snapshot = socket.next_data("flow").await;
        if is_wanted(&snapshot) {
            return snapshot;
        }
    }
    panic!("no snapshot as wanted within {DEADLINE:?}");
}

fn named<'a>(snapshot: &'a Value, list: &str, name: &str) -> &'a Value {
    let all = snapshot[list].as_array().expect("a list");
    all.iter().find(|it| it["name"] == name || it["topic"] == name).unwrap_or(&Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_task_looks_while_somebody_does_and_none_otherwise() {
    let bank = Bank::new("gql-flow").await;
    let endpoint = bank.start(&["--flow-interval-ms", "100"]).await;
    assert_eq!(looking(&endpoint), [""; 0]);
    let mut first = endpoint.web_socket().await;
    let id = first.subscribe(FLOW).await;
    let mut second = endpoint.web_socket().await;
    second.subscribe(FLOW).await;
    for socket in [&mut first, &mut second] {
        assert_eq!(socket.next_data("flow").await["interval_ms"], 100);
    }
    assert_eq!(looking(&endpoint), ["Kafka clients of the flow", "flow"]);
    first.say(&json!({ "type": "complete", "id": id })).await;
    for _ in 0..3 {
        second.next_data("flow").await;
    }
    drop(second);
    let what = "nothing looks any more";
    eventually(what, DEADLINE, async || looking(&endpoint).is_empty().then_some(())).await;
    first.subscribe(FLOW).await;
    first.next_data("flow").await;
    assert_eq!(looking(&endpoint), ["Kafka clients of the flow", "flow"], "it begins again");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_lag_and_parts_are_told_also_when_some_are_down() {
    let bank = Bank::new("gql-snapshot").await;
    let health = Health::new();
    health.set_role("active");
    let kafka = health.part("kafka");
    kafka.up();
    let admin = serve(&AdminSettings::any_free_port(), health.clone()).await.expect("a free port");
    let services = format!("here=http://{},gone=http://127.0.0.1:1", admin.address());
    let endpoint = bank.start(&["--flow-interval-ms", "100", "--flow-services", &services]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(FLOW).await;
    let first = socket.next_data("flow").await;
    let names: Vec<_> = first["topics"].as_array().expect("a list").iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, topology::topic::TOPICS.iter().map(|it| json!(it.name)).collect::<Vec<_>>());
    assert_eq!(named(&first, "topics", "balance_changed")["records_per_second"], Value::Null);
    assert_eq!(
        named(&first, "parts", "gone"),
        &json!({ "kind": "SERVICE", "name": "gone", "address": "http://127.0.0.1:1", "up": false, "ready": false, "role": null,
            "missing": ["cannot be reached"] })
    );
    let here = named(&first, "parts", "here");
    assert_eq!((&here["up"], &here["ready"], &here["role"]), (&json!(true), &json!(true), &json!("active")));
    let postgres = named(&first, "parts", "postgres");
    assert_eq!((&postgres["ready"], &postgres["role"]), (&json!(true), &json!("primary")));
    assert_eq!(named(&first, "parts", "registry")["ready"], true);
    assert_eq!(named(&first, "parts", "kafka-1")["ready"], true);

    kafka.down("waiting for Kafka");
    for event in 1..=4 {
        bank.publish(credit(event, event, iban(1), 100, 100 * event)).await;
        let topic = &bank.fixture.topics().heartbeat;
        bank.fixture.produce(topic, "now", &Heartbeat { beat: event }, &[]).await;
    }
    let flowing =
        |snapshot: &Value| named(snapshot, "topics", "balance_changed")["records_per_second"].as_f64() > Some(0.0);
    snapshot(&mut socket, flowing).await;
    let settled = snapshot(&mut socket, |snapshot| {
        let topics = ["balance_changed", "heartbeat"].map(|topic| named(snapshot, "topics", topic)["records"].clone());
        topics == [4, 4] && named(snapshot, "groups", "balance_changed")["lag"] == 0
    })
    .await;
    assert_eq!(named(&settled, "topics", "balance_changed")["partitions"], 9);
    // Nobody generates commands here, so all beats are ahead of the generator.
    assert_eq!(
        named(&settled, "groups", "heartbeat"),
        &json!({ "name": "command-generator", "service": "command-generator", "topic": "heartbeat", "lag": 4, "missing": null })
    );
    let here = snapshot(&mut socket, |snapshot| named(snapshot, "parts", "here")["ready"] == false).await;
    assert_eq!(named(&here, "parts", "here")["missing"], json!(["kafka: waiting for Kafka"]));
    endpoint.stop().await;
}
