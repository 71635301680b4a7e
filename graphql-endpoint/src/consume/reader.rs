//! A thread that reads a topic from given offsets and hands over what it decoded, in batches of whatever has arrived.

use super::decode::{Decoding, Taken};
use crate::error::Fault;
use metrics::counter;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{Detached, KafkaSettings, NewPartitions, Silence, consumer_config};
use service_kit::retry::Reminder;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How long the thread waits for a record before it looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(200);

/// A topic's partition.
pub type TopicPartition = (Arc<str>, i32);

/// Records of one or more partitions, in the order of each partition.
#[derive(Debug)]
pub struct Batch<T> {
    /// What was decoded; poison is left out.
    pub items: Vec<T>,
    /// How far it goes.
    pub reach: Reach,
}

/// How far partitions were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The next offset of each partition that was read from.
    pub next_offsets: BTreeMap<TopicPartition, i64>,
    /// Partitions that had nothing more to read. Where somebody publishes in transactions of Kafka's this is not told by the next offset: the
    /// marker behind each has an offset too, and is never received.
    pub ended: BTreeSet<TopicPartition>,
}

impl Reach {
    /// Goes on to what was read later.
    pub fn add(&mut self, later: Self) {
        self.ended.retain(|partition| !later.next_offsets.contains_key(partition));
        self.next_offsets.extend(later.next_offsets);
        self.ended.extend(later.ended);
    }

    fn is_empty(&self) -> bool {
        self.next_offsets.is_empty() && self.ended.is_empty()
    }
}

/// The reading end. The thread ends when this is dropped.
pub struct Reader<T> {
    batches: mpsc::Receiver<Batch<T>>,
    consumer: Arc<Detached<BaseConsumer<NewPartitions>>>,
    group: &'static str,
}

/// What a reader reads, and how much at once.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The group that its offsets are shown under.
    pub group: &'static str,
    /// The topic. One alone: the word that a partition has ended tells its number, not its topic.
    pub topic: Arc<str>,
    /// Its partitions, each with the offset to start at.
    pub starts: Vec<(i32, i64)>,
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
        config.set("auto.offset.reset", "error").set("enable.partition.eof", "true");
        // Within these two times new partitions are noticed.
        config.set("statistics.interval.ms", "5000").set("topic.metadata.refresh.interval.ms", "5000");
        let consumer: BaseConsumer<_> = config.create_with_context(NewPartitions::default())?;
        let mut partitions = TopicPartitionList::new();
        for (partition, offset) in &plan.starts {
            partitions.add_partition_offset(&plan.topic, *partition, Offset::Offset(*offset))?;
        }
        consumer.context().assigned(&partitions);
        consumer.assign(&partitions)?;
        let consumer = Arc::new(Detached::new(consumer));
        let (sender, batches) = mpsc::channel(plan.batches_ahead.max(1));
        let group = plan.group;
        let thread = Thread {
            consumer: Arc::clone(&consumer),
            topic: Arc::clone(&plan.topic),
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
            .map_err(Fault::Thread)?;
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

/// A group's two topics of outcomes, confirmed and failed.
pub struct Outcomes<T> {
    /// Of the one.
    pub confirmed: Reader<T>,
    /// Of the other.
    pub failed: Reader<T>,
}

impl<T: Send + 'static> Outcomes<T> {
    /// The next batch of either.
    ///
    /// # Errors
    /// [`Fault::ReaderEnded`] after one of the threads met something it cannot go on from.
    pub async fn next(&mut self) -> Result<Batch<T>, Fault> {
        tokio::select! { batch = self.confirmed.next() => batch, batch = self.failed.next() => batch }
    }

    /// A batch that is already there.
    pub fn ready(&mut self) -> Option<Batch<T>> {
        self.confirmed.ready().or_else(|| self.failed.ready())
    }

    /// Shows the group's offsets of both, as [`Reader::show_offsets`] does.
    pub fn show_offsets<'a>(&self, next_offsets: impl Iterator<Item = (&'a TopicPartition, &'a i64)>) {
        self.confirmed.show_offsets(next_offsets);
    }
}

struct Thread<D: Decoding> {
    consumer: Arc<Detached<BaseConsumer<NewPartitions>>>,
    topic: Arc<str>,
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
            if let Err(error) = self.consumer.context().read(&**self.consumer) {
                tracing::error!(group = self.group, %error, "the topic has more partitions, another consumer reads them");
                return;
            }
            let Some(batch) = self.fill(runtime) else { return };
            if batch.reach.is_empty() {
                if let Err(error) = self.silence.look(&**self.consumer, &self.topic) {
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
        let mut read = Read::default();
        let mut patience = POLL;
        let mut records = 0;
        let consumer = Arc::clone(&self.consumer);
        while records < self.batch_max_records {
            match consumer.poll(patience) {
                None => break,
                Some(Ok(message)) => {
                    records += 1;
                    patience = Duration::ZERO;
                    self.take(&message, &mut items, runtime)?;
                    read.note(message.partition(), message.offset() + 1);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    patience = Duration::ZERO;
                    read.note_end(partition);
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
        Some(Batch { items, reach: read.of_topic(&self.topic) })
    }

    fn take(&mut self, message: &BorrowedMessage<'_>, items: &mut Vec<D::Item>, runtime: &Handle) -> Option<()> {
        match self.decoding.take(message, runtime, &|| self.sender.is_closed()) {
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

/// How far the few partitions are that a batch is of: number, next offset where a record came, whether it has ended.
#[derive(Default)]
struct Read(Vec<(i32, Option<i64>, bool)>);

impl Read {
    fn note(&mut self, partition: i32, next_offset: i64) {
        *self.of(partition) = (partition, Some(next_offset), false);
    }

    fn note_end(&mut self, partition: i32) {
        self.of(partition).2 = true;
    }

    fn of(&mut self, partition: i32) -> &mut (i32, Option<i64>, bool) {
        // Records of one partition come in a row, so the last one used is looked at first.
        let at = self.0.iter().rposition(|(number, ..)| *number == partition).unwrap_or_else(|| {
            self.0.push((partition, None, false));
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    fn of_topic(self, topic: &Arc<str>) -> Reach {
        let mut reach = Reach::default();
        for (partition, next_offset, has_ended) in self.0 {
            let partition = (Arc::clone(topic), partition);
            if has_ended {
                reach.ended.insert(partition.clone());
            }
            reach.next_offsets.extend(next_offset.map(|offset| (partition, offset)));
        }
        reach
    }
}

fn lost_its_place(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::Fatal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_has_ended_until_more_of_it_comes() {
        let topic: Arc<str> = "a topic".into();
        let partition = |number| (Arc::clone(&topic), number);
        let mut read = Read::default();
        read.note_end(1);
        read.note(2, 7);
        read.note_end(2);
        read.note(3, 5);
        read.note_end(3);
        read.note(3, 6);
        let mut reach = read.of_topic(&topic);
        assert_eq!(reach.ended, [partition(1), partition(2)].into());
        assert_eq!(reach.next_offsets, [(partition(2), 7), (partition(3), 6)].into());
        reach.add(Reach { next_offsets: [(partition(1), 1)].into(), ended: [partition(3)].into() });
        assert_eq!(reach.ended, [partition(2), partition(3)].into());
        assert_eq!(reach.next_offsets, [(partition(1), 1), (partition(2), 7), (partition(3), 6)].into());
    }
}
