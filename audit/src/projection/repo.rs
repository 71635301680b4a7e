//! SQL that reads the endpoint's database.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::TryStreamExt;
use service_kit::postgres::{self, DatabaseSettings};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::TransactionRow;
use crate::error::AuditError;

const NO_PARAMETERS: [&(dyn ToSql + Sync); 0] = [];

/// A connection to the endpoint's database.
pub struct ProjectionRepo {
    client: Client,
    database: String,
}

impl ProjectionRepo {
    pub async fn connect(settings: &DatabaseSettings, database: &str) -> Result<Self, AuditError> {
        let (client, _) = postgres::connect(settings, database, "audit").await?;
        let repo = Self { client, database: database.to_owned() };
        // A million rows take longer than a service's statement may.
        repo.execute("SET statement_timeout = 0").await?;
        Ok(repo)
    }

    /// From here on, everything is read as of one moment.
    pub async fn take_snapshot(&self) -> Result<(), AuditError> {
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// How far each partition of a topic is projected: the offset that comes next.
    pub async fn positions(&self, topic: &str) -> Result<BTreeMap<i32, i64>, AuditError> {
        let sql = "SELECT log_partition, next_offset FROM projection.position WHERE topic = $1";
        let rows = self.client.query(sql, &[&topic]).await.map_err(|source| self.failed(source))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Hands over every transaction, by partition and offset.
    pub async fn each_transaction(&self, mut each: impl FnMut(TransactionRow)) -> Result<(), AuditError> {
        let sql = "SELECT id, account, log_partition, log_offset, new_balance, changed_by, account_seq, from_to, descr
                   FROM projection.transaction ORDER BY log_partition, log_offset";
        self.each(sql, |row| {
            each(TransactionRow {
                id: row.get(0),
                account: row.get(1),
                partition: row.get(2),
                offset: row.get(3),
                new_balance: row.get(4),
                changed_by: row.get(5),
                account_seq: row.get(6),
                from_to: row.get(7),
                descr: row.get(8),
            });
        })
        .await
    }

    /// Hands over the ten digits of every account, with its type where that is known.
    pub async fn each_account(&self, mut each: impl FnMut(i64, Option<i16>)) -> Result<(), AuditError> {
        self.each("SELECT number, a_type FROM projection.account", |row| each(row.get(0), row.get(1))).await
    }

    async fn each(&self, sql: &str, mut each: impl FnMut(&Row)) -> Result<(), AuditError> {
        let rows = self.client.query_raw(sql, NO_PARAMETERS).await.map_err(|source| self.failed(source))?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(|source| self.failed(source))? {
            each(&row);
        }
        Ok(())
    }

    async fn execute(&self, sql: &str) -> Result<(), AuditError> {
        self.client.batch_execute(sql).await.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: tokio_postgres::Error) -> AuditError {
        AuditError::Query { database: self.database.clone(), source }
    }
}
