//! One topic, read on and on.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::{Message, Offset, TopicPartitionList};
use service_kit::kafka::{KafkaSettings, consumer_config};

use super::Ends;
use super::decoders::Decoders;
use crate::error::AuditError;
use crate::observation::{Observed, Source};

/// Committed nowhere; the library wants a name.
const GROUP: &str = "audit";

/// Records that are fetched ahead. The bound in bytes does not count what the client keeps for each of them, which is more than
/// these small records are.
const FETCHED_AHEAD: &str = "10000";

/// How far to read, at most up to the noted ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Up to the ends.
    End,
    /// Until every partition came to a record of this time or later, in milliseconds since 1970 UTC.
    Timestamp(i64),
    /// So many records.
    Records(u64),
}

/// A reader of one topic.
pub struct Reader {
    source: Source,
    topic: String,
    kafka: KafkaSettings,
    consumer: Option<StreamConsumer>,
    partitions: BTreeMap<i32, Partition>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Partition {
    next: i64,
    end: i64,
    /// Time of the last record, in milliseconds since 1970 UTC.
    reached_ms: i64,
}

impl Partition {
    fn is_at_end(&self) -> bool {
        self.next >= self.end
    }

    fn is_behind(&self, until: Until) -> bool {
        !self.is_at_end()
            && match until {
                Until::Timestamp(ms) => self.reached_ms < ms,
                Until::End | Until::Records(_) => true,
            }
    }
}

impl Reader {
    pub fn new(source: Source, topic: String, kafka: &KafkaSettings) -> Self {
        Self { source, topic, kafka: kafka.clone(), consumer: None, partitions: BTreeMap::new() }
    }

    /// Notes the ends to read to. Gives how many records there are up to them.
    pub fn read_to(&mut self, ends: &Ends) -> Result<u64, AuditError> {
        for (partition, end) in ends {
            self.partitions.entry(*partition).or_default().end = *end;
        }
        let unread: u64 = self.partitions.values().map(|it| u64::try_from(it.end - it.next).unwrap_or_default()).sum();
        // A consumer of its own for each pass: what one says of an end was then said after these ends were noted.
        self.consumer = if unread > 0 { Some(self.assigned()?) } else { None };
        Ok(unread)
    }

    /// Lets go of what was fetched and not read.
    pub fn rest(&mut self) {
        self.consumer = None;
    }

    fn assigned(&self) -> Result<StreamConsumer, AuditError> {
        let mut from = TopicPartitionList::new();
        for (partition, Partition { next, .. }) in &self.partitions {
            from.add_partition_offset(&self.topic, *partition, Offset::Offset(*next))?;
        }
        let consumer: StreamConsumer = consumer_config(&self.kafka, GROUP)
            .set("enable.partition.eof", "true")
            .set("queued.min.messages", FETCHED_AHEAD)
            .create()?;
        consumer.assign(&from)?;
        Ok(consumer)
    }

    pub fn is_at_end(&self) -> bool {
        self.partitions.values().all(Partition::is_at_end)
    }

    /// The time that all partitions were read up to, in milliseconds since 1970 UTC, those aside that are at their end.
    pub fn reached_ms(&self) -> i64 {
        let unread = self.partitions.values().filter(|partition| !partition.is_at_end());
        unread.map(|partition| partition.reached_ms).min().unwrap_or(i64::MAX)
    }

    pub fn read_so_far(&self) -> Ends {
        self.partitions.iter().map(|(number, partition)| (*number, partition.next)).collect()
    }

    /// Reads on and hands over each record.
    pub async fn read(
        &mut self,
        decoders: &Decoders,
        until: Until,
        mut each: impl FnMut(Observed),
    ) -> Result<(), AuditError> {
        let Self { source, topic, kafka, consumer, partitions } = self;
        let Some(consumer) = consumer else { return Ok(()) };
        let partition_count = i32::try_from(partitions.len()).unwrap_or(i32::MAX);
        // The clients ask again by themselves; beyond some time-outs of theirs, nobody is there.
        let timeout_ms = kafka.request_timeout_ms.saturating_mul(4);
        let timeout = Duration::from_millis(timeout_ms);
        let mut left = if let Until::Records(records) = until { records } else { u64::MAX };
        let mut behind = partitions.values().filter(|partition| partition.is_behind(until)).count();
        let mut stream = consumer.stream();
        while behind > 0 && left > 0 {
            let received = match stream.next().now_or_never() {
                Some(received) => received,
                None => tokio::time::timeout(timeout, stream.next())
                    .await
                    .map_err(|_| AuditError::Silence { topic: topic.clone(), timeout_ms })?,
            };
            match received {
                Some(Ok(message)) => {
                    let Some(partition) = partitions.get_mut(&message.partition()) else { continue };
                    let was_behind = partition.is_behind(until);
                    each(decoders.observe(*source, partition_count, &message).await?);
                    partition.next = message.offset() + 1;
                    partition.reached_ms = message.timestamp().to_millis().unwrap_or_default();
                    behind -= usize::from(was_behind && !partition.is_behind(until));
                    left -= 1;
                }
                // The end may be a transaction's marker, which is never received.
                Some(Err(LibraryError::PartitionEOF(number))) => {
                    let Some(partition) = partitions.get_mut(&number) else { continue };
                    behind -= usize::from(partition.is_behind(until));
                    partition.next = partition.next.max(partition.end);
                }
                Some(Err(error)) if is_passing(&error) => tracing::debug!("{topic}: {error}"),
                Some(Err(error)) => return Err(error.into()),
                None => return Err(AuditError::Silence { topic: topic.clone(), timeout_ms }),
            }
        }
        Ok(())
    }
}

/// Whether the client mends it by itself.
fn is_passing(error: &LibraryError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut | Code::NotLeaderForPartition
        )
    )
}
