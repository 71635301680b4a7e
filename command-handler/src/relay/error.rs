use rdkafka::error::KafkaError as LibraryError;
use service_kit::kafka::KafkaError;
use service_kit::registry::RegistryError;
use thiserror::Error;

use crate::store::StoreError;

/// Why publishing ended or can't begin.
#[derive(Debug, Error)]
pub enum RelayError {
    /// Kafka doesn't answer, or a topic is missing.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The registry has no answer about a schema.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The database failed while it was asked what to publish.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// librdkafka reports a failure.
    #[error("publishing: {0}")]
    Library(#[from] LibraryError),
    /// A record was acknowledged at an offset that the partition had passed before.
    #[error("{topic}/{partition} acknowledged offset {offset} after {last}: its log was cut")]
    LogCut {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset now.
        offset: i64,
        /// The offset before.
        last: i64,
    },
    /// librdkafka forgets its brokers when one that was frozen wakes and answers that there are none, at times for good.
    #[error("Kafka acknowledges nothing, and the producer gets no answer from it: {0}")]
    Deaf(LibraryError),
    /// The publishing thread is gone.
    #[error("the thread that publishes ended")]
    Ended,
    /// The topics and the database don't belong together.
    #[error(
        "{0}. Either take over from the topics (`command-handler take-over --help` says what that does), or start afresh, \
         with an empty database and empty topics (scripts/restart.sh without --keep-data)"
    )]
    Foreign(String),
}

impl RelayError {
    /// Whether dropping all state and starting over may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Kafka(error) => error.is_retriable(),
            Self::Registry(error) => error.is_retriable(),
            Self::Store(error) => error.is_retriable(),
            Self::Library(_) | Self::LogCut { .. } | Self::Deaf(_) | Self::Ended => true,
            Self::Foreign(_) => false,
        }
    }
}
