//! A connection to a service's database that reads as of one moment.

use std::pin::pin;

use futures_util::TryStreamExt;
use service_kit::postgres::{self, DatabaseSettings};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::error::AuditError;

const NO_PARAMETERS: [&(dyn ToSql + Sync); 0] = [];

/// One connection, of which every failure names the database.
pub struct Database {
    client: Client,
    name: String,
}

impl Database {
    pub async fn connect(settings: &DatabaseSettings, name: &str) -> Result<Self, AuditError> {
        let (client, _) = postgres::connect(settings, name, "audit").await?;
        let database = Self { client, name: name.to_owned() };
        // Millions of rows take longer than a service's statement may.
        database.execute("SET statement_timeout = 0").await?;
        Ok(database)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// From here on, everything is read as of one moment.
    pub async fn take_snapshot(&self) -> Result<(), AuditError> {
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// The one row of a query.
    pub async fn one(&self, sql: &str) -> Result<Row, AuditError> {
        self.client.query_one(sql, &[]).await.map_err(|source| self.failed(source))
    }

    /// All rows of a query, of which there are few.
    pub async fn all(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, AuditError> {
        self.client.query(sql, parameters).await.map_err(|source| self.failed(source))
    }

    /// Hands over the rows of a query one by one.
    pub async fn each(&self, sql: &str, mut each: impl FnMut(&Row)) -> Result<(), AuditError> {
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
        AuditError::Query { database: self.name.clone(), source }
    }
}
