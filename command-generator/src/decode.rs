//! Reading a record, with a question to the registry only for a schema that was not seen before.

use rdkafka::Message as _;
use rdkafka::message::BorrowedMessage;
use service_kit::registry::{DecodeFailure, Decoded, Decoder};
use tokio::runtime::Handle;
use topology::Record;

use crate::error::Interruption;

/// The record, or none where it will never be one.
///
/// # Errors
/// When its schema is not known and the registry does not answer: it may be fine, so wait.
pub fn decode<R: Record>(
    decoder: &Decoder<R>,
    runtime: &Handle,
    record: &BorrowedMessage<'_>,
) -> Result<Option<R>, Interruption> {
    // All but the first record of a schema need no question, and no runtime.
    if let Decoded::Record(found) = decoder.try_decode(record.payload()) {
        return Ok(Some(found));
    }
    match runtime.block_on(decoder.decode(record.payload())) {
        Ok(found) => Ok(Some(found)),
        Err(DecodeFailure::Poison(reason)) => {
            let (topic, offset) = (record.topic(), record.offset());
            tracing::warn!(topic, offset, reason, "skipped: not a {}", R::NAME);
            Ok(None)
        }
        Err(DecodeFailure::Unavailable(error)) => Err(Interruption::Registry(error)),
    }
}
