use service_kit::postgres::{self, PostgresError};
use thiserror::Error;
use tokio_postgres::error::SqlState;

/// What can go wrong with the database. None of them says anything about a customer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The connection could not be made, or the migrations did not run.
    #[error(transparent)]
    Connect(#[from] PostgresError),
    /// A statement failed.
    #[error("statement failed: {}", said(.0))]
    Statement(#[from] tokio_postgres::Error),
    /// No answer in time; whether the statement took effect is not known.
    #[error("no answer from the database within {0} ms")]
    Silent(u64),
    /// An event number or id was there already: another handler writes to this database.
    #[error("another writer is at work: {0}")]
    AnotherWriter(String),
    /// A row holds what this program never writes.
    #[error("the event table holds what no handler writes: event {event}: {what}")]
    Corrupt {
        /// The event's number.
        event: i64,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl StoreError {
    /// Whether dropping all state, reconnecting and starting over may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_retriable(),
            // One that took too long may be quicker once the disk is: the handler must not end for it.
            Self::Statement(error) => postgres::is_retriable(error) || error.code() == Some(&SqlState::QUERY_CANCELED),
            Self::Silent(_) | Self::AnotherWriter(_) => true,
            Self::Corrupt { .. } => false,
        }
    }
}

fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => service_kit::service::chain(error),
    }
}
