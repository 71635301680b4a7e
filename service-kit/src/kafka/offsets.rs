//! Questions to Kafka about a topic's partitions and offsets, many partitions in one request. They block the calling thread,
//! for no longer than they are told.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// An offset of each partition.
pub type Offsets = BTreeMap<i32, i64>;

/// Until when Kafka has to have answered.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// What is left, at least a millisecond: librdkafka takes no time at all for asking for ever.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}

/// The number of a topic's partitions in an answer about it; `None` when the topic does not exist.
#[must_use]
pub fn partitions_in(answer: &Metadata, topic: &str) -> Option<i32> {
    let found = answer.topics().iter().find(|found| found.name() == topic)?;
    i32::try_from(found.partitions().len()).ok().filter(|count| *count > 0)
}

/// The offset of each partition that each topic has at a place: `Offset::End`, `Offset::Beginning`, or as
/// `Offset::Offset` a time in milliseconds, for the first record that is not older. A partition without such a record is
/// absent.
///
/// # Errors
/// What Kafka said, of the first partition that it says it of.
pub fn offsets_at<'a>(
    consumer: &BaseConsumer,
    partitions: impl IntoIterator<Item = (&'a str, i32)>,
    place: Offset,
    deadline: Deadline,
) -> Result<BTreeMap<String, Offsets>, KafkaError> {
    let mut wanted = TopicPartitionList::new();
    for (topic, partition) in partitions {
        wanted.add_partition_offset(topic, partition, place)?;
    }
    if wanted.count() == 0 {
        return Ok(BTreeMap::new());
    }
    by_topic(&consumer.offsets_for_times(wanted, deadline.left())?)
}

/// The offsets that the consumer's group committed; a partition without is absent.
///
/// # Errors
/// What Kafka said.
pub fn committed<'a>(
    consumer: &BaseConsumer,
    partitions: impl IntoIterator<Item = (&'a str, i32)>,
    deadline: Deadline,
) -> Result<BTreeMap<String, Offsets>, KafkaError> {
    let mut wanted = TopicPartitionList::new();
    for (topic, partition) in partitions {
        wanted.add_partition(topic, partition);
    }
    if wanted.count() == 0 {
        return Ok(BTreeMap::new());
    }
    by_topic(&consumer.committed_offsets(wanted, deadline.left())?)
}

fn by_topic(answer: &TopicPartitionList) -> Result<BTreeMap<String, Offsets>, KafkaError> {
    let mut found: BTreeMap<String, Offsets> = BTreeMap::new();
    for element in answer.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            found.entry(element.topic().to_owned()).or_default().insert(element.partition(), offset);
        }
    }
    Ok(found)
}

/// Records that were not taken in: from the next offset of each partition, or its first record where there is none, to its
/// end.
#[must_use]
pub fn lag(ends: &Offsets, next: &Offsets, begins: &Offsets) -> i64 {
    let of = |(partition, end): (&i32, &i64)| {
        let begin = begins.get(partition).copied().unwrap_or_default();
        (end - next.get(partition).copied().unwrap_or(begin)).max(0)
    };
    ends.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_counted_to_the_end_of_each_partition() {
        let offsets = |rows: &[(i32, i64)]| rows.iter().copied().collect::<Offsets>();
        let ends = offsets(&[(0, 10), (1, 5)]);
        let rows = [
            (&[(0, 10), (1, 5)][..], &[][..], 0),
            (&[(0, 7), (1, 5)], &[], 3),
            (&[(0, 7)], &[], 8),
            (&[(0, 7)], &[(1, 4)], 4),
            (&[(0, 12), (1, 5)], &[], 0), // the position is newer than the end
            (&[], &[], 15),
        ];
        for (next, begins, expected) in rows {
            assert_eq!(lag(&ends, &offsets(next), &offsets(begins)), expected, "{next:?} {begins:?}");
        }
    }
}
