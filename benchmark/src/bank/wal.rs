//! How much Postgres writes to its log.

use serde::Serialize;
use service_kit::postgres::{self, DatabaseSettings};
use tokio_postgres::Client;

use crate::error::BenchmarkError;

/// What was written up to a moment, or between two.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Wal {
    /// Bytes of log, by its position.
    pub bytes: i64,
    /// Whole pages among them, which follow a checkpoint.
    pub full_pages: i64,
    /// Records.
    pub records: i64,
}

/// Asks Postgres.
pub struct WalReader {
    client: Client,
    database: String,
}

impl WalReader {
    /// A connection to any database of the server.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn connect(settings: &DatabaseSettings, database: &str) -> Result<Self, BenchmarkError> {
        let (client, _) = postgres::connect(settings, database, "benchmark").await?;
        Ok(Self { client, database: database.to_owned() })
    }

    /// What was written so far. Pages and records are told by the backends about once a second, so they lag.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn now(&self) -> Result<Wal, BenchmarkError> {
        let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, wal_fpi, wal_records FROM pg_stat_wal";
        let row = self.client.query_one(sql, &[]).await;
        let row = row.map_err(|source| BenchmarkError::Query { database: self.database.clone(), source })?;
        Ok(Wal { bytes: row.get(0), full_pages: row.get(1), records: row.get(2) })
    }
}

impl Wal {
    /// What was written since an earlier moment.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            bytes: self.bytes - before.bytes,
            full_pages: self.full_pages - before.full_pages,
            records: self.records - before.records,
        }
    }
}
