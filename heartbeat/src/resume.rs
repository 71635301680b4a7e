//! Which beat comes next: the one after the topic's last.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use service_kit::registry::{DecodeFailure, Decoder};
use tokio::runtime::Handle;
use topology::Heartbeat;

use crate::error::Interruption;

/// Unreadable records, or markers of Kafka's transactions, at the topic's end that are stepped over before its end offset counts as the number of beats.
const UNREADABLE_MAX: i64 = 100;

/// Reads the topic's last beat and returns the next one's number. The consumer must tell ends of partitions
/// (`enable.partition.eof`).
///
/// Where retention has taken every record, the end offset is the number: beat n was written at offset n. The same
/// holds where no record at the end can be read as a beat. A beat that a former heartbeat had in flight when it ended
/// could still arrive after this; the milliseconds for that have passed with starting, or with backing off. Blocks for at most `timeout` per record read.
///
/// # Errors
/// When Kafka or the registry does not answer in time; the caller tries again.
pub fn next_beat(
    consumer: &BaseConsumer,
    topic: &str,
    decoder: &Decoder<Heartbeat>,
    runtime: &Handle,
    timeout: Duration,
) -> Result<i64, Interruption> {
    let (low, high) = consumer
        .fetch_watermarks(topic, 0, timeout)
        .map_err(|source| Interruption::Library { doing: "cannot ask where the heartbeat topic ends", source })?;
    let first = low.max(high - UNREADABLE_MAX);
    for offset in (first..high).rev() {
        let Some(payload) = read_at(consumer, topic, offset, timeout)? else { continue };
        match runtime.block_on(decoder.decode(Some(&payload))) {
            Ok(last) if last.beat < i64::MAX => return Ok(last.beat + 1),
            Ok(last) => tracing::warn!(topic, offset, last.beat, "no beat can come after this one"),
            Err(DecodeFailure::Poison(reason)) => tracing::warn!(topic, offset, reason, "not a beat"),
            Err(DecodeFailure::Unavailable(error)) => return Err(Interruption::Registry(error)),
        }
    }
    Ok(high)
}

/// The value at this offset or behind it; `None` where nothing but markers of Kafka's transactions comes any more.
fn read_at(
    consumer: &BaseConsumer,
    topic: &str,
    offset: i64,
    timeout: Duration,
) -> Result<Option<Vec<u8>>, Interruption> {
    let reading = |source| Interruption::Library { doing: "cannot read the heartbeat topic's last beat", source };
    let mut partition = TopicPartitionList::new();
    partition.add_partition_offset(topic, 0, Offset::Offset(offset)).map_err(reading)?;
    consumer.assign(&partition).map_err(reading)?;
    let deadline = Instant::now() + timeout;
    while Instant::now() < deadline {
        match consumer.poll(Duration::from_millis(50)) {
            Some(Ok(record)) if record.offset() >= offset => {
                return Ok(Some(record.payload().unwrap_or_default().to_vec()));
            }
            Some(Err(LibraryError::PartitionEOF(_))) => return Ok(None),
            Some(Err(source)) => tracing::debug!(%source, "reading the last beat"),
            _ => {}
        }
    }
    Err(Interruption::LastBeat {
        topic: topic.to_owned(),
        timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
    })
}
