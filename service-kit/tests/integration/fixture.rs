//! The fixture itself: a corner of its own, removed afterwards.

use service_kit::fixture::Fixture;
use service_kit::kafka::Metadata;
use service_kit::postgres;
use topology::{Heartbeat, MoneyTransferConfirmed};

#[tokio::test]
async fn records_come_back_with_keys_and_headers() {
    let fixture = Fixture::without_databases("roundtrip");
    fixture.create_topics().await;
    let topic = fixture.topics().mtc.clone();
    let id: topology::CommandId = "0189abcd-ef01-7234-8567-89abcdef0123".parse().expect("a UUID");
    let record = MoneyTransferConfirmed { id };
    let place = fixture.produce(&topic, &id.to_string(), &record, &[("event", "7"), ("repeat", "")]).await;
    fixture.produce_raw(&topic, None, None, &[]).await;

    let records = fixture.consume_all(&topic).await;
    assert_eq!(records.len(), 2);
    let found = records.iter().find(|found| found.key.is_some()).expect("the one with a key");
    assert_eq!((found.partition, found.offset), place);
    assert_eq!(found.partition, topology::partition::murmur2_partition(id.to_string().as_bytes(), 9));
    assert_eq!(found.record::<MoneyTransferConfirmed>(), record);
    assert_eq!((found.key_text(), found.header("event")), (id.to_string(), Some("7".to_owned())));
    assert_eq!((found.header("repeat"), found.header("leg")), (Some(String::new()), None));
}

#[tokio::test]
async fn many_records_are_written_in_order_per_partition() {
    let fixture = Fixture::without_databases("many");
    fixture.create_topics().await;
    let topic = fixture.topics().heartbeat.clone();
    fixture.produce_all(&topic, (0..5_000).map(|beat| (beat.to_string(), Heartbeat { beat }))).await;
    let beats: Vec<i64> =
        fixture.consume_all(&topic).await.iter().map(|found| found.record::<Heartbeat>().beat).collect();
    assert_eq!(beats, (0..5_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_panic_leaves_nothing_behind() {
    let observer = Fixture::without_databases("observer");
    let lost = tokio::spawn(async {
        let fixture = Fixture::new("panics").await;
        fixture.create_topics().await;
        let beat = Heartbeat { beat: 1 };
        fixture.produce(&fixture.topics().heartbeat, "now", &beat, &[]).await;
        let names = (fixture.topics().clone(), fixture.database("balancedb"));
        std::panic::panic_any(names);
    });
    let panic = lost.await.expect_err("it panics").into_panic();
    let (topics, database) =
        *panic.downcast::<(service_kit::kafka::TopicSettings, String)>().expect("what it panicked with");

    let metadata = Metadata::new(&observer.kafka()).expect("valid settings");
    let deadline = std::time::Duration::from_secs(10);
    service_kit::fixture::eventually("the topics are gone", deadline, async || {
        metadata.partition_count(&topics.bc).await.err()
    })
    .await;
    let Err(error) = postgres::connect(&observer.databases(), &database, "test").await else {
        panic!("the database is still there");
    };
    assert!(!error.is_retriable() && error.to_string().contains("3D000"), "{error}");
    let subjects = observer.registry_client().subjects().await.expect("the registry answers");
    assert!(!subjects.contains(&format!("{}-value", topics.heartbeat)), "{subjects:?}");
}

/// Services run these in background tasks, which must be able to move between threads.
#[tokio::test]
async fn what_services_await_can_move_between_threads() {
    fn can_move<F: Future + Send>(future: F) -> F {
        future
    }
    let fixture = can_move(Fixture::new("send")).await;
    can_move(fixture.create_topics()).await;
    let (kafka, topic) = (fixture.kafka(), fixture.topics().heartbeat.clone());
    let registry = fixture.registry_client();
    let encoder = can_move(registry.encoder::<Heartbeat>(&topic)).await.expect("registered");
    let payload = encoder.encode(&Heartbeat { beat: 1 });
    assert!(can_move(registry.decoder::<Heartbeat>().decode(Some(&payload))).await.is_ok());
    let metadata = Metadata::new(&kafka).expect("valid settings");
    let part = service_kit::admin::Health::new().part("kafka");
    let never = tokio_util::sync::CancellationToken::new();
    let topics = [topic.as_str()];
    assert!(can_move(service_kit::kafka::wait_for_kafka(&metadata, &kafka, &topics, &part, &never)).await.is_ok());
    let (mut client, _connection) =
        can_move(postgres::connect(&fixture.databases(), &fixture.database("balancedb"), "test")).await.expect("there");
    can_move(postgres::migrate(&mut client, refinery::Runner::new(&[]))).await.expect("nothing to do");
}

/// A test without a cluster must fail, not pass for want of anything to test; nor may it use the bank that runs here.
#[test]
fn without_a_cluster_it_fails_and_says_how_to_get_one() {
    let output = crate::child::program("fixture").output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{text}");
    for part in ["KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DB_HOSTNAME, DB_PORT not set", "scripts/test.sh"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
