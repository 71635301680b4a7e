//! SQL that reads the handler's database, at one moment of it.

use std::pin::pin;

use futures_util::TryStreamExt;
use service_kit::postgres::{self, DatabaseSettings};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::{AccountRow, EventRow, PoisonRow};
use crate::error::AuditError;

const NO_PARAMETERS: [&(dyn ToSql + Sync); 0] = [];
const ESCAPE: char = '\u{E000}';

/// A connection to the handler's database.
pub struct HandlerRepo {
    client: Client,
    database: String,
}

impl HandlerRepo {
    pub async fn connect(settings: &DatabaseSettings, database: &str) -> Result<Self, AuditError> {
        let (client, _) = postgres::connect(settings, database, "audit").await?;
        let repo = Self { client, database: database.to_owned() };
        // A million rows take longer than a service's statement may.
        repo.execute("SET statement_timeout = 0").await?;
        Ok(repo)
    }

    /// From the next query on, everything is read as of one moment.
    pub async fn take_snapshot(&self) -> Result<(), AuditError> {
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// The number of the last event.
    pub async fn last_event(&self) -> Result<i64, AuditError> {
        let sql = "SELECT coalesce(max(event), 0) FROM event";
        let row = self.client.query_one(sql, &[]).await.map_err(|source| self.failed(source))?;
        Ok(row.get(0))
    }

    /// Hands over every event, in order.
    pub async fn each_event(&self, mut each: impl FnMut(EventRow)) -> Result<(), AuditError> {
        let sql = "SELECT event, kind, id, command_hash, refusal, from_account, to_account,
                          from_balance, from_seq, to_balance, to_seq
                   FROM event ORDER BY event";
        self.each(sql, |row| {
            let pair = |balance: usize| {
                let balance_and_seq: (Option<i64>, Option<i64>) = (row.get(balance), row.get(balance + 1));
                balance_and_seq.0.zip(balance_and_seq.1)
            };
            let text = |column: usize| row.get::<_, Option<String>>(column).map(unescape);
            each(EventRow {
                event: row.get(0),
                kind: row.get(1),
                id: row.get(2),
                command_hash: row.get(3),
                refusal: row.get(4),
                from_account: text(5),
                to_account: text(6),
                from: pair(7),
                to: pair(9),
            });
        })
        .await
    }

    /// Hands over every account with its current balance, in no order.
    pub async fn each_account(&self, mut each: impl FnMut(AccountRow)) -> Result<(), AuditError> {
        self.each("SELECT iban, a_type, balance_limit, balance, seq FROM current_account", |row| {
            each(AccountRow {
                iban: row.get(0),
                a_type: row.get(1),
                balance_limit: row.get(2),
                balance: row.get(3),
                seq: row.get(4),
            });
        })
        .await
    }

    /// The sum in euro cents of all balances, the outside's among them, as text: it may have more than 64 bits.
    pub async fn sum_of_balances(&self) -> Result<String, AuditError> {
        let sql = "SELECT ((SELECT coalesce(sum(balance), 0) FROM current_account)
                         + (SELECT coalesce(sum(balance), 0) FROM current_counter_account))::text";
        let row = self.client.query_one(sql, &[]).await.map_err(|source| self.failed(source))?;
        Ok(row.get(0))
    }

    /// The places of all commands that could not be read.
    pub async fn poison(&self) -> Result<Vec<PoisonRow>, AuditError> {
        let mut poison = Vec::new();
        self.each("SELECT topic, log_partition, log_offset FROM poison", |row| {
            poison.push(PoisonRow { topic: row.get(0), partition: row.get(1), offset: row.get(2) });
        })
        .await?;
        Ok(poison)
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

/// Text columns hold U+0000 as U+E000 and `0`, and U+E000 as U+E000 and `1`.
fn unescape(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == ESCAPE) {
            (_, true) if characters.next() == Some('0') => plain.push('\0'),
            (other, _) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_what_was_sent() {
        for (stored, sent) in
            [("ah pin", "ah pin"), ("a\u{E000}0b", "a\0b"), ("\u{E000}1", "\u{E000}"), ("\u{E000}10", "\u{E000}0")]
        {
            assert_eq!(unescape(stored.to_owned()), sent);
        }
    }
}
