//! Kafka alone: read the bank's commands, and for each write three records like those that the bank wrote.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use serde::Serialize;
use service_kit::kafka::{Gaps, KafkaSettings, Metadata, TopicSettings, client_config, producer_config_with};
use topology::topic::TOPICS;

use crate::bank::{Costs, Usage};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::load::{Starts, consumer_at};
use crate::progress::Progress;
use crate::thread::on_thread;

const TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(1);
/// As a crowd of accounts has them; enough that no partition is left out.
const SAMPLES: usize = 1_000;
const PREFIX: &str = "benchmark_floor_";

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct KafkaFloor {
    /// Commands that were read; three times as many records were written.
    pub commands: u64,
    /// Commands a second, until the broker had acknowledged everything.
    pub commands_per_second: f64,
    /// Microseconds per command.
    pub us_per_command: f64,
    /// Of this program.
    pub client_cpu_us_per_command: f64,
    /// Of all brokers, where their processes are known.
    pub broker_cpu_us_per_command: f64,
}

/// Measures; removes the topics that it made, also after an error.
///
/// # Errors
/// When the bank has no commands or answers, or Kafka fails.
pub async fn measure(
    settings: &KafkaSettings,
    topics: &TopicSettings,
    pid_dir: PathBuf,
    commands: u32,
    interrupt: &Interrupt,
) -> Result<KafkaFloor, BenchmarkError> {
    let metadata = Metadata::new(settings)?;
    let changes = sample(settings, &metadata, &topics.bc, interrupt).await?;
    let outcomes = sample(settings, &metadata, &topics.mtc, interrupt).await?;
    let (starts, there) = beginnings(&metadata, &topics.cmt).await?;
    let outputs = [format!("{PREFIX}{}", topics.bc), format!("{PREFIX}{}", topics.mtc)];
    make_topics(settings, &metadata, &outputs).await?;
    let work = Work {
        settings: settings.clone(),
        starts,
        commands: there.min(u64::from(commands)),
        outputs: outputs.clone(),
        changes,
        outcomes,
        pid_dir,
        interrupt: interrupt.clone(),
    };
    let measured = on_thread("floor", move || work.run()).await;
    let admin: AdminClient<DefaultClientContext> = client_config(settings).create()?;
    let names: Vec<&str> = outputs.iter().map(String::as_str).collect();
    for deleted in admin.delete_topics(&names, &AdminOptions::new()).await? {
        deleted.map_err(|(_, code)| KafkaError::AdminOp(code))?;
    }
    measured
}

struct Work {
    settings: KafkaSettings,
    starts: Starts,
    commands: u64,
    outputs: [String; 2],
    changes: Vec<OwnedMessage>,
    outcomes: Vec<OwnedMessage>,
    pid_dir: PathBuf,
    interrupt: Interrupt,
}

impl Work {
    fn run(self) -> Result<KafkaFloor, BenchmarkError> {
        let consumer = consumer_at(&self.settings, &self.starts)?;
        // As the handler's own.
        let producer: ThreadedProducer<DefaultProducerContext> =
            producer_config_with(&self.settings, Gaps::Fatal).set("message.timeout.ms", "0").create()?;
        let progress = Progress::new("Kafka alone", self.commands);
        let [changes_topic, outcomes_topic] = &self.outputs;
        let usage = Usage::now(&self.pid_dir);
        let (started, mut last_heard) = (Instant::now(), Instant::now());
        let mut read = 0;
        while read < self.commands {
            let Some(command) = consumer.poll(POLL) else {
                self.interrupt.check()?;
                if last_heard.elapsed() > TIMEOUT {
                    return Err(BenchmarkError::Silence { what: "commands".to_owned(), seconds: TIMEOUT.as_secs() });
                }
                continue;
            };
            // The handler looks at it too.
            let _ = command?.payload().map(<[u8]>::len);
            let place = usize::try_from(read).unwrap_or_default();
            send(&producer, changes_topic, &self.changes[2 * place % self.changes.len()])?;
            send(&producer, changes_topic, &self.changes[(2 * place + 1) % self.changes.len()])?;
            send(&producer, outcomes_topic, &self.outcomes[place % self.outcomes.len()])?;
            read += 1;
            if read.is_multiple_of(1_024) {
                self.interrupt.check()?;
                progress.to(read);
                last_heard = Instant::now();
            }
        }
        producer.flush(TIMEOUT)?;
        let seconds = started.elapsed().as_secs_f64();
        let costs = Usage::now(&self.pid_dir).costs_since(&usage, read, &std::collections::BTreeMap::new());
        let cpu_us = |is_meant: &dyn Fn(&str) -> bool| {
            let meant = costs.iter().filter(|(part, _)| is_meant(part));
            meant.map(|(_, Costs { cpu_us_per_command, .. })| cpu_us_per_command).sum::<f64>()
        };
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let commands = read as f64;
        Ok(KafkaFloor {
            commands: read,
            commands_per_second: commands / seconds,
            us_per_command: seconds * 1e6 / commands,
            client_cpu_us_per_command: cpu_us(&|part| part == "benchmark"),
            broker_cpu_us_per_command: cpu_us(&|part| part.starts_with("kafka-")),
        })
    }
}

fn send(
    producer: &ThreadedProducer<DefaultProducerContext>,
    topic: &str,
    like: &OwnedMessage,
) -> Result<(), BenchmarkError> {
    let mut record =
        BaseRecord::to(topic).key(like.key().unwrap_or_default()).payload(like.payload().unwrap_or_default());
    if let Some(headers) = like.headers() {
        record = record.headers(headers.clone());
    }
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), returned)) => {
                record = returned;
                std::thread::sleep(QUEUE_FULL_PAUSE);
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
}

/// The first records of a topic of the bank.
async fn sample(
    settings: &KafkaSettings,
    metadata: &Metadata,
    topic: &str,
    interrupt: &Interrupt,
) -> Result<Vec<OwnedMessage>, BenchmarkError> {
    let (starts, there) = beginnings(metadata, topic).await?;
    let consumer = consumer_at(settings, &starts)?;
    let interrupt = interrupt.clone();
    let wanted = usize::try_from(there).unwrap_or(usize::MAX).min(SAMPLES);
    let read = move || {
        let (started, mut found) = (Instant::now(), Vec::with_capacity(wanted));
        while found.len() < wanted {
            interrupt.check()?;
            if let Some(message) = consumer.poll(POLL) {
                found.push(message?.detach());
            } else if started.elapsed() > TIMEOUT {
                return Err(BenchmarkError::Silence { what: "records".to_owned(), seconds: TIMEOUT.as_secs() });
            }
        }
        Ok(found)
    };
    on_thread("sampler", read).await
}

/// Where a topic begins, and how many records it has.
async fn beginnings(metadata: &Metadata, topic: &str) -> Result<(Starts, u64), BenchmarkError> {
    let marks = metadata.watermarks(topic).await?;
    let records: i64 = marks.iter().map(|mark| mark.high - mark.low).sum();
    match u64::try_from(records) {
        Ok(records @ 1..) => {
            let starts = marks.iter().map(|mark| (topic.to_owned(), mark.partition, mark.low)).collect();
            Ok((starts, records))
        }
        _ => Err(BenchmarkError::NothingToCopy(topic.to_owned())),
    }
}

/// Topics with as many partitions and replicas as those of the bank, in place of what an earlier run may have left.
async fn make_topics(settings: &KafkaSettings, metadata: &Metadata, names: &[String]) -> Result<(), BenchmarkError> {
    let admin: AdminClient<DefaultClientContext> = client_config(settings).create()?;
    let options = AdminOptions::new().operation_timeout(Some(TIMEOUT));
    let brokers = i32::try_from(metadata.broker_count().await?).unwrap_or(i32::MAX);
    let like = TOPICS.iter().find(|topic| topic.name == topology::topic::names::BALANCE_CHANGED);
    let (partitions, replicas) = like.map_or((1, 1), |topic| (topic.partitions, topic.replicas.min(brokers)));
    let old: Vec<&str> = names.iter().map(String::as_str).collect();
    // Those that are not there are what is wanted.
    admin.delete_topics(&old, &options).await?;
    let started = Instant::now();
    // Each by itself and until it is made: one that is still being deleted exists for a while longer.
    for name in names {
        let new = NewTopic::new(name, partitions, TopicReplication::Fixed(replicas));
        while let Some(Err((_, code))) = admin.create_topics([&new], &options).await?.pop() {
            if started.elapsed() > TIMEOUT {
                return Err(KafkaError::AdminOp(code).into());
            }
            tokio::time::sleep(POLL).await;
        }
    }
    for name in names {
        while metadata.watermarks(name).await.is_err() {
            if started.elapsed() > TIMEOUT {
                return Err(BenchmarkError::Silence { what: format!("leaders of {name}"), seconds: TIMEOUT.as_secs() });
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}
