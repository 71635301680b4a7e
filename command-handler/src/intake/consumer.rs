use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError as LibraryError;
use service_kit::kafka::{self, Detached, KafkaSettings};
use tokio::task::JoinHandle;
use topology::topic::groups::COMMAND_HANDLER_GROUP;

use super::{IntakeError, Lag};

/// A consumer of commands that reads nothing yet.
pub struct CommandConsumer(pub(super) Arc<Detached<BaseConsumer<Lag>>>);

impl CommandConsumer {
    /// A consumer, which connects when it is first used.
    ///
    /// # Errors
    /// When librdkafka doesn't accept the settings.
    pub fn open(settings: &KafkaSettings) -> Result<Self, IntakeError> {
        let mut config = kafka::consumer_config(settings, COMMAND_HANDLER_GROUP);
        config.set("statistics.interval.ms", "1000").set("topic.metadata.refresh.interval.ms", "5000");
        Ok(Self(Arc::new(Detached::new(config.create_with_context(Lag::default())?))))
    }

    /// Asks Kafka, through the consumer itself, whether it reaches it.
    pub fn ask(&self, timeout: Duration) -> JoinHandle<Result<(), LibraryError>> {
        let consumer = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || kafka::ask(&consumer, timeout))
    }
}
