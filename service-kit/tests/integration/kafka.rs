//! Clients and questions against the real Kafka.

use rdkafka::producer::FutureProducer;
use service_kit::admin::Health;
use service_kit::fixture::Fixture;
use service_kit::kafka::{
    Gaps, KafkaError, Metadata, Watermarks, consumer_config, producer_config_with, wait_for_kafka,
};
use service_kit::retry::Stopped;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use topology::Heartbeat;

#[tokio::test]
async fn the_cluster_answers_questions() {
    let fixture = Fixture::without_databases("metadata");
    fixture.create_topics().await;
    let metadata = Metadata::new(&fixture.kafka()).expect("valid settings");
    assert!(metadata.broker_count().await.expect("an answer") >= 1);
    assert!(!metadata.cluster_id().await.expect("an answer").is_empty());
    assert_eq!(metadata.partition_count(&fixture.topics().bc).await.expect("an answer"), 9);

    let topic = &fixture.topics().heartbeat;
    for beat in 0..3 {
        fixture.produce(topic, "now", &Heartbeat { beat }, &[]).await;
    }
    let expected = vec![Watermarks { partition: 0, low: 0, high: 3 }];
    assert_eq!(metadata.watermarks(topic).await.expect("an answer"), expected);

    let missing = fixture.group("no-such-topic");
    assert!(matches!(metadata.partition_count(&missing).await, Err(KafkaError::NoTopic(topic)) if topic == missing));
}

#[tokio::test]
async fn waiting_for_a_missing_topic_names_it_until_it_is_there() {
    let fixture = Fixture::without_databases("waiting");
    let metadata = Metadata::new(&fixture.kafka()).expect("valid settings");
    let health = Health::new();
    let part = health.part("kafka");
    let never = CancellationToken::new();
    let kafka = fixture.kafka();
    let topics = [fixture.topics().heartbeat.as_str()];
    let waiting = wait_for_kafka(&metadata, &kafka, &topics, &part, &never);
    let making = async {
        service_kit::fixture::eventually("it says what it waits for", Duration::from_secs(10), async || {
            let missing = health.readiness().missing;
            missing.iter().any(|missing| missing.reason.contains(topics[0])).then_some(())
        })
        .await;
        fixture.create_topics().await;
    };
    let (waited, ()) = tokio::join!(waiting, making);
    assert_eq!(waited, Ok(()));
    assert!(part.is_up());
}

#[tokio::test]
async fn a_kafka_that_is_not_there_is_waited_for_until_stopped() {
    let fixture = Fixture::without_databases("nobody");
    let nobody = service_kit::settings::KafkaSettings {
        brokers: "localhost:1".to_owned(),
        request_timeout_ms: 100,
        ..fixture.kafka()
    };
    let metadata = Metadata::new(&nobody).expect("valid settings");
    let health = Health::new();
    let part = health.part("kafka");
    let shutdown = CancellationToken::new();
    let waiting = wait_for_kafka(&metadata, &nobody, &[], &part, &shutdown);
    let stopping = async {
        service_kit::fixture::eventually("it says what it waits for", Duration::from_secs(10), async || {
            health.readiness().missing.iter().any(|missing| missing.reason.contains("localhost:1:")).then_some(())
        })
        .await;
        shutdown.cancel();
    };
    assert_eq!(tokio::join!(waiting, stopping).0, Err(Stopped));
}

#[tokio::test]
async fn librdkafka_accepts_every_configuration_of_the_kit() {
    let fixture = Fixture::without_databases("accepts");
    for gaps in [Gaps::Allowed, Gaps::Fatal] {
        let created = producer_config_with(&fixture.kafka(), gaps).create::<FutureProducer>();
        assert!(created.is_ok(), "{:?}", created.err());
    }
    let created = consumer_config(&fixture.kafka(), "group").create::<rdkafka::consumer::StreamConsumer>();
    assert!(created.is_ok(), "{:?}", created.err());
}
