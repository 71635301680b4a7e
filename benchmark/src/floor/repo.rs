//! SQL of the floor: a table like one of the bank's, in a schema of its own.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, TryStreamExt};
use service_kit::postgres::{self, DatabaseSettings};
use tokio_postgres::Client;

use super::rows::Rows;
use crate::error::BenchmarkError;

/// Dropped with all that is in it when a measurement is over.
const SCHEMA: &str = "benchmark_floor";
const TABLE: &str = "benchmark_floor.copied";

/// A connection that measures.
pub struct FloorRepo {
    client: Client,
    database: String,
    source: &'static str,
}

/// An index of the table, by its place in the source's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The columns, as `(account, log_offset)`.
    pub columns: String,
    /// Its name in the scratch schema, and whether a constraint holds it.
    name: String,
    is_constraint: bool,
}

impl FloorRepo {
    /// A connection to the database that has the table `source`. `asynchronous_commit` as the service of that table has it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(
        settings: &DatabaseSettings,
        database: &str,
        source: &'static str,
        asynchronous_commit: bool,
    ) -> Result<Self, BenchmarkError> {
        let (client, _) = postgres::connect(settings, database, "benchmark").await?;
        let repo = Self { client, database: database.to_owned(), source };
        // Rows come in the order in which they were written, and reading them may take long.
        repo.execute("SET statement_timeout = 0; SET synchronize_seqscans = off").await?;
        if asynchronous_commit {
            repo.execute("SET synchronous_commit = off").await?;
        }
        Ok(repo)
    }

    /// The process that serves this connection, if it runs on this machine.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn backend(&self) -> Result<Option<i32>, BenchmarkError> {
        let row = self.client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(|source| self.failed(source))?;
        let pid: i32 = row.get(0);
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Ok((name.trim() == "postgres").then_some(pid))
    }

    /// The first rows of the bank's table.
    ///
    /// # Errors
    /// When there are none, or the database does not answer.
    pub async fn rows(&self, max: u32) -> Result<Rows, BenchmarkError> {
        let sql = format!("COPY (SELECT * FROM {} LIMIT {max}) TO STDOUT (FORMAT binary)", self.source);
        let stream = self.client.copy_out(&sql).await.map_err(|source| self.failed(source))?;
        let add = async |mut all: BytesMut, bytes: Bytes| {
            all.extend_from_slice(&bytes);
            Ok(all)
        };
        let data = stream.try_fold(BytesMut::new(), add).await.map_err(|source| self.failed(source))?;
        let rows = Rows::parse(data.freeze()).map_err(|_| BenchmarkError::NothingToCopy(self.source.to_owned()))?;
        if rows.len() == 0 { Err(BenchmarkError::NothingToCopy(self.source.to_owned())) } else { Ok(rows) }
    }

    /// Makes an empty table with all columns and indexes of the bank's, in place of what was there.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn make_table(&self) -> Result<(), BenchmarkError> {
        let source = self.source;
        self.drop_schema().await?;
        self.execute(&format!("CREATE SCHEMA {SCHEMA}; CREATE TABLE {TABLE} (LIKE {source} INCLUDING ALL)")).await
    }

    /// Drops everything that was made.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_schema(&self) -> Result<(), BenchmarkError> {
        self.execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await
    }

    /// The table's indexes, in an order that stays the same.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn indexes(&self) -> Result<Vec<Index>, BenchmarkError> {
        let sql = format!(
            "SELECT relname::text, substring(pg_get_indexdef(indexrelid) FROM '\\(.*'),
                    EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
             FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE indrelid = '{TABLE}'::regclass ORDER BY 2"
        );
        let rows = self.client.query(&sql, &[]).await.map_err(|source| self.failed(source))?;
        let index =
            |row: &tokio_postgres::Row| Index { name: row.get(0), columns: row.get(1), is_constraint: row.get(2) };
        Ok(rows.iter().map(index).collect())
    }

    /// Drops one of them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_index(&self, index: &Index) -> Result<(), BenchmarkError> {
        let name = &index.name;
        let sql = if index.is_constraint {
            format!("ALTER TABLE {TABLE} DROP CONSTRAINT {name}")
        } else {
            format!("DROP INDEX {SCHEMA}.{name}")
        };
        self.execute(&sql).await
    }

    /// Writes a COPY as one transaction, and returns once it is committed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn copy(&self, statement: &tokio_postgres::Statement, data: Bytes) -> Result<u64, BenchmarkError> {
        let copied = async {
            let sink = self.client.copy_in::<_, Bytes>(statement).await?;
            let mut sink = Box::pin(sink);
            sink.send(data).await?;
            sink.as_mut().finish().await
        };
        copied.await.map_err(|source| self.failed(source))
    }

    /// The statement that [`Self::copy`] needs, for the table as it is now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prepare_copy(&self) -> Result<tokio_postgres::Statement, BenchmarkError> {
        let sql = format!("COPY {TABLE} FROM STDIN (FORMAT binary)");
        self.client.prepare(&sql).await.map_err(|source| self.failed(source))
    }

    /// Where the log of the server ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn wal_bytes(&self) -> Result<i64, BenchmarkError> {
        let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
        let row = self.client.query_one(sql, &[]).await.map_err(|source| self.failed(source))?;
        Ok(row.get(0))
    }

    async fn execute(&self, sql: &str) -> Result<(), BenchmarkError> {
        self.client.batch_execute(sql).await.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: tokio_postgres::Error) -> BenchmarkError {
        BenchmarkError::Query { database: self.database.clone(), source }
    }
}
