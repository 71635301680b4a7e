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
    /// A crash of the database may have taken from it what was handed out already.
    #[error("after a fault of the database, its transactions are compared with the topics; ask again")]
    HistoryNotWhole,
    /// The topics that a subscriber followed are gone, and others are there.
    #[error("the topics were replaced by others, follow them from their beginning")]
    TopicsReplaced,
    /// The connection that holds the right to write was lost, or another instance got it.
    #[error("this instance's role changed")]
    RoleChanged,
    /// A reading thread ended, which it does only after a fault that it logged.
    #[error("the consumer of group {0} ended")]
    ReaderEnded(&'static str),
    /// The topics are not the ones that the projection was made from.
    #[error(
        "{reason}\nTwo ways out: put back the topics that database {database} was filled from, or run `graphql-endpoint \
         rebuild` and start again, which fills the projection anew from these topics (users and requests stay)"
    )]
    OtherTopics {
        /// What is other.
        reason: String,
        /// The projection's database.
        database: String,
    },
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
    /// The system has no thread to give.
    #[error("no thread could be made")]
    Thread(#[source] std::io::Error),
    /// A command has no runtime.
    #[error("no runtime could be made")]
    Runtime(#[source] std::io::Error),
}

impl Fault {
    /// Whether a connection to the database may have been lost by it, and so the database itself be another than before.
    #[must_use]
    pub fn is_of_database(&self) -> bool {
        matches!(self, Self::Postgres(_) | Self::Statement(_) | Self::Pool(_) | Self::RoleChanged)
    }

    /// Whether it may heal by trying again.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            // The settings were right at the start, so a refused login is the server's state and passes.
            Self::Postgres(error) => !matches!(error, PostgresError::Migrate(_) | PostgresError::Pool(_)),
            Self::Statement(error) => {
                is_retriable(error) || error.code().is_some_and(|state| is_passing_state(state.code()))
            }
            Self::Kafka(error) => error.is_retriable(),
            Self::Registry(error) => error.is_retriable(),
            Self::Pool(_)
            | Self::Client(_)
            | Self::RoleChanged
            | Self::Starting
            | Self::HistoryNotWhole
            | Self::ReaderEnded(_)
            | Self::Thread(_) => true,
            Self::ForeignRow(_)
            | Self::TopicsReplaced
            | Self::OtherTopics { .. }
            | Self::Listen { .. }
            | Self::Serve(_)
            | Self::Runtime(_) => false,
        }
    }
}

/// What is the statement's own fault elsewhere, and passes here: 57014, a statement that took too long behind a lock or a slow
/// disk, since each of this service's is short by itself; and 25006, a server that only reads, as after a fail-over.
fn is_passing_state(code: &str) -> bool {
    ["57014", "25006"].contains(&code)
}

/// The server's own words; tokio-postgres' text is only `db error`. Never its detail, which quotes values.
fn database_reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => chain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        let rows = [("57014", true), ("25006", true), ("25001", false), ("42P01", false), ("23505", false)];
        for (code, expected) in rows {
            assert_eq!(is_passing_state(code), expected, "{code}");
        }
        let source = || std::io::Error::other("none");
        assert!(Fault::Thread(source()).is_retriable() && !Fault::Runtime(source()).is_retriable());
    }
}
