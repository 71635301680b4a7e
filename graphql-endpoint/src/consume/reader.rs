//! A thread that reads topics from given offsets and hands over what it decoded, in batches of whatever has arrived.

use super::decode::{Decoding, Taken};
use crate::error::Fault;
use metrics::counter;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{Detached, KafkaSettings, Silence, consumer_config};
use service_kit::retry::Reminder;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How long the thread waits for a record before it looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(200);

/// A partition of one of the reader's topics.
pub type TopicPartition = (Arc<str>, i32);

/// Records of one or more partitions, in the order of each partition.
#[derive(Debug)]
pub struct Batch<T> {
    /// What was decoded; poison is left out.
    pub items: Vec<T>,
    /// The next offset of each partition that was read from.
    pub next_offsets: BTreeMap<TopicPartition, i64>,
}

/// The reading end. The thread ends when this is dropped.
pub struct Reader<T> {
    batches: mpsc::Receiver<Batch<T>>,
    consumer: Arc<Detached<BaseConsumer>>,
    group: &'static str,
}

/// What a reader reads, and how much at once.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The group that its offsets are shown under.
    pub group: &'static str,
    /// The partitions, each with the offset to start at.
    pub starts: Vec<(TopicPartition, i64)>,
    /// Records in a batch.
    pub batch_max_records: usize,
    /// Batches that may wait.
    pub batches_ahead: usize,
}

impl<T: Send + 'static> Reader<T> {
    /// Starts the thread. `decode` turns a message into what is handed over.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings or the thread cannot be made.
    pub fn start<D: Decoding<Item = T>>(settings: &KafkaSettings, plan: &Plan, decoding: D) -> Result<Self, Fault> {
        let mut config = consumer_config(settings, plan.group);
        // An offset that is gone means that the log was cut: never go on somewhere else as if nothing had happened.
        config.set("auto.offset.reset", "error");
        let consumer: BaseConsumer = config.create()?;
        let mut partitions = TopicPartitionList::new();
        let mut topics: Vec<Arc<str>> = Vec::new();
        for ((topic, partition), offset) in &plan.starts {
            partitions.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
            if !topics.contains(topic) {
                topics.push(Arc::clone(topic));
            }
        }
        consumer.assign(&partitions)?;
        let consumer = Arc::new(Detached::new(consumer));
        let (sender, batches) = mpsc::channel(plan.batches_ahead.max(1));
        let group = plan.group;
        let thread = Thread {
            consumer: Arc::clone(&consumer),
            topics,
            decoding,
            sender,
            batch_max_records: plan.batch_max_records,
            reminder: Reminder::default(),
            silence: Silence::new(settings),
            group,
        };
        let runtime = Handle::current();
        std::thread::Builder::new()
            .name(format!("read {group}").chars().take(15).collect())
            .spawn(move || thread.run(&runtime))
            .map_err(Fault::Serve)?;
        Ok(Self { batches, consumer, group })
    }

    /// The next batch.
    ///
    /// # Errors
    /// [`Fault::ReaderEnded`] after the thread met something it cannot go on from.
    pub async fn next(&mut self) -> Result<Batch<T>, Fault> {
        self.batches.recv().await.ok_or(Fault::ReaderEnded(self.group))
    }

    /// A batch that is already there.
    pub fn ready(&mut self) -> Option<Batch<T>> {
        self.batches.try_recv().ok()
    }

    /// Shows the group's offsets to whoever asks Kafka for its lag; nothing is ever read from them.
    pub fn show_offsets<'a>(&self, next_offsets: impl Iterator<Item = (&'a TopicPartition, &'a i64)>) {
        let mut partitions = TopicPartitionList::new();
        for ((topic, partition), offset) in next_offsets {
            if partitions.add_partition_offset(topic, *partition, Offset::Offset(*offset)).is_err() {
                return;
            }
        }
        if partitions.count() > 0
            && let Err(error) = self.consumer.commit(&partitions, CommitMode::Async)
        {
            tracing::debug!(group = self.group, %error, "offsets not shown");
        }
    }
}

struct Thread<D: Decoding> {
    consumer: Arc<Detached<BaseConsumer>>,
    topics: Vec<Arc<str>>,
    decoding: D,
    sender: mpsc::Sender<Batch<D::Item>>,
    batch_max_records: usize,
    reminder: Reminder,
    silence: Silence,
    group: &'static str,
}

impl<D: Decoding> Thread<D> {
    fn run(mut self, runtime: &Handle) {
        while !self.sender.is_closed() {
            let Some(batch) = self.fill(runtime) else { return };
            if batch.next_offsets.is_empty() {
                let Some(topic) = self.topics.first() else { return };
                if let Err(error) = self.silence.look(&**self.consumer, topic) {
                    tracing::warn!(group = self.group, %error, "no answer from Kafka, another consumer takes this one's place");
                    return;
                }
                continue;
            }
            self.silence.is_broken();
            if self.sender.blocking_send(batch).is_err() {
                return;
            }
        }
    }

    /// Waits for a record, then takes what else has arrived. `None` when it cannot go on.
    fn fill(&mut self, runtime: &Handle) -> Option<Batch<D::Item>> {
        let mut items = Vec::new();
        let mut reached = Reached::default();
        let mut patience = POLL;
        let mut records = 0;
        let consumer = Arc::clone(&self.consumer);
        while records < self.batch_max_records {
            match consumer.poll(patience) {
                None => break,
                Some(Ok(message)) => {
                    records += 1;
                    patience = Duration::ZERO;
                    let topic = self.index_of(&message)?;
                    self.take(topic, &message, &mut items, runtime)?;
                    reached.note(topic, message.partition(), message.offset() + 1);
                }
                Some(Err(error)) if lost_its_place(&error) => {
                    tracing::error!(group = self.group, %error, "an offset that was read before is gone");
                    return None;
                }
                Some(Err(error)) => {
                    if self.reminder.is_due(&error.to_string(), Instant::now()) {
                        tracing::warn!(group = self.group, %error, "reading");
                    }
                }
            }
        }
        Some(Batch { items, next_offsets: reached.of_topics(&self.topics) })
    }

    /// Which of the reader's topics a message is of.
    fn index_of(&self, message: &BorrowedMessage<'_>) -> Option<usize> {
        match self.topics.as_slice() {
            [_] => Some(0),
            topics => topics.iter().position(|topic| **topic == *message.topic()),
        }
    }

    fn take(
        &mut self,
        topic: usize,
        message: &BorrowedMessage<'_>,
        items: &mut Vec<D::Item>,
        runtime: &Handle,
    ) -> Option<()> {
        match self.decoding.take(topic, message, runtime, &|| self.sender.is_closed()) {
            Taken::Item(item) => items.push(item),
            Taken::Ignored => {}
            Taken::Poison(reason) => {
                let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
                tracing::warn!(topic, partition, offset, reason, "a record that cannot be read is left out");
                counter!("graphql_endpoint_poison_total", "topic" => topic.to_owned()).increment(1);
            }
            Taken::Stopped => return None,
        }
        Some(())
    }
}

/// The next offsets of the few partitions that a batch has records of: topic's index, partition, next offset.
#[derive(Default)]
struct Reached(Vec<(usize, i32, i64)>);

impl Reached {
    fn note(&mut self, topic: usize, partition: i32, next_offset: i64) {
        // Records of one partition come in a row, so the last one used is looked at first.
        match self.0.iter_mut().rev().find(|(of, number, _)| *of == topic && *number == partition) {
            Some(found) => found.2 = next_offset,
            None => self.0.push((topic, partition, next_offset)),
        }
    }

    fn of_topics(self, topics: &[Arc<str>]) -> BTreeMap<TopicPartition, i64> {
        let named =
            |(topic, partition, next_offset): (usize, i32, i64)| ((Arc::clone(&topics[topic]), partition), next_offset);
        self.0.into_iter().map(named).collect()
    }
}

fn lost_its_place(error: &rdkafka::error::KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::Fatal))
}
