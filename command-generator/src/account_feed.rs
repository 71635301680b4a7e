//! The topic of created accounts, read from its beginning.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use service_kit::kafka::{self, Detached, Silence};
use topology::header;

use crate::accounts::Telling;
use crate::config::Settings;
use crate::error::Interruption;
use crate::trace::header_text;

/// Reads the only partition, outside of the group: everyone who becomes active reads all of it.
pub struct AccountFeed {
    consumer: Detached<BaseConsumer>,
    topic: String,
    silence: Silence,
    end: i64,
    has_ended: bool,
}

impl AccountFeed {
    /// Starts at the beginning.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings, or Kafka does not say where the topic ends.
    pub fn from_beginning(settings: &Settings) -> Result<Self, Interruption> {
        let failed = |source| Interruption::Library { doing: "cannot read the created accounts", source };
        let mut config = kafka::consumer_config(&settings.kafka, &settings.group);
        config.set("enable.partition.eof", "true");
        let consumer: BaseConsumer = config.create().map_err(failed)?;
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms);
        let (_, end) = consumer.fetch_watermarks(&settings.topics.acc, 0, timeout).map_err(failed)?;
        let mut partition = TopicPartitionList::new();
        partition.add_partition_offset(&settings.topics.acc, 0, Offset::Beginning).map_err(failed)?;
        consumer.assign(&partition).map_err(failed)?;
        let silence = Silence::new(&settings.kafka);
        Ok(Self {
            consumer: Detached::new(consumer),
            topic: settings.topics.acc.clone(),
            silence,
            end,
            has_ended: false,
        })
    }

    /// Whether everything that was there at the start was read up to this offset, or nothing comes any more: the last offset may be that of
    /// a transaction's marker, which is never received.
    #[must_use]
    pub fn is_past_start(&self, next_offset: i64) -> bool {
        self.has_ended || next_offset >= self.end
    }

    /// The next outcome, waiting for it so long.
    ///
    /// # Errors
    /// When nothing has come for long, and the consumer reaches nobody any more.
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<BorrowedMessage<'_>>, Interruption> {
        match self.consumer.poll(timeout) {
            Some(Ok(outcome)) => {
                self.silence.is_broken();
                self.has_ended = false;
                return Ok(Some(outcome));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => self.has_ended = true,
            // Lost brokers and the like: librdkafka goes on by itself.
            Some(Err(error)) => tracing::debug!(%error, "reading the created accounts"),
            None => self.silence.look(&*self.consumer, &self.topic).map_err(Interruption::Deaf)?,
        }
        Ok(None)
    }
}

/// What an outcome's headers say about being told before.
#[must_use]
pub fn telling(outcome: &BorrowedMessage<'_>) -> Telling {
    let headers = outcome.headers();
    Telling {
        event: header_text(headers, header::EVENT).and_then(|text| text.parse().ok()),
        repeat: header_text(headers, header::REPEAT).is_some(),
    }
}

/// When an account was created, in milliseconds since 1970 UTC: by the header, which a repeated publication keeps, and
/// where there is none by the record.
#[must_use]
pub fn created_at_ms(outcome: &BorrowedMessage<'_>) -> i64 {
    let booked_at_us: Option<i64> =
        header_text(outcome.headers(), header::BOOKED_AT).and_then(|text| text.parse().ok());
    booked_at_us.map_or_else(|| outcome.timestamp().to_millis().unwrap_or_default(), |us| us.div_euclid(1_000))
}
