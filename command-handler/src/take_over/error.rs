use service_kit::kafka::KafkaError;
use service_kit::registry::RegistryError;
use thiserror::Error;

use crate::store::StoreError;

/// Why the handler's database was not taken over from the topics. Nothing was changed then.
#[derive(Debug, Error)]
pub enum TakeOverError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Kafka doesn't answer, or a topic is missing.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// librdkafka reports a failure.
    #[error("Kafka: {0}")]
    Library(#[from] rdkafka::error::KafkaError),
    /// The registry has no answer about a schema.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The plan could not be printed.
    #[error("cannot print the plan")]
    Print(#[from] std::io::Error),
    /// Somebody has the right to write.
    #[error("a command handler is active on this database: stop it first")]
    HandlerActive,
    /// The beginning of the history is gone.
    #[error("{topic}/{partition} begins at offset {offset}: without its beginning the topics can't be taken over")]
    BeginningGone {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Its first offset.
        offset: i64,
    },
    /// No record came for long, though there are more.
    #[error("{topic}: no record for {timeout_ms} ms, though its end is not reached")]
    Silence {
        /// The topic.
        topic: String,
        /// The bound that was reached.
        timeout_ms: u64,
    },
    /// A record that can't be taken over.
    #[error("{topic}/{partition}@{offset}: {what}")]
    Record {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
        /// What is wrong with it.
        what: String,
    },
    /// The topics don't tell one history.
    #[error("the topics contradict themselves: {0}. `audit --topics-only` shows all that is wrong with them")]
    Contradictory(String),
    /// The last events can't be completed.
    #[error("{0}. Put back a newer copy of the database, or start afresh")]
    Incomplete(#[from] Contradiction),
    /// Too many events are incomplete.
    #[error("{found} events come after the first one of which a record is missing; at most {max} can be completed")]
    TailTooLong {
        /// How many.
        found: i64,
        /// The bound.
        max: i64,
    },
    /// Somebody writes to the topics of events.
    #[error(
        "{topic} got records while it was read: another handler still publishes. End it, whichever database it has, \
         and try again"
    )]
    StillPublished {
        /// The topic.
        topic: String,
    },
}

impl From<tokio_postgres::Error> for TakeOverError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

/// An event that can't be made to fit what the topics hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("event {event}, whose records are not all in the topics, can't be completed: {what}")]
pub struct Contradiction {
    /// Its number.
    pub event: i64,
    /// What does not fit.
    pub what: String,
}
