//! How far the consumers are behind, measured from outside their way.

use crate::consume::TopicPartition;
use metrics::gauge;
use service_kit::admin::Part;
use service_kit::kafka::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The next offset of each partition of a group, told by its consumer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Progress {
    group: &'static str,
    places: Arc<Mutex<BTreeMap<TopicPartition, Place>>>,
}

/// How far a partition is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    next_offset: i64,
    /// Whether there was nothing more, and where the partition ended when that was first asked: behind the next offset where a transaction of
    /// Kafka's left its marker.
    has_ended: bool,
    end: Option<i64>,
}

impl Place {
    fn reached(self) -> i64 {
        self.end.map_or(self.next_offset, |end| end.max(self.next_offset))
    }
}

impl Progress {
    /// Of a group that read nothing yet.
    #[must_use]
    pub fn of_group(group: &'static str) -> Self {
        Self { group, places: Arc::default() }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// Everything before this offset is done.
    pub fn done(&self, partition: TopicPartition, next_offset: i64) {
        self.places().insert(partition, Place { next_offset, ..Place::default() });
    }

    /// Nothing more is there.
    pub fn ended(&self, partition: &TopicPartition) {
        self.places().entry(partition.clone()).or_default().has_ended = true;
    }

    /// What was told last: where to go on.
    #[must_use]
    pub fn next_offsets(&self) -> BTreeMap<TopicPartition, i64> {
        self.places().iter().map(|(partition, place)| (partition.clone(), place.next_offset)).collect()
    }

    /// How far that is, with the markers of Kafka's transactions that stand behind it.
    #[must_use]
    pub fn reached(&self) -> BTreeMap<TopicPartition, i64> {
        self.places().iter().map(|(partition, place)| (partition.clone(), place.reached())).collect()
    }

    /// The records between this and the partition's end.
    fn behind(&self, partition: &TopicPartition, low: i64, high: i64) -> i64 {
        let mut places = self.places();
        let Some(place) = places.get_mut(partition) else { return high - low };
        if place.has_ended && place.end.is_none() {
            place.end = Some(high);
        }
        (high - place.reached()).max(0)
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<TopicPartition, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
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
                let lag = progress.behind(&(Arc::clone(topic), found.partition), found.low, found.high);
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and a lag is far below 2^52")]
                gauge!("graphql_endpoint_lag", "group" => progress.group, "topic" => topic.to_string(),
                    "partition" => found.partition.to_string())
                .set(lag as f64);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_behind_an_end_is_missing_again() {
        let progress = Progress::of_group("a group");
        let partition: TopicPartition = ("a topic".into(), 0);
        assert_eq!(progress.behind(&partition, 2, 10), 8, "nothing was told yet");
        progress.done(partition.clone(), 9);
        assert_eq!(progress.behind(&partition, 0, 10), 1);
        progress.ended(&partition);
        assert_eq!(progress.behind(&partition, 0, 10), 0, "a marker");
        assert_eq!(progress.behind(&partition, 0, 13), 3, "which no reader has told of");
        assert_eq!((progress.next_offsets()[&partition], progress.reached()[&partition]), (9, 10));
        progress.done(partition.clone(), 12);
        assert_eq!(progress.behind(&partition, 0, 13), 1);
        assert_eq!((progress.next_offsets()[&partition], progress.reached()[&partition]), (12, 12));
    }
}
