//! What can go wrong with Postgres outside a query.

use thiserror::Error;

/// A database that cannot be reached or brought to its schema. [`PostgresError::is_retriable`] sorts them.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// Not reachable, or the login was refused.
    #[error("database `{database}` at {address}: {}", reason(source))]
    Connect {
        /// The database.
        database: String,
        /// Host and port.
        address: String,
        /// What was said.
        source: tokio_postgres::Error,
    },
    /// No connection within the time-out.
    #[error("database `{database}` at {address}: no connection within {timeout_ms} ms")]
    Timeout {
        /// The database.
        database: String,
        /// Host and port.
        address: String,
        /// The bound that was reached.
        timeout_ms: u64,
    },
    /// The pool cannot be built from these settings.
    #[error("pool of connections")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// A statement around the migrations failed.
    #[error("migrating: {}", reason(.0))]
    Statement(#[from] tokio_postgres::Error),
    /// A migration failed, or the database was migrated by another version of this program.
    #[error("migrating")]
    Migrate(#[from] refinery::Error),
}

impl PostgresError {
    /// Whether trying again may help: not for a wrong password, an unknown database or a broken migration.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Connect { source, .. } | Self::Statement(source) => is_retriable(source),
            Self::Timeout { .. } => true,
            Self::Pool(_) | Self::Migrate(_) => false,
        }
    }
}

/// Whether the connection or the server failed, rather than the statement itself.
///
/// SQLSTATE classes: 08 connection, 40 rollback, 53 resources, 57P01..57P05 shutdown and start-up, 58 input and output;
/// and 25P03 (a transaction that stood still), 55P03 (a lock that is held). Not 57014: the same statement would take as
/// long again.
#[must_use]
pub fn is_retriable(error: &tokio_postgres::Error) -> bool {
    // Without an answer of the server, the connection failed.
    error.code().is_none_or(|state| is_retriable_state(state.code()))
}

fn is_retriable_state(code: &str) -> bool {
    const RETRIABLE: [&str; 7] = ["08", "40", "53", "57P0", "58", "25P03", "55P03"];
    RETRIABLE.iter().any(|start| code.starts_with(start))
}

/// The server's own words where there are any: tokio-postgres' text is only `db error`.
fn reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => crate::service::chain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_may_get_over_is_tried_again() {
        let rows = [
            ("08006", true),
            ("40P01", true),
            ("53100", true),
            ("57P01", true),
            ("57014", false),
            ("58030", true),
            ("25P03", true),
            ("42P01", false),
            ("28P01", false),
            ("23505", false),
            ("22021", false),
        ];
        for (code, expected) in rows {
            assert_eq!(is_retriable_state(code), expected, "{code}");
        }
    }
}
