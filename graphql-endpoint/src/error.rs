//! What can go wrong in this service.

use service_kit::kafka::KafkaError;
use service_kit::postgres::{PostgresError, is_retriable};
use service_kit::registry::RegistryError;
use service_kit::service::chain;
use thiserror::Error;

/// Something is broken. [`Fault::is_retriable`] sorts out what may heal by itself; the rest ends the service.
#[derive(Debug, Error)]
pub enum Fault {
    /// The database cannot be reached or migrated.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// A statement failed.
    #[error("database: {}", database_reason(.0))]
    Statement(#[from] tokio_postgres::Error),
    /// No connection of the pool within its time-out.
    #[error("database: {}", chain(.0))]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The projection holds an account number that none can be.
    #[error("the projection has a row with account number {0}, which no IBAN of this bank has")]
    ForeignRow(i64),
    /// Kafka did not answer.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A consumer or producer could not be made or lost its place.
    #[error("Kafka: {0}")]
    Client(#[from] rdkafka::error::KafkaError),
    /// The schema registry did not answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The projection does not know yet where it stands.
    #[error("the endpoint starts, ask again")]
    Starting,
    /// The connection that holds the right to write was lost, or another instance got it.
    #[error("this instance's role changed")]
    RoleChanged,
    /// A reading thread ended, which it does only after a fault that it logged.
    #[error("the consumer of group {0} ended")]
    ReaderEnded(&'static str),
    /// The topics are not the ones that the projection was made from.
    #[error(
        "{0}\nTwo ways out: put back the topics that database transactiondb was filled from, or run `graphql-endpoint \
         rebuild` and start again, which fills the projection anew from these topics (users and requests stay)"
    )]
    OtherTopics(String),
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Host and port.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Serving ended.
    #[error("serving HTTP")]
    Serve(#[source] std::io::Error),
}

impl Fault {
    /// Whether it may heal by trying again.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            // The settings were right at the start, so a refused login is the server's state and passes.
            Self::Postgres(error) => !matches!(error, PostgresError::Migrate(_) | PostgresError::Pool(_)),
            Self::Statement(error) => is_retriable(error),
            Self::Kafka(error) => error.is_retriable(),
            Self::Registry(error) => error.is_retriable(),
            Self::Pool(_) | Self::Client(_) | Self::RoleChanged | Self::Starting | Self::ReaderEnded(_) => true,
            Self::ForeignRow(_) | Self::OtherTopics(_) | Self::Listen { .. } | Self::Serve(_) => false,
        }
    }
}

/// The server's own words; tokio-postgres' text is only `db error`. Never its detail, which quotes values.
fn database_reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => chain(error),
    }
}
