//! The heartbeat against a real Kafka and registry.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use heartbeat::config::{PaceAddress, PaceCommand};
use heartbeat::control::PaceControl;
use heartbeat::deliveries::Deliveries;
use heartbeat::pace::{Pace, PaceChange};
use heartbeat::sender::Sender;
use heartbeat::{Interruption, Settings, build, client};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::{Producer as _, PurgeConfig, ThreadedProducer};
use service_kit::admin::Health;
use service_kit::fixture::{Consumed, Fixture, eventually};
use service_kit::kafka::{self, Detached, Gaps, Metadata, Silence};
use service_kit::service::Kit;
use service_kit::settings::from_flags;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use topology::{Heartbeat, header};

const DEADLINE: Duration = Duration::from_secs(20);

/// A heartbeat that runs in this process.
struct Running {
    kit: Kit,
    address: SocketAddr,
    ended: JoinHandle<Result<(), heartbeat::Error>>,
}

impl Running {
    async fn start(fixture: &Fixture, flags: &[&str]) -> Self {
        let mut settings: Settings = from_flags(flags).expect("the flags are right");
        settings.pace_address.pace_port = 0;
        settings.topics = fixture.topics().clone();
        let kit = Kit::detached();
        let service = build(settings, kit.clone()).await.expect("a free port");
        let address = service.pace_address();
        Self { kit, address, ended: tokio::spawn(service.run()) }
    }

    async fn pace(&self, batch_size: Option<u32>, sleep_time_ms: Option<u32>) -> heartbeat::api::PaceAnswer {
        client::call(&self.command(batch_size, sleep_time_ms)).await.expect("it answers")
    }

    fn command(&self, batch_size: Option<u32>, sleep_time_ms: Option<u32>) -> PaceCommand {
        let address = PaceAddress { pace_host: self.address.ip(), pace_port: self.address.port() };
        PaceCommand { batch_size, sleep_time_ms, address }
    }

    async fn stop(self) {
        self.kit.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.ended).await.expect("it stops").expect("no panic").expect("no error");
    }
}

fn beats(records: &[Consumed]) -> Vec<i64> {
    records.iter().map(|record| record.record::<Heartbeat>().beat).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_count_up_from_0_and_go_on_after_a_restart() {
    let fixture = Fixture::without_databases("hb-count");
    fixture.create_topics().await;
    let topic = &fixture.topics().heartbeat;
    let mut sent = 0;
    for _ in 0..3 {
        let running = Running::start(&fixture, &["--batch-size", "7", "--sleep-time-ms", "10"]).await;
        eventually("21 more beats", DEADLINE, async || {
            (running.pace(None, None).await.beats >= sent + 21).then_some(())
        })
        .await;
        running.stop().await;
        sent = fixture.consume_all(topic).await.len() as u64;
    }
    let records = fixture.consume_all(topic).await;
    let expected: Vec<i64> = (0..).take(records.len()).collect();
    assert_eq!(beats(&records), expected);
    for record in &records {
        assert_eq!(record.key_text().len(), "2026-11-22T14:03:07.042".len());
        assert_eq!(record.header(header::TRACEPARENT).map(|text| text.len()), Some(55));
    }
    let running = Running::start(&fixture, &[]).await;
    eventually("the count of the topic", DEADLINE, async || {
        (running.pace(None, None).await.beats == expected.len() as u64).then_some(())
    })
    .await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_beat_at_the_end_is_stepped_over() {
    let fixture = Fixture::without_databases("hb-poison");
    fixture.create_topics().await;
    let topic = &fixture.topics().heartbeat;
    fixture.produce(topic, "now", &Heartbeat { beat: 41 }, &[]).await;
    fixture.produce_raw(topic, None, Some(b"no beat"), &[]).await;
    fixture.produce_raw(topic, None, None, &[]).await;
    let running = Running::start(&fixture, &["--batch-size", "1", "--sleep-time-ms", "60000"]).await;
    let records = fixture.consume_until(topic, DEADLINE, |records| records.len() == 4).await;
    assert_eq!(records[3].record::<Heartbeat>().beat, 42);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_changes_while_it_runs() {
    let fixture = Fixture::without_databases("hb-pace");
    fixture.create_topics().await;
    let running = Running::start(&fixture, &[]).await;
    let pace = running.pace(None, None).await;
    assert_eq!((pace.batch_size, pace.sleep_time_ms, pace.beats), (0, 1_000, 0));
    let pace = running.pace(Some(3), None).await;
    assert_eq!((pace.batch_size, pace.sleep_time_ms), (3, 1_000));
    let pace = running.pace(None, Some(5)).await;
    assert_eq!((pace.batch_size, pace.sleep_time_ms), (3, 5));
    eventually("30 beats", DEADLINE, async || (running.pace(None, None).await.beats >= 30).then_some(())).await;
    running.pace(Some(0), None).await;
    running.stop().await;
    let sent = fixture.consume_all(&fixture.topics().heartbeat).await.len();
    assert_eq!(sent % 3, 0, "whole batches");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pace_is_refused_and_nothing_changes() {
    let fixture = Fixture::without_databases("hb-refuse");
    let running = Running::start(&fixture, &["--batch-size", "0"]).await;
    let url = format!("http://{}/pace", running.address);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (body, status, text) in [
        (r#"{"batch_size": 10001}"#, 422, "batch_size is 10001; allowed are whole numbers from 0 to 10000"),
        (r#"{"batch_size": 1, "size": 2}"#, 422, "unknown field size"),
        ("5", 400, "the body must be a JSON object"),
    ] {
        let answer = http.put(&url).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let error = answer.json::<heartbeat::api::PaceError>().await.unwrap().error;
        assert!(error.starts_with(text), "{error}");
    }
    let answer = http.put(&url).body(" ".repeat(5_000)).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 413);
    assert_eq!(running.pace(None, None).await.batch_size, 0);
    let refused = client::call(&running.command(Some(20_000), None)).await.unwrap_err();
    assert!(refused.to_string().contains("batch_size is 20000"), "{refused}");
    let command = running.command(Some(1), None);
    running.stop().await;
    let nobody = client::call(&command).await.unwrap_err();
    assert!(nobody.to_string().starts_with("no heartbeat answers at"), "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_high_pace_is_held_to_the_beat() {
    let fixture = Fixture::without_databases("hb-fast");
    fixture.create_topics().await;
    let running = Running::start(&fixture, &["--batch-size", "100", "--sleep-time-ms", "20"]).await;
    eventually("the first batch", DEADLINE, async || (running.pace(None, None).await.beats > 0).then_some(())).await;
    let (start, before) = (Instant::now(), running.pace(None, None).await.beats);
    eventually("5,000 beats", DEADLINE, async || {
        (running.pace(None, None).await.beats >= before + 5_000).then_some(())
    })
    .await;
    let seconds = start.elapsed().as_secs_f64();
    running.stop().await;
    // 5,000 a second. Slower on a busy machine, but a burst would be faster.
    assert!(seconds > 0.9, "5,000 beats in {seconds} s");
}

/// Of a batch some beats arrive and the others are lost on their way.
#[tokio::test(flavor = "multi_thread")]
async fn beats_lost_on_their_way_are_neither_skipped_nor_sent_twice() {
    let fixture = Fixture::without_databases("hb-lost");
    fixture.create_topics().await;
    let topic = fixture.topics().heartbeat.clone();
    let pace = PaceChange::from_json(br#"{"batch_size": 10000, "sleep_time_ms": 60000}"#).unwrap();
    let encoder = fixture.registry_client().encoder(&topic).await.unwrap();
    let metadata = Metadata::new(&fixture.kafka()).unwrap();
    for _ in 0..3 {
        let next_beat = end_of(&metadata, &topic).await;
        assert_eq!(resume(&fixture).await, next_beat, "beat n is at offset n");
        let control = Arc::new(PaceControl::new(pace.applied_to(Pace::new(0, 1).unwrap())));
        let mut config = kafka::producer_config_with(&fixture.kafka(), Gaps::Fatal);
        // Three full requests go out at once, the rest of the batch waits for more.
        config.set("linger.ms", "60000").set("batch.num.messages", "3000");
        let producer: ThreadedProducer<Deliveries> =
            ThreadedProducer::from_config_and_context(&config, Deliveries::new(Arc::clone(&control))).unwrap();
        let sender = Sender {
            control: Arc::clone(&control),
            producer: Detached::new(producer.clone()),
            silence: RefCell::new(Silence::new(&fixture.kafka())),
            topic: topic.clone(),
            encoder,
            next_beat: resume(&fixture).await,
            stall_after: DEADLINE,
            flush_timeout: DEADLINE,
            health: Health::new().part("sending"),
        };
        let sending = tokio::task::spawn_blocking(move || sender.run());
        // The whole batch is handed over: after a loss the real producer takes nothing more, but this one would.
        eventually("9,000 beats", DEADLINE, async || {
            (control.beats() == 9_000 && producer.in_flight_count() == 1_000).then_some(())
        })
        .await;
        producer.purge(PurgeConfig::default().queue().inflight());
        let end = sending.await.unwrap();
        assert!(matches!(end, Err(Interruption::Undelivered(_))), "{end:?}");
    }
    end_of(&metadata, &topic).await;
    let records = fixture.consume_all(&topic).await;
    let expected: Vec<i64> = (0..).take(records.len()).collect();
    assert_eq!(beats(&records), expected);
}

/// Where the topic ends once what was in flight has arrived.
async fn end_of(metadata: &Metadata, topic: &str) -> i64 {
    let (metadata, ends) = (&metadata, &Mutex::new(Vec::new()));
    eventually("the topic's end stands still", DEADLINE, async || {
        let end = metadata.watermarks(topic).await.ok()?[0].high;
        let mut ends = ends.lock().expect("no panic holds it");
        ends.push(end);
        let last = ends.last_chunk::<10>()?;
        last.iter().all(|end| *end == last[0]).then_some(last[0])
    })
    .await
}

/// Another program's heartbeat may have published in transactions of Kafka's.
#[tokio::test(flavor = "multi_thread")]
async fn markers_behind_the_last_beat_are_stepped_over() {
    let fixture = Fixture::without_databases("hb-markers");
    fixture.create_topics().await;
    let topic = fixture.topics().heartbeat.clone();
    fixture.produce(&topic, "now", &Heartbeat { beat: 41 }, &[]).await;
    fixture.leave_markers(&topic).await;
    assert_eq!(resume(&fixture).await, 42);
}

async fn resume(fixture: &Fixture) -> i64 {
    let mut config = kafka::consumer_config(&fixture.kafka(), &fixture.group("resume"));
    config.set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create().expect("the kit's consumer settings are accepted");
    let (topic, decoder) = (fixture.topics().heartbeat.clone(), fixture.registry_client().decoder());
    let runtime = Handle::current();
    let reading = tokio::task::spawn_blocking(move || {
        heartbeat::resume::next_beat(&consumer, &topic, &decoder, &runtime, DEADLINE)
    });
    reading.await.expect("no panic").expect("Kafka answers")
}
