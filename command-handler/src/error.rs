use service_kit::kafka::KafkaError;
use service_kit::registry::RegistryError;
use service_kit::retry::Stopped;
use thiserror::Error;

use crate::intake::IntakeError;
use crate::relay::RelayError;
use crate::store::StoreError;

/// A fault of the handler. A refusal of a customer is never one.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading commands.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// Publishing events.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// Kafka, while nothing is read or published yet.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The registry, while nothing is read or published yet.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The database has published to another Kafka cluster.
    #[error(
        "the database belongs to Kafka cluster {stored}, this is {found}. Either connect to the cluster that it belongs to, \
         or take over from the topics of this one (`command-handler take-over --help` says what that does), or start afresh, \
         with an empty database and empty topics (scripts/restart.sh without --keep-data)"
    )]
    OtherCluster {
        /// The cluster in the database.
        stored: String,
        /// The cluster that answers.
        found: String,
    },
}

impl HandlerError {
    /// Whether dropping all state and starting over may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retriable(),
            Self::Intake(_) => true,
            Self::Relay(error) => error.is_retriable(),
            Self::Kafka(error) => error.is_retriable(),
            Self::Registry(error) => error.is_retriable(),
            Self::OtherCluster { .. } => false,
        }
    }
}

/// How a term as handler ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedToStop;

impl From<Stopped> for AskedToStop {
    fn from(_: Stopped) -> Self {
        Self
    }
}
