//! Sending commands to their topics.

use crate::error::Fault;
use metrics::counter;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use service_kit::kafka::{KafkaSettings, producer_config};
use service_kit::registry::Encoder;
use service_kit::trace::TraceParent;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use topology::{ConfirmAccountCreation, ConfirmMoneyTransfer, Keyed, Record, header};

/// A command that Kafka has not acknowledged after this is dropped: by then it was sent again. Longer than a request may
/// take.
const MESSAGE_TIMEOUT_MS: u32 = 15_000;

/// The producer of commands; it connects by itself. Cheap to clone.
///
/// One that delivers nothing may have lost all its brokers for good, which librdkafka forgets when one that was frozen wakes
/// and answers that there are none: it is given up for another, and its commands are sent again as all without outcome are.
#[derive(Clone)]
pub struct CommandProducer {
    current: Arc<Mutex<Numbered>>,
    settings: Arc<KafkaSettings>,
}

/// A producer, and how many there were before it.
#[derive(Clone)]
struct Numbered {
    number: u64,
    producer: FutureProducer,
}

impl CommandProducer {
    /// A producer with these settings.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(settings: &KafkaSettings) -> Result<Self, Fault> {
        let current = Numbered { number: 0, producer: create(settings)? };
        Ok(Self { current: Arc::new(Mutex::new(current)), settings: Arc::new(settings.clone()) })
    }

    fn current(&self) -> Numbered {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another producer in the place of this one, unless that was done before.
    fn replace(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number != number {
            return;
        }
        // The settings were accepted when the first one was made.
        let Ok(producer) = create(&self.settings) else { return };
        tracing::warn!("commands get no answer from Kafka, and go by another producer");
        let replaced = std::mem::replace(&mut *current, Numbered { number: number + 1, producer });
        // Taking leave may wait for its thread.
        tokio::task::spawn_blocking(move || drop(replaced));
    }
}

fn create(settings: &KafkaSettings) -> Result<FutureProducer, Fault> {
    let mut config = producer_config(settings);
    config.set("message.timeout.ms", MESSAGE_TIMEOUT_MS.to_string());
    Ok(config.create()?)
}

/// Sends one kind of command. Cheap to clone.
pub struct CommandSender<C> {
    producer: CommandProducer,
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
    pub fn new(producer: CommandProducer, topic: &str, encoder: Encoder<C>) -> Self {
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
        let Numbered { number, producer } = self.producer.current();
        match producer.send_result(record) {
            Ok(delivery) => {
                let producers = self.producer.clone();
                tokio::spawn(async move {
                    if let Ok(Err((error, _))) = delivery.await {
                        undelivered(&error);
                        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageTimedOut) {
                            producers.replace(number);
                        }
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
        let Numbered { producer, .. } = self.producer.current();
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        kafka: KafkaSettings,
    }

    #[tokio::test]
    async fn a_producer_is_replaced_once_however_many_commands_it_did_not_deliver() {
        let producer = CommandProducer::new(&Only::parse_from(["test", "--kafka-brokers", "localhost:1"]).kafka);
        let producer = producer.expect("valid settings");
        for (failed, then) in [(0, 1), (0, 1), (1, 2), (0, 2)] {
            producer.replace(failed);
            assert_eq!(producer.clone().current().number, then, "after a command of producer {failed}");
        }
    }
}
