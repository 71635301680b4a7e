//! Answers out of Kafka.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{KafkaSettings, Metadata, TopicSettings, consumer_config};
use service_kit::registry::{DecodeFailure, Decoded, Decoder, Registry};
use tokio::runtime::Handle;
use topology::{CommandId, MoneyTransferConfirmed, MoneyTransferFailed, Record};

use super::answers::Verdict;
use crate::error::BenchmarkError;
use crate::plan::Refusal;

/// Committed nowhere; the library wants a name.
pub const GROUP: &str = "benchmark";
/// Answers fetched ahead.
const FETCH_QUEUE_MAX_KIB: u32 = 32_768;

/// Where reading starts: topic, partition, offset.
pub type Starts = Vec<(String, i32, i64)>;

/// The outcome of a transfer.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Of the command.
    pub id: CommandId,
    /// What it says.
    pub verdict: Verdict,
    /// When it was written, in milliseconds since 1970 UTC.
    pub written_ms: i64,
}

/// A message, and what it says: confirmed or failed.
type Told<'a, C, F> = (BorrowedMessage<'a>, Result<C, F>);

/// Reads a pair of topics from given places on: what was confirmed, and what failed.
pub(super) struct PairReader<C, F> {
    consumer: BaseConsumer,
    confirmed_topic: String,
    confirmed: Decoder<C>,
    failed: Decoder<F>,
    runtime: Handle,
}

impl<C: Record, F: Record> PairReader<C, F> {
    /// A reader; call it within a runtime, and use it on a thread of its own. What is not in the confirmed topic is read as failed.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        kafka: &KafkaSettings,
        confirmed_topic: &str,
        registry: &Registry,
        starts: &Starts,
    ) -> Result<Self, BenchmarkError> {
        Ok(Self {
            consumer: consumer_at(kafka, starts)?,
            confirmed_topic: confirmed_topic.to_owned(),
            confirmed: registry.decoder(),
            failed: registry.decoder(),
            runtime: Handle::current(),
        })
    }

    /// The next message; `None` when none came in time.
    ///
    /// # Errors
    /// When Kafka or the registry fails, or a record in these topics is none.
    pub fn next(&self, timeout: Duration) -> Result<Option<Told<'_, C, F>>, BenchmarkError> {
        let Some(message) = self.consumer.poll(timeout) else { return Ok(None) };
        let message = message?;
        let record = if message.topic() == self.confirmed_topic {
            Ok(decode(&self.confirmed, &message, &self.runtime)?)
        } else {
            Err(decode(&self.failed, &message, &self.runtime)?)
        };
        Ok(Some((message, record)))
    }
}

/// Reads the outcomes of transfers from given places on.
pub struct OutcomeReader(PairReader<MoneyTransferConfirmed, MoneyTransferFailed>);

impl OutcomeReader {
    /// A reader; call it within a runtime, and use it on a thread of its own.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        kafka: &KafkaSettings,
        topics: &TopicSettings,
        registry: &Registry,
        starts: &Starts,
    ) -> Result<Self, BenchmarkError> {
        Ok(Self(PairReader::new(kafka, &topics.mtc, registry, starts)?))
    }

    /// The next outcome; `None` when none came in time.
    ///
    /// # Errors
    /// When Kafka or the registry fails, or a record in these topics is none.
    pub fn next(&self, timeout: Duration) -> Result<Option<Outcome>, BenchmarkError> {
        let Some((message, record)) = self.0.next(timeout)? else { return Ok(None) };
        let written_ms = message.timestamp().to_millis().unwrap_or_default();
        let (id, verdict) = match record {
            Ok(confirmed) => (confirmed.id, Verdict::Confirmed),
            Err(failed) => (failed.id, Refusal::of_reason(&failed.reason).map_or(Verdict::Unknown, Verdict::Refused)),
        };
        Ok(Some(Outcome { id, verdict, written_ms }))
    }
}

/// A consumer of these places.
///
/// # Errors
/// When librdkafka does not accept the settings.
pub fn consumer_at(kafka: &KafkaSettings, starts: &Starts) -> Result<BaseConsumer, BenchmarkError> {
    let consumer: BaseConsumer =
        consumer_config(kafka, GROUP).set("queued.max.messages.kbytes", FETCH_QUEUE_MAX_KIB.to_string()).create()?;
    let mut places = TopicPartitionList::new();
    for (topic, partition, offset) in starts {
        places.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
    }
    consumer.assign(&places)?;
    Ok(consumer)
}

/// The record of a message.
///
/// # Errors
/// When the registry does not answer, or the message is no such record.
fn decode<R: Record>(
    decoder: &Decoder<R>,
    message: &BorrowedMessage<'_>,
    runtime: &Handle,
) -> Result<R, BenchmarkError> {
    if let Decoded::Record(record) = decoder.try_decode(message.payload()) {
        return Ok(record);
    }
    // The first record of a schema, about which the registry is asked.
    runtime.block_on(decoder.decode(message.payload())).map_err(|failure| match failure {
        DecodeFailure::Unavailable(error) => error.into(),
        DecodeFailure::Poison(reason) => BenchmarkError::NoRecord {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            reason,
        },
    })
}

/// Where these topics end now.
///
/// # Errors
/// When Kafka does not answer or lacks a topic.
pub async fn ends(metadata: &Metadata, topics: &[&str]) -> Result<Starts, BenchmarkError> {
    let mut ends = Starts::new();
    for topic in topics {
        let watermarks = metadata.watermarks(topic).await?;
        ends.extend(watermarks.iter().map(|mark| ((*topic).to_owned(), mark.partition, mark.high)));
    }
    Ok(ends)
}
