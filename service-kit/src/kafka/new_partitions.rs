//! Partitions that a topic gets while a consumer reads it.

use rdkafka::client::ClientContext;
use rdkafka::consumer::{Consumer, ConsumerContext};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::statistics::Statistics;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Notices the partitions that a topic got since its consumer was given those that it had, of which alone librdkafka reads.
///
/// It is a consumer's context, or part of one, and sees librdkafka's statistics: `statistics.interval.ms` must not be 0.
/// librdkafka itself looks for partitions every `topic.metadata.refresh.interval.ms`.
#[derive(Debug, Default)]
pub struct NewPartitions {
    state: Mutex<State>,
    are_any: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Of each topic that is read.
    counts: BTreeMap<String, i32>,
    new: Vec<(String, i32)>,
}

impl NewPartitions {
    /// Notes what the consumer is given: all partitions of some topics.
    pub fn assigned(&self, partitions: &TopicPartitionList) {
        let mut state = self.lock();
        for found in partitions.elements() {
            let count = state.counts.entry(found.topic().to_owned()).or_default();
            *count = (*count).max(found.partition() + 1);
        }
    }

    /// Looks whether there are more.
    pub fn see(&self, statistics: &Statistics) {
        let State { counts, new } = &mut *self.lock();
        for (topic, found) in &statistics.topics {
            let (Some(count), Some(last)) = (counts.get_mut(topic), found.partitions.keys().max()) else { continue };
            new.extend((*count..=*last).map(|partition| (topic.clone(), partition)));
            *count = (*count).max(*last + 1);
        }
        self.are_any.store(!new.is_empty(), Ordering::Release);
    }

    /// Lets the consumer read the new ones too, from their beginning. Next to nothing where there are none.
    ///
    /// # Errors
    /// When librdkafka refuses; they are lost to this consumer then.
    pub fn read<C: ConsumerContext>(&self, consumer: &impl Consumer<C>) -> Result<(), LibraryError> {
        if !self.are_any.swap(false, Ordering::Acquire) {
            return Ok(());
        }
        let new = std::mem::take(&mut self.lock().new);
        let mut partitions = TopicPartitionList::with_capacity(new.len());
        for (topic, partition) in &new {
            partitions.add_partition_offset(topic, *partition, Offset::Beginning)?;
            tracing::info!(topic, partition, "a new partition is read from its beginning");
        }
        consumer.incremental_assign(&partitions)
    }

    // A panic elsewhere cannot have left it half changed: nothing in between panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for NewPartitions {
    fn stats(&self, statistics: Statistics) {
        self.see(&statistics);
    }
}

impl ConsumerContext for NewPartitions {}
