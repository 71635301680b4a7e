//! How far the consumers are behind, measured from outside their way.

use crate::consume::TopicPartition;
use metrics::gauge;
use service_kit::admin::Part;
use service_kit::kafka::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The next offset of each partition of a group, told by its consumer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Progress {
    group: &'static str,
    next_offsets: Arc<Mutex<BTreeMap<TopicPartition, i64>>>,
}

impl Progress {
    /// Of a group that read nothing yet.
    #[must_use]
    pub fn of_group(group: &'static str) -> Self {
        Self { group, next_offsets: Arc::default() }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// Everything before this offset is done.
    pub fn done(&self, partition: TopicPartition, next_offset: i64) {
        self.next_offsets.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, next_offset);
    }

    /// What was told last.
    #[must_use]
    pub fn next_offsets(&self) -> BTreeMap<TopicPartition, i64> {
        self.next_offsets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Compares progress with the ends of the partitions.
pub struct LagMeter {
    /// Who to ask for the ends.
    pub metadata: Metadata,
    /// Of each group.
    pub progress: Vec<Progress>,
    /// Up as long as Kafka answers.
    pub kafka: Part,
    /// Between two measurements.
    pub interval: Duration,
}

impl LagMeter {
    /// Measures until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while tokio::select! { _ = ticks.tick() => true, () = shutdown.cancelled() => false } {
            for progress in &self.progress {
                // A Kafka that is silent must not keep the service from stopping.
                let measured =
                    tokio::select! { it = self.measure(progress) => it, () = shutdown.cancelled() => return };
                match measured {
                    Ok(()) => self.kafka.up(),
                    Err(error) => self.kafka.down(error.to_string()),
                }
            }
        }
    }

    async fn measure(&self, progress: &Progress) -> Result<(), service_kit::kafka::KafkaError> {
        let next_offsets = progress.next_offsets();
        let topics: BTreeSet<&Arc<str>> = next_offsets.keys().map(|(topic, _)| topic).collect();
        for topic in topics {
            for found in self.metadata.watermarks(topic).await? {
                let next_offset = next_offsets.get(&(Arc::clone(topic), found.partition)).copied().unwrap_or(found.low);
                let lag = (found.high - next_offset).max(0);
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and a lag is far below 2^52")]
                gauge!("graphql_endpoint_lag", "group" => progress.group, "topic" => topic.to_string(),
                    "partition" => found.partition.to_string())
                .set(lag as f64);
            }
        }
        Ok(())
    }
}
