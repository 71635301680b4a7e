//! What can go wrong while synchronizing.

use rdkafka::error::KafkaError as LibraryError;
use rdkafka::types::RDKafkaErrorCode;
use service_kit::registry::RegistryError;
use thiserror::Error;

/// Why the cluster was not synchronized. [`Error::is_retriable`] sorts them.
#[derive(Debug, Error)]
pub enum Error {
    /// Kafka did not answer, or refused the question itself.
    #[error("Kafka: {0}")]
    Kafka(#[from] LibraryError),
    /// Kafka refused to do something to a topic.
    #[error("topic `{topic}`: {code}")]
    Topic {
        /// The topic.
        topic: String,
        /// Kafka's reason.
        code: RDKafkaErrorCode,
    },
    /// Fewer brokers than were asked for.
    #[error("{found} of {wanted} brokers are there")]
    Brokers {
        /// Brokers that are there.
        found: i32,
        /// Brokers to wait for.
        wanted: i32,
    },
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Two topics of the contract have been given one name.
    #[error("the settings give `{0}` to two topics")]
    SameName(String),
    /// All was done, and still the cluster is not as it should be.
    #[error("after all was done these remain: {0}")]
    Remains(String),
    /// The output could not be written.
    #[error("cannot print the plan")]
    Print(#[from] std::io::Error),
    /// The blocking thread that asked was lost, because the runtime stops.
    #[error("the question to Kafka was given up, the program is stopping")]
    GivenUp,
}

impl Error {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Kafka(error) => error.rdkafka_error_code().is_none_or(may_pass),
            Self::Topic { code, .. } => may_pass(*code),
            Self::Brokers { .. } | Self::Remains(_) => true,
            Self::Registry(error) => error.is_retriable(),
            Self::SameName(_) | Self::Print(_) | Self::GivenUp => false,
        }
    }
}

/// All but what Kafka will say again next time. Too few brokers for the replicas may pass: one may still be starting.
fn may_pass(code: RDKafkaErrorCode) -> bool {
    !matches!(
        code,
        RDKafkaErrorCode::InvalidConfig
            | RDKafkaErrorCode::InvalidPartitions
            | RDKafkaErrorCode::InvalidTopic
            | RDKafkaErrorCode::InvalidArgument
            | RDKafkaErrorCode::PolicyViolation
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::UnsupportedVersion
    )
}
