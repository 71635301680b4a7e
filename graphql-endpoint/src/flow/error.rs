//! What is refused of what was asked about the flow.

use thiserror::Error;
use topology::topic::TOPICS;

/// What was asked cannot be given, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// No topic of the bank. Names the ones that are.
    #[error("topic must be one of {}", topic_names())]
    Topic,
    /// A number of records out of bounds.
    #[error("max_items must be 0 to {max}")]
    MaxItems {
        /// The most.
        max: u32,
    },
    /// As many readers of topics run as may.
    #[error(
        "too many topics are read at once ({max} is the most for all clients together): close one, or ask again later"
    )]
    TooManyReaders {
        /// The most.
        max: u32,
    },
    /// As many journeys are looked up as may.
    #[error("too many journeys are looked up at once ({max} is the most for all clients together): ask again")]
    TooManyJourneys {
        /// The most.
        max: u32,
    },
    /// Not exactly one of the three.
    #[error("give one of transaction_id, uuid and event")]
    OneKey,
    /// No UUID.
    #[error("uuid is not a UUID")]
    Uuid,
    /// No number that an event can have.
    #[error("event is not the number of an event")]
    Event,
    /// No time that a record can have.
    #[error("around_ms is not a time in milliseconds since 1970 UTC")]
    Around,
}

fn topic_names() -> String {
    TOPICS.iter().map(|topic| topic.name).collect::<Vec<_>>().join(", ")
}
