//! Sending commands to their topics.

use crate::error::Fault;
use metrics::counter;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use service_kit::kafka::{KafkaSettings, producer_config};
use service_kit::registry::Encoder;
use service_kit::trace::TraceParent;
use std::sync::Arc;
use std::time::Duration;
use topology::{ConfirmAccountCreation, ConfirmMoneyTransfer, Keyed, Record, header};

/// A command that Kafka has not acknowledged after this is dropped: by then it was sent again.
const MESSAGE_TIMEOUT_MS: u32 = 30_000;

/// Makes the producer of commands; it connects by itself.
///
/// # Errors
/// When librdkafka does not accept the settings.
pub fn producer(settings: &KafkaSettings) -> Result<FutureProducer, Fault> {
    let mut config = producer_config(settings);
    config.set("message.timeout.ms", MESSAGE_TIMEOUT_MS.to_string());
    Ok(config.create()?)
}

/// Sends one kind of command. Cheap to clone.
pub struct CommandSender<C> {
    producer: FutureProducer,
    topic: Arc<str>,
    encoder: Encoder<C>,
}

impl<C> Clone for CommandSender<C> {
    fn clone(&self) -> Self {
        Self { producer: self.producer.clone(), topic: Arc::clone(&self.topic), encoder: self.encoder }
    }
}

/// What is sent as a command.
pub trait Command: Record + Keyed {}
impl Command for ConfirmAccountCreation {}
impl Command for ConfirmMoneyTransfer {}

impl<C: Command> CommandSender<C> {
    /// To this topic, with this schema id.
    #[must_use]
    pub fn new(producer: FutureProducer, topic: &str, encoder: Encoder<C>) -> Self {
        Self { producer, topic: topic.into(), encoder }
    }

    /// Puts the command in the producer's queue; `false` when that is full. The command was stored before, so what is
    /// not delivered now is sent again later.
    pub fn send(&self, command: &C) -> bool {
        let key = command.key();
        let payload = self.encoder.encode(command);
        let trace = TraceParent::new_root().to_string();
        let headers = OwnedHeaders::new().insert(Header { key: header::TRACEPARENT, value: Some(trace.as_bytes()) });
        let record = FutureRecord::to(&self.topic).key(key.as_bytes()).payload(&payload).headers(headers);
        match self.producer.send_result(record) {
            Ok(delivery) => {
                tokio::spawn(async move {
                    if let Ok(Err((error, _))) = delivery.await {
                        undelivered(&error);
                    }
                });
                true
            }
            Err((error, _)) => {
                undelivered(&error);
                false
            }
        }
    }

    /// Waits until everything in the queue was delivered, up to `timeout`.
    pub async fn flush(&self, timeout: Duration) {
        let producer = self.producer.clone();
        let flushed = tokio::task::spawn_blocking(move || producer.flush(timeout)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(
                topic = &*self.topic,
                "not all commands were delivered; they are sent again at the next start"
            );
        }
    }
}

fn undelivered(error: &KafkaError) {
    counter!("graphql_endpoint_commands_undelivered_total").increment(1);
    if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
        tracing::warn!(%error, "a command was not delivered and will be sent again");
    }
}
