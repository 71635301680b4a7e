//! The way of a transfer, found again.

use crate::bank::{Bank, Booked, DEADLINE, Endpoint, credit, iban};
use serde_json::{Value, json};
use service_kit::fixture::eventually;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use topology::{CommandId, ConfirmMoneyTransfer};

async fn journey(endpoint: &Endpoint, by: &str) -> Value {
    let fields = "uuid result reason event amount_cents from to descr transaction_ids
        hops { kind at at_us resolution_us topic partition offset account transaction_id missing }";
    let answer = endpoint.query(&format!("{{ journey({by}) {{ {fields} }} }}")).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"]["journey"].clone()
}

/// The hops as kind, topic, and whether the time is known.
fn told(journey: &Value) -> Vec<(&str, Option<&str>, bool)> {
    let hops = journey["hops"].as_array().expect("a list").iter();
    hops.map(|hop| (hop["kind"].as_str().expect("a kind"), hop["topic"].as_str(), hop["missing"].is_null())).collect()
}

fn now_us() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros()
}

fn command(id: CommandId) -> ConfirmMoneyTransfer {
    let (from, to) = (iban(1).to_string(), iban(2).to_string());
    ConfirmMoneyTransfer { id, token: "84736291048473629106".into(), amount: 100, from, to, description: "rent".into() }
}

const WAY: [(&str, Option<&str>, bool); 9] = [
    ("PRODUCED", Some("confirm_money_transfer"), true),
    ("DECIDED", None, true),
    ("PUBLISHED", Some("money_transfer_confirmed"), true),
    ("PUBLISHED", Some("balance_changed"), true),
    ("PUBLISHED", Some("balance_changed"), true),
    ("PROJECTED", Some("balance_changed"), true),
    ("PROJECTED", Some("balance_changed"), true),
    ("DELIVERED", Some("balance_changed"), true),
    ("DELIVERED", Some("balance_changed"), true),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_found_by_its_uuid_and_by_its_transaction() {
    let bank = Bank::new("gql-journey").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    let topics = bank.fixture.topics();
    let id = CommandId::from_uuid(uuid::Uuid::new_v4());
    // Others before and behind it, some with the same event again.
    for event in 1..=20 {
        let other = CommandId::from_uuid(uuid::Uuid::new_v4());
        bank.fixture.produce(&topics.cmt, &other.to_string(), &command(other), &[]).await;
        let event = event.to_string();
        bank.confirm_transfer(other, &[("event", &event), ("booked-at", &now_us().to_string())]).await;
    }
    let place = bank.fixture.produce(&topics.cmt, &id.to_string(), &command(id), &[]).await;
    let booked_at = now_us().to_string();
    for (leg, seq, account, change) in [("1", "1", iban(1), -100), ("2", "1", iban(2), 100)] {
        let headers = [("event", "21"), ("leg", leg), ("account-seq", seq), ("booked-at", booked_at.as_str())];
        let booked = Booked { event: 21, leg: 0, seq: 1, iban: account, change, balance: change };
        bank.publish_with(booked, &headers).await;
    }
    let legs = format!("{}:1,{}:1", iban(1), iban(2));
    let headers = [("event", "21"), ("booked-at", booked_at.as_str()), ("legs", legs.as_str())];
    bank.confirm_transfer(id, &headers).await;
    bank.confirm_transfer(id, &[headers[0], headers[1], headers[2], ("repeat", "1")]).await;
    endpoint.projected(&database, 2).await;

    let by_uuid = journey(&endpoint, &format!("uuid: \"{id}\"")).await;
    assert_eq!(told(&by_uuid), WAY, "{by_uuid}");
    for (field, expected) in [
        ("uuid", json!(id.to_string())),
        ("result", json!("CONFIRMED")),
        ("event", json!(21)),
        ("amount_cents", json!("100")),
        ("from", json!(iban(1).to_string())),
        ("descr", json!("rent")),
        ("transaction_ids", json!([43, 44])),
    ] {
        assert_eq!(by_uuid[field], expected, "{field}");
    }
    let hops = &by_uuid["hops"];
    assert_eq!((&hops[0]["partition"], &hops[0]["offset"]), (&json!(place.0), &json!(place.1)));
    assert_eq!(hops[1]["at_us"].to_string(), booked_at);
    assert_eq!((&hops[1]["resolution_us"], &hops[0]["resolution_us"]), (&json!(1), &json!(1_000)));
    assert_eq!((&hops[5]["account"], &hops[6]["transaction_id"]), (&json!(iban(1).to_string()), &json!(44)));
    let times: Vec<_> =
        hops.as_array().expect("a list").iter().map(|hop| hop["at_us"].as_i64().expect("a time")).collect();
    // Each leg by itself: the first may be on its way before the second is published.
    let in_order = |leg: usize| times[3 + leg] <= times[5 + leg] && times[5 + leg] <= times[7 + leg];
    assert!(in_order(0) && in_order(1), "{times:?}");
    for by in [
        "transaction_id: 43".to_owned(),
        "transaction_id: 44".to_owned(),
        "event: 21".to_owned(),
        format!("uuid: \"{id}\", around_ms: {}", times[0] / 1_000),
    ] {
        assert_eq!(journey(&endpoint, &by).await, by_uuid, "{by}");
    }
    endpoint.stop().await;

    // Another process remembers no batches.
    let endpoint = bank.start(&[]).await;
    let later = journey(&endpoint, "transaction_id: 43").await;
    let known = WAY.map(|(kind, topic, _)| (kind, topic, kind != "PROJECTED" && kind != "DELIVERED"));
    assert_eq!(told(&later), known, "{later}");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_asked_for_here_is_told_from_the_request_to_the_answer() {
    let bank = Bank::new("gql-refusal").await;
    let endpoint = bank.start(&[]).await;
    let id = uuid::Uuid::new_v4();
    let mut socket = endpoint.web_socket().await;
    let (from, to) = (iban(1), iban(2));
    socket
        .subscribe(&format!(
            "subscription {{ money_transfer(uuid: \"{id}\", token: \"01234567890123456789\", amount: 7, from: \"{from}\", to: \"{to}\", descr: \"x\") {{ success }} }}"
        ))
        .await;
    let sent = bank.transfer_sent(0).await;
    let by = format!("uuid: \"{id}\"");
    let undecided = journey(&endpoint, &by).await;
    assert_eq!((&undecided["result"], &undecided["amount_cents"]), (&json!("UNDECIDED"), &json!("7")));
    let hops = [
        ("REQUESTED", None, true),
        ("PRODUCED", Some("confirm_money_transfer"), true),
        ("DECIDED", None, false),
        ("PUBLISHED", None, false),
        ("ANSWERED", None, false),
    ];
    assert_eq!(told(&undecided), hops, "{undecided}");
    bank.refuse_transfer(sent.id, "insufficient funds", &[("event", "1"), ("booked-at", &now_us().to_string())]).await;
    assert_eq!(socket.hear().await["payload"]["data"]["money_transfer"]["success"], false);
    let what = "the outcome is kept";
    eventually(what, DEADLINE, async || {
        let refused = journey(&endpoint, &by).await;
        let hops = hops.map(|(kind, _, _)| {
            let topic = match kind {
                "PRODUCED" => Some("confirm_money_transfer"),
                "PUBLISHED" => Some("money_transfer_failed"),
                _ => None,
            };
            (kind, topic, true)
        });
        let is_whole = told(&refused) == hops;
        (is_whole && refused["result"] == "FAILED" && refused["reason"] == "insufficient funds").then_some(())
    })
    .await;
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_found_without_a_transaction_of_it() {
    let bank = Bank::new("gql-event").await;
    let endpoint = bank.start(&["--journey-max-records", "180"]).await;
    let topics = bank.fixture.topics();
    let command_id = || CommandId::from_uuid(uuid::Uuid::new_v4());
    let (refused, booked) = (command_id(), command_id());
    let headers = [("event", "5"), ("booked-at", &*now_us().to_string())];
    bank.fixture.produce(&topics.cmt, &refused.to_string(), &command(refused), &[]).await;
    bank.refuse_transfer(refused, "insufficient funds", &headers).await;
    // The answer to a repeat is of the first one's event.
    bank.refuse_transfer(refused, "insufficient funds", &[headers[0], headers[1], ("repeat", "1")]).await;
    let (decided_us, legs) = (now_us(), format!("{}:1", iban(1)));
    let headers = [("event", "6"), ("booked-at", &*decided_us.to_string()), ("legs", legs.as_str())];
    bank.fixture.produce(&topics.cmt, &booked.to_string(), &command(booked), &[]).await;
    bank.confirm_transfer(booked, &headers).await;

    let found = journey(&endpoint, "event: 5").await;
    assert_eq!(
        (&found["uuid"], &found["result"], &found["reason"], &found["event"]),
        (&json!(refused.to_string()), &json!("FAILED"), &json!("insufficient funds"), &json!(5))
    );
    let hops = [("PRODUCED", "confirm_money_transfer"), ("DECIDED", ""), ("PUBLISHED", "money_transfer_failed")]
        .map(|(kind, topic)| (kind, Some(topic).filter(|topic| !topic.is_empty()), true));
    assert_eq!(told(&found), hops, "{found}");
    // Its change is on its way: nothing is projected yet.
    let by = format!("event: 6, around_ms: {}", decided_us / 1_000);
    let found = journey(&endpoint, &by).await;
    assert_eq!((&found["uuid"], &found["result"]), (&json!(booked.to_string()), &json!("CONFIRMED")));
    assert_eq!(found["hops"][3]["missing"], "the projection does not have it (yet)");

    // Twelve in each partition, of which the newest ten are read.
    let repeats = || [("event", "4"), ("repeat", "1")];
    for partition in 0..9 {
        let keys = std::iter::repeat_with(command_id);
        let of_it = |id: &CommandId| topology::partition::murmur2_partition(id.to_string().as_bytes(), 9) == partition;
        for id in keys.filter(of_it).take(12) {
            bank.confirm_transfer(id, &repeats()).await;
        }
    }
    let why = |found: &Value| (found["result"].clone(), found["hops"][2]["missing"].clone());
    let lost = (json!("UNKNOWN"), json!("not among the newest 180 records; around_ms would help"));
    assert_eq!(why(&journey(&endpoint, "event: 6").await), lost);
    assert_eq!(journey(&endpoint, &by).await["result"], "CONFIRMED", "its moment tells where to look");
    let absent = format!("event: 7, around_ms: {}", now_us() / 1_000 + 60_000);
    assert_eq!(why(&journey(&endpoint, &absent).await), (json!("UNKNOWN"), json!("there is none since then")));
    let answer = endpoint.query("{ journey(event: 0) { result } }").await;
    assert_eq!(answer["errors"][0]["message"], "event is not the number of an event");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_found_says_why() {
    let bank = Bank::new("gql-unknown").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    // As another implementation of the handler would publish it.
    bank.publish_with(credit(0, 0, iban(3), 100, 100), &[]).await;
    endpoint.projected(&database, 1).await;
    let row = database.query_one("SELECT id FROM projection.transaction", &[]).await.expect("one");
    let without = journey(&endpoint, &format!("transaction_id: {}", row.get::<_, i64>(0))).await;
    assert_eq!((&without["result"], &without["uuid"]), (&json!("CONFIRMED"), &Value::Null));
    let expected = [
        ("PRODUCED", None, false),
        ("DECIDED", None, false),
        ("PUBLISHED", None, false),
        ("PUBLISHED", Some("balance_changed"), true),
        ("PROJECTED", Some("balance_changed"), true),
        ("DELIVERED", Some("balance_changed"), true),
    ];
    assert_eq!(told(&without), expected, "{without}");
    assert_eq!(without["hops"][2]["missing"], "the handler does not say which event the change is of");
    for by in [format!("uuid: \"{}\"", uuid::Uuid::new_v4()), "transaction_id: 999".to_owned()] {
        let unknown = journey(&endpoint, &by).await;
        assert_eq!(unknown["result"], "UNKNOWN", "{by}");
        assert_eq!(told(&unknown), [("PRODUCED", None, false), ("DECIDED", None, false), ("PUBLISHED", None, false)]);
    }
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_bound_of_records_is_read() {
    let bank = Bank::new("gql-bound").await;
    let endpoint = bank.start(&["--journey-max-records", "10"]).await;
    let id = CommandId::from_uuid(uuid::Uuid::new_v4());
    let topic = &bank.fixture.topics().cmt;
    bank.fixture.produce(topic, &id.to_string(), &command(id), &[]).await;
    let by = format!("uuid: \"{id}\"");
    assert_eq!(journey(&endpoint, &by).await["result"], "UNDECIDED");
    // All under the same key, so in the same partition.
    let other = CommandId::from_uuid(uuid::Uuid::new_v4());
    let partition = topology::partition::murmur2_partition(id.to_string().as_bytes(), 9);
    let mut produced = 0;
    while produced < 10 {
        let key = uuid::Uuid::new_v4().to_string();
        if topology::partition::murmur2_partition(key.as_bytes(), 9) == partition {
            bank.fixture.produce(topic, &key, &command(other), &[]).await;
            produced += 1;
        }
    }
    let bounded = journey(&endpoint, &by).await;
    assert_eq!(
        (&bounded["result"], &bounded["hops"][0]["missing"]),
        (&json!("UNKNOWN"), &json!("not among the newest 10 records; around_ms would help"))
    );
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_counts_until_it_ends_though_its_client_left() {
    let bank = Bank::new("gql-journeys-max").await;
    // The ends of these topics are no records, so a search waits for them until its time is over.
    let topics = bank.fixture.topics();
    for topic in [&topics.mtc, &topics.mtf] {
        bank.fixture.leave_markers(topic).await;
    }
    let endpoint = bank.start(&["--journeys-max", "1", "--journey-timeout-ms", "5000"]).await;
    let refused = "too many journeys are looked up at once (1 is the most for all clients together): ask again";
    let asked = async || endpoint.query("{ journey(transaction_id: 4) { result } }").await;
    let unknown = json!({ "data": { "journey": { "result": "UNKNOWN" } } });
    assert_eq!(asked().await, unknown);
    let long = json!({ "query": "{ journey(event: 7) { result } }" }).to_string();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().expect("a client");
    assert!(client.post(endpoint.url("/graphql")).body(long).send().await.is_err(), "the client leaves");
    assert_eq!(asked().await["errors"][0]["message"], refused, "its search goes on");
    eventually("the search ended", DEADLINE, async || (asked().await == unknown).then_some(())).await;
    endpoint.stop().await;
}
