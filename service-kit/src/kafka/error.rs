//! What can go wrong with Kafka.

use rdkafka::error::{KafkaError as LibraryError, RDKafkaErrorCode};
use thiserror::Error;

/// A failed question to Kafka. [`KafkaError::is_retriable`] sorts them.
#[derive(Debug, Error)]
pub enum KafkaError {
    /// librdkafka or a broker said no.
    #[error("Kafka at {brokers}: {source}")]
    Library {
        /// The brokers asked.
        brokers: String,
        /// What was said.
        source: LibraryError,
    },
    /// The topic does not exist (yet): the synchronizer makes it.
    #[error("topic `{0}` does not exist; the synchronizer makes it")]
    NoTopic(String),
    /// The blocking thread that asked was lost, because the runtime stops.
    #[error("the question to Kafka was given up, the program is stopping")]
    GivenUp,
}

impl KafkaError {
    /// Whether asking again may help. What is left is a wrong setting.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Library { source, .. } => !matches!(
                source.rdkafka_error_code(),
                Some(
                    RDKafkaErrorCode::InvalidArgument
                        | RDKafkaErrorCode::TopicAuthorizationFailed
                        | RDKafkaErrorCode::ClusterAuthorizationFailed
                )
            ),
            Self::NoTopic(_) => true,
            Self::GivenUp => false,
        }
    }
}
