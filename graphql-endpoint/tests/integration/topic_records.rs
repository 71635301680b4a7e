//! The newest records of a topic and those that come, without what only an account's owner may read.

use crate::bank::{Bank, DEADLINE, credit, iban};
use crate::web_socket::WebSocket;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use serde_json::{Value, json};
use service_kit::fixture::eventually;
use service_kit::kafka::client_config;
use std::time::Duration;
use topology::{BalanceChanged, ConfirmMoneyTransfer, Heartbeat};

fn records_of(topic: &str, max_items: i32) -> String {
    format!(
        "subscription {{ topic_records(topic: \"{topic}\", max_items: {max_items}) {{ skipped missing records {{ partition offset at
            timestamp_ms key headers {{ name value }} record schema_id value undecodable key_bytes value_bytes }} }} }}"
    )
}

/// Hears until so many records were shown or passed over; gives those shown, and how many were passed over.
async fn heard(socket: &mut WebSocket, count: usize) -> (Vec<Value>, usize) {
    let (mut records, mut skipped) = (Vec::new(), 0);
    while records.len() + skipped < count {
        let told = socket.next_data("topic_records").await;
        skipped += usize::try_from(told["skipped"].as_u64().expect("a number")).expect("fits");
        records.extend(told["records"].as_array().expect("a list").clone());
    }
    (records, skipped)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_are_shown_and_then_what_comes() {
    let bank = Bank::new("gql-newest").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("money_transfer_failed", 5)).await;
    let empty = socket.next_data("topic_records").await;
    assert_eq!(empty, json!({ "skipped": 0, "missing": null, "records": [] }));
    for event in 1..=6 {
        bank.publish(credit(event, 1, iban(event.unsigned_abs()), 100, 100_000_000_000_000_000)).await;
        // Across partitions only the time tells which is older, in whole milliseconds; Kafka may answer sooner.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("balance_changed", 4)).await;
    let (newest, _) = heard(&mut socket, 4).await;
    let texts = newest.iter().map(|record| record["value"].as_str().expect("can be read"));
    let events: Vec<Value> =
        texts.map(|text| serde_json::from_str::<Value>(text).expect("JSON")["description"].clone()).collect();
    assert_eq!(events, (3..=6).map(|event| json!(format!("event {event}"))).collect::<Vec<_>>());
    let (partition, offset) = {
        bank.publish(credit(7, 1, iban(7), -5, 10)).await;
        let all = bank.fixture.consume_all(&bank.fixture.topics().bc).await;
        let last = all.iter().find(|record| record.header("event").as_deref() == Some("7")).expect("was published");
        (last.partition, last.offset)
    };
    let (next, skipped) = heard(&mut socket, 1).await;
    let iban = iban(7).to_string();
    assert_eq!((skipped, next.len()), (0, 1));
    assert_eq!((&next[0]["partition"], &next[0]["offset"]), (&json!(partition), &json!(offset)));
    assert_eq!(
        (&next[0]["key"], &next[0]["key_bytes"], &next[0]["record"]),
        (&json!(iban), &json!(18), &json!("BalanceChanged"))
    );
    let value =
        format!(r#"{{"iban":"{iban}","new_balance":10,"changed_by":-5,"from_to":"cash","description":"event 7"}}"#);
    assert_eq!(next[0]["value"], value);
    assert_eq!(next[0]["headers"][3], json!({ "name": "booked-at", "value": "1700000000000007" }));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_shown_whatever_the_record() {
    let bank = Bank::new("gql-masked").await;
    let endpoint = bank.start(&[]).await;
    let token = "84736291048473629105";
    let mut owner = endpoint.web_socket().await;
    owner.subscribe("subscription { get_account(username: \"masked12\", password: \"password1\") { token } }").await;
    let sent = bank.creation_sent(0).await;
    bank.confirm_creation(sent.id, iban(42), token).await;
    assert_eq!(owner.hear().await["payload"]["data"]["get_account"]["token"], token, "its owner sees it");
    let uuid = uuid::Uuid::new_v4();
    owner
        .subscribe(&format!(
            "subscription {{ money_transfer(uuid: \"{uuid}\", token: \"{token}\", amount: 5, from: \"{}\", to: \"x\", descr: \"{token}\") {{ success }} }}",
            iban(42)
        ))
        .await;
    let transfer: ConfirmMoneyTransfer = bank.transfer_sent(0).await;
    assert_eq!(transfer.token, token, "the topic holds it");
    // What cannot be read as a record holds it too: as a wrong value, with the schema's id, and in its key and headers.
    let topics = bank.fixture.topics();
    let raw = bank.fixture.consume_all(&topics.cmt).await[0].value.clone().expect("a value");
    let cut = &raw[..raw.len() - 3];
    let headers = [("note", token), (token, "note")];
    for value in [Some(cut), Some(token.as_bytes()), None] {
        bank.fixture.produce_raw(&topics.cmt, Some(token.as_bytes()), value, &headers).await;
    }
    let mut shown = Vec::new();
    for (topic, count) in [("confirm_money_transfer", 4), ("account_creation_confirmed", 1)] {
        let mut socket = endpoint.web_socket().await;
        socket.subscribe(&records_of(topic, 10)).await;
        shown.extend(heard(&mut socket, count).await.0);
    }
    let journey = format!("{{ journey(uuid: \"{uuid}\") {{ uuid from to descr reason hops {{ kind missing }} }} }}");
    let journey = endpoint.query(&journey).await;
    let everything = format!("{}{}", Value::from(shown.clone()), journey);
    assert!(!everything.contains(token), "{everything}");
    assert!(!everything.contains(&token[..19]), "{everything}");
    let values: Vec<_> = shown.iter().filter_map(|record| record["value"].as_str()).collect();
    assert_eq!(values.len(), 2, "the transfer and the account");
    assert!(values.iter().all(|value| value.contains(r#""token":"***""#)), "{values:?}");
    let mut reasons: Vec<_> = shown.iter().filter_map(|record| record["undecodable"].as_str()).collect();
    reasons.sort_unstable();
    let id = shown.iter().find_map(|record| record["schema_id"].as_u64()).expect("one that can be read");
    let malformed = format!("the bytes are no ConfirmMoneyTransfer by schema id {id}");
    let format = "not in the registry's wire format: a zero byte and a 4-byte schema id must come first";
    assert_eq!(reasons, [format, malformed.as_str(), "the value is null"]);
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_passed_over_and_counted() {
    let bank = Bank::new("gql-pace").await;
    let endpoint = bank.start(&["--topic-records-per-second", "20"]).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("balance_changed", 0)).await;
    assert_eq!(socket.next_data("topic_records").await["records"], json!([]));
    let record = |number: i64| {
        let (iban, description) = (iban(number.unsigned_abs()).to_string(), number.to_string());
        (iban.clone(), BalanceChanged { iban, new_balance: 1, changed_by: 1, from_to: String::new(), description })
    };
    let started = std::time::Instant::now();
    bank.fixture.produce_all(&bank.fixture.topics().bc, (0..2_000).map(record)).await;
    let (shown, skipped) = heard(&mut socket, 2_000).await;
    assert_eq!(shown.len() + skipped, 2_000, "each is shown or counted");
    let allowed = 20.0 * (started.elapsed().as_secs_f64() + 2.0);
    assert!(
        f64::from(u32::try_from(shown.len()).expect("few")) <= allowed,
        "{} in {:?}",
        shown.len(),
        started.elapsed()
    );
    let mut places: Vec<_> = shown.iter().map(|it| (it["partition"].as_i64(), it["offset"].as_i64())).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), shown.len(), "none is shown twice");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_gone_and_begins_again_is_read_from_its_beginning() {
    let bank = Bank::new("gql-rewind").await;
    let endpoint = bank.start(&[]).await;
    let topic = bank.fixture.topics().heartbeat.as_str();
    let beat = async |beat: i64| {
        bank.fixture.produce(topic, "now", &Heartbeat { beat }, &[]).await;
    };
    for number in 1..=5 {
        beat(number).await;
    }
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("heartbeat", 2)).await;
    assert_eq!(heard(&mut socket, 2).await.0.len(), 2);

    let admin: AdminClient<DefaultClientContext> = client_config(&bank.fixture.kafka()).create().expect("accepted");
    let options = AdminOptions::new();
    admin.delete_topics(&[topic], &options).await.expect("Kafka answers")[0].as_ref().expect("it is deleted");
    let told = socket.next_data("topic_records").await;
    assert!(told["missing"].is_string() && told["records"] == json!([]), "{told}");
    eventually("the topic is there again", DEADLINE, async || {
        let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
        admin.create_topics([&new], &options).await.ok()?.pop()?.ok()
    })
    .await;
    // The first of them before the reader has looked again.
    let mut shown = Vec::new();
    for number in 6..=8 {
        beat(number).await;
    }
    while shown.len() < 3 {
        let told = socket.next_data("topic_records").await;
        assert_eq!((&told["skipped"], &told["missing"]), (&json!(0), &Value::Null), "{told}");
        shown.extend(told["records"].as_array().expect("a list").clone());
    }
    let told: Vec<_> = shown.iter().map(|it| (it["offset"].clone(), it["value"].clone())).collect();
    let expected = [6, 7, 8].map(|number| (json!(number - 6), json!(format!(r#"{{"beat":{number}}}"#))));
    assert_eq!(told, expected);
    beat(9).await;
    assert_eq!(heard(&mut socket, 1).await.0[0]["offset"], 3, "it goes on from there");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_refused() {
    let bank = Bank::new("gql-readers").await;
    let endpoint = bank.start(&["--topic-readers-max", "1", "--topic-records-max-items", "7"]).await;
    let refused = async |topic: &str, max_items: i32| {
        let answer = endpoint.web_socket().await.ask(&records_of(topic, max_items)).await;
        answer["errors"][0]["message"].as_str().expect("a message").to_owned()
    };
    assert!(refused("_schemas", 5).await.starts_with("topic must be one of heartbeat, confirm_account_creation"));
    assert_eq!(refused("heartbeat", 8).await, "max_items must be 0 to 7");
    assert_eq!(refused("heartbeat", -1).await, "max_items must be 0 to 7");
    let is_reading = || endpoint.running().iter().any(|name| name == "reader of a topic");
    assert!(!is_reading());
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("heartbeat", 5)).await;
    socket.next_data("topic_records").await;
    assert!(is_reading());
    let too_many =
        "too many topics are read at once (1 is the most for all clients together): close one, or ask again later";
    assert_eq!(refused("heartbeat", 5).await, too_many);
    drop(socket);
    eventually("nothing reads any more", DEADLINE, async || (!is_reading()).then_some(())).await;
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&records_of("heartbeat", 5)).await;
    assert_eq!(socket.next_data("topic_records").await["missing"], Value::Null, "there is room again");
    endpoint.stop().await;
}
