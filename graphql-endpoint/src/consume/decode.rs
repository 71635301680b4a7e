//! Turning a message into what its reader hands over.

use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use service_kit::registry::{Decoded, Decoder};
use service_kit::retry::{Backoff, Reminder};
use std::time::Instant;
use tokio::runtime::Handle;
use topology::Record;

/// What became of a message.
#[derive(Debug)]
pub enum Taken<T> {
    /// It is handed over.
    Item(T),
    /// It is of no concern here.
    Ignored,
    /// It cannot be read, for ever; why.
    Poison(String),
    /// The reader is no longer wanted.
    Stopped,
}

impl<T> Taken<T> {
    /// Goes on with an item; an error makes it poison.
    pub fn and_then<U>(self, step: impl FnOnce(T) -> Result<U, String>) -> Taken<U> {
        match self {
            Self::Item(item) => step(item).map_or_else(Taken::Poison, Taken::Item),
            Self::Ignored => Taken::Ignored,
            Self::Poison(reason) => Taken::Poison(reason),
            Self::Stopped => Taken::Stopped,
        }
    }
}

/// How a reader's messages are decoded.
pub trait Decoding: Send + 'static {
    /// What is handed over.
    type Item: Send + 'static;

    /// Takes a message. May wait for the registry as long as `is_stopped` is false.
    fn take(
        &mut self,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Self::Item>;
}

/// A message's record. Where the registry must be asked for its schema and is silent, this waits: what cannot be read now
/// must not be passed over.
pub fn record<R: Record>(
    decoder: &Decoder<R>,
    message: &BorrowedMessage<'_>,
    runtime: &Handle,
    is_stopped: &dyn Fn() -> bool,
) -> Taken<R> {
    let backoff = Backoff { initial_ms: 50, max_ms: 2_000 };
    let mut failures = 0;
    let mut reminder = Reminder::default();
    while !is_stopped() {
        let id = match decoder.try_decode(message.payload()) {
            Decoded::Record(record) => return Taken::Item(record),
            Decoded::Poison(reason) => return Taken::Poison(reason.to_string()),
            Decoded::UnknownSchema(id) => id,
        };
        if let Err(error) = runtime.block_on(decoder.fetch_schema(id)) {
            failures += 1;
            if reminder.is_due(&error.to_string(), Instant::now()) {
                tracing::warn!(%error, "waiting for a schema");
            }
            runtime.block_on(backoff.sleep(failures));
        }
    }
    Taken::Stopped
}
