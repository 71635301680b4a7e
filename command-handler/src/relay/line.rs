use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError as LibraryError;
use rdkafka::producer::{Producer, ThreadedProducer};
use service_kit::kafka::{self, Detached, Gaps, KafkaSettings};
use tokio::task::JoinHandle;

use super::RelayError;
use super::acks::Acks;

/// A producer with nothing under way, which one publisher after another uses: its connection and its number are there by then.
#[derive(Clone)]
pub struct Line {
    pub(super) producer: Arc<Detached<ThreadedProducer<Acks>>>,
    pub(super) acks: Acks,
}

impl Line {
    /// A line that nothing was sent through yet.
    ///
    /// # Errors
    /// When librdkafka doesn't accept the settings.
    pub fn open(settings: &KafkaSettings) -> Result<Self, RelayError> {
        let acks = Acks::default();
        let producer = kafka::producer_config_with(settings, Gaps::Fatal)
            // However long Kafka is away, nothing is given up: that would be a gap.
            .set("message.timeout.ms", "0")
            .create_with_context(acks.clone())?;
        Ok(Self { producer: Arc::new(Detached::new(producer)), acks })
    }

    /// Asks Kafka, through the producer itself, whether it still reaches it.
    pub fn ask(&self, timeout: Duration) -> JoinHandle<Result<(), LibraryError>> {
        let producer = Arc::clone(&self.producer);
        tokio::task::spawn_blocking(move || producer.client().fetch_metadata(None, timeout).map(drop))
    }
}
