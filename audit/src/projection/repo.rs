//! SQL that reads the endpoint's database.

use std::collections::BTreeMap;

use service_kit::postgres::DatabaseSettings;

use super::TransactionRow;
use crate::database::Database;
use crate::error::AuditError;

/// A connection to the endpoint's database.
pub struct ProjectionRepo {
    database: Database,
}

impl ProjectionRepo {
    pub async fn connect(settings: &DatabaseSettings, database: &str) -> Result<Self, AuditError> {
        Ok(Self { database: Database::connect(settings, database).await? })
    }

    /// From here on, everything is read as of one moment.
    pub async fn take_snapshot(&self) -> Result<(), AuditError> {
        self.database.take_snapshot().await
    }

    /// How far each partition of a topic is projected: the offset that comes next.
    pub async fn positions(&self, topic: &str) -> Result<BTreeMap<i32, i64>, AuditError> {
        let sql = "SELECT log_partition, next_offset FROM projection.position WHERE topic = $1";
        let rows = self.database.all(sql, &[&topic]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Hands over every transaction, by partition and offset.
    pub async fn each_transaction(&self, mut each: impl FnMut(TransactionRow)) -> Result<(), AuditError> {
        let sql = "SELECT id, account, log_partition, log_offset, new_balance, changed_by, account_seq, from_to, descr
                   FROM projection.transaction ORDER BY log_partition, log_offset";
        self.database
            .each(sql, |row| {
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
        self.database.each("SELECT number, a_type FROM projection.account", |row| each(row.get(0), row.get(1))).await
    }
}
