//! What became of the beats that were handed to librdkafka.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};

use crate::control::PaceControl;

/// Counts acknowledgements and keeps the first failure: one counter instead of a future per beat.
#[derive(Debug)]
pub struct Deliveries {
    control: Arc<PaceControl>,
    acknowledged: AtomicU64,
    failure: OnceLock<KafkaError>,
}

impl Deliveries {
    /// Nothing sent yet; acknowledged beats are counted on `control` too.
    #[must_use]
    pub fn new(control: Arc<PaceControl>) -> Self {
        Self { control, acknowledged: AtomicU64::new(0), failure: OnceLock::new() }
    }

    /// Beats that Kafka has, counted from the producer's start. One partition and an idempotent producer: they are
    /// always the first so many of those sent.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    /// The first failure; the producer leaves no gap, so nothing after it was delivered.
    #[must_use]
    pub fn failure(&self) -> Option<&KafkaError> {
        self.failure.get()
    }
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the Kafka client reports");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.acknowledged.fetch_add(1, Ordering::AcqRel);
                self.control.count_beat();
            }
            Err((error, _)) => {
                // Only the first failure says why; those after it are its consequence.
                let _ = self.failure.set(error.clone());
            }
        }
    }
}

/// Batches that Kafka has not acknowledged yet, to see when it stands still.
#[derive(Debug, Default)]
pub struct Unacknowledged {
    sent: u64,
    batches: VecDeque<(u64, Instant)>,
}

impl Unacknowledged {
    /// Notes that a batch of so many beats starts now.
    pub fn add_batch(&mut self, beats: u32, now: Instant) {
        self.sent += u64::from(beats);
        self.batches.push_back((self.sent, now));
    }

    /// Forgets the batches that are wholly among the first `acknowledged` beats.
    pub fn settle(&mut self, acknowledged: u64) {
        while self.batches.front().is_some_and(|(last, _)| *last <= acknowledged) {
            self.batches.pop_front();
        }
    }

    /// How long the oldest of them has waited.
    #[must_use]
    pub fn oldest_wait(&self, now: Instant) -> Duration {
        self.batches.front().map_or(Duration::ZERO, |(_, since)| now.saturating_duration_since(*since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_until_its_last_beat_is_acknowledged() {
        let start = Instant::now();
        let second = start + Duration::from_secs(1);
        let mut batches = Unacknowledged::default();
        assert_eq!(batches.oldest_wait(second), Duration::ZERO);
        batches.add_batch(10, start);
        batches.add_batch(5, second);
        for (acknowledged, wait_s) in [(0, 3), (9, 3), (10, 2), (14, 2), (15, 0)] {
            batches.settle(acknowledged);
            let wait = batches.oldest_wait(start + Duration::from_secs(3));
            assert_eq!(wait, Duration::from_secs(wait_s), "{acknowledged}");
        }
    }
}
