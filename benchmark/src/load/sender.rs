//! Commands into Kafka.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use service_kit::kafka::{KafkaSettings, producer_config};
use service_kit::registry::{Encoder, Registry};
use service_kit::trace::TraceParent;
use topology::{Keyed, header};

use crate::error::BenchmarkError;

/// How long a sender that is too fast for Kafka waits before it tries again.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(1);
/// A broker that does not take a record for so long is down.
const DELIVERY_TIMEOUT_MS: u32 = 60_000;

/// Whether records wait for others to share their request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Each is sent at once.
    No,
    /// They fill large requests, which is cheap for sender and broker.
    ForOthers,
}

/// A producer of commands of one kind.
pub struct Outbox<R> {
    topic: String,
    encoder: Encoder<R>,
    producer: ThreadedProducer<Deliveries>,
    value: Vec<u8>,
}

#[derive(Default)]
struct Deliveries {
    delivered: AtomicU64,
    failure: OnceLock<KafkaError>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.delivered.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                // Only the first says why; those after it are its consequence.
                let _ = self.failure.set(error.clone());
            }
        }
    }
}

impl<R: Keyed> Outbox<R> {
    /// A producer to the topic.
    ///
    /// # Errors
    /// When the registry does not answer or librdkafka does not accept the settings.
    pub async fn new(
        settings: &KafkaSettings,
        registry: &Registry,
        topic: &str,
        waiting: Waiting,
    ) -> Result<Self, BenchmarkError> {
        let mut config = producer_config(settings);
        config.set("message.timeout.ms", DELIVERY_TIMEOUT_MS.to_string());
        if waiting == Waiting::ForOthers {
            config.set("linger.ms", "20").set("batch.size", "1000000").set("batch.num.messages", "20000");
        }
        let producer = config.create_with_context(Deliveries::default())?;
        let encoder = registry.encoder(topic).await?;
        Ok(Self { topic: topic.to_owned(), encoder, producer, value: Vec::with_capacity(256) })
    }

    /// Hands a command to the producer; waits while its queue is full.
    ///
    /// # Errors
    /// When a record could not be delivered.
    pub fn send(&mut self, record: &R) -> Result<(), BenchmarkError> {
        self.value.clear();
        self.encoder.encode_into(record, &mut self.value);
        let key = record.key();
        // Every sender of the bank starts a trace.
        let trace = TraceParent::new_root().to_string();
        let headers =
            OwnedHeaders::new_with_capacity(1).insert(Header { key: header::TRACEPARENT, value: Some(&trace) });
        let mut record =
            BaseRecord::to(&self.topic).key(key.as_bytes()).payload(self.value.as_slice()).headers(headers);
        loop {
            match self.producer.send(record) {
                Ok(()) => return self.checked(),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), returned)) => {
                    self.checked()?;
                    record = returned;
                    std::thread::sleep(QUEUE_FULL_PAUSE);
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// Waits until Kafka has everything.
    ///
    /// # Errors
    /// When it has not.
    pub fn flush(&self) -> Result<(), BenchmarkError> {
        self.producer.flush(Duration::from_millis(u64::from(DELIVERY_TIMEOUT_MS) + 1_000))?;
        self.checked()
    }

    /// How many records Kafka has acknowledged.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.producer.client().context().delivered.load(Ordering::Relaxed)
    }

    fn checked(&self) -> Result<(), BenchmarkError> {
        match self.producer.client().context().failure.get() {
            Some(error) => Err(error.clone().into()),
            None => Ok(()),
        }
    }
}
