//! SQL that reads the handler's database, at one moment of it.

use service_kit::postgres::DatabaseSettings;
use tokio_postgres::Row;

use super::{AccountRow, EventRow, PoisonRow};
use crate::database::Database;
use crate::error::AuditError;

const ESCAPE: char = '\u{E000}';

/// A connection to the handler's database.
pub struct HandlerRepo {
    database: Database,
}

impl HandlerRepo {
    pub async fn connect(settings: &DatabaseSettings, database: &str) -> Result<Self, AuditError> {
        Ok(Self { database: Database::connect(settings, database).await? })
    }

    /// From the next query on, everything is read as of one moment.
    pub async fn take_snapshot(&self) -> Result<(), AuditError> {
        self.database.take_snapshot().await
    }

    /// The number of the last event.
    pub async fn last_event(&self) -> Result<i64, AuditError> {
        Ok(self.database.one("SELECT coalesce(max(event), 0) FROM event").await?.get(0))
    }

    /// Hands over every event, in order.
    pub async fn each_event(&self, mut each: impl FnMut(EventRow)) -> Result<(), AuditError> {
        let sql = "SELECT event, kind, id, command_hash, refusal, from_account, to_account, description, amount,
                          from_balance, from_seq, to_balance, to_seq, counter_account, counter_balance::text
                   FROM event ORDER BY event";
        let mut nonsense = None;
        self.database
            .each(sql, |row| match event_of(row) {
                Ok(event) => each(event),
                Err(what) => nonsense = Some(what),
            })
            .await?;
        nonsense.map_or(Ok(()), |what| Err(self.nonsense(what)))
    }

    /// Hands over every account with its current balance, in no order.
    pub async fn each_account(&self, mut each: impl FnMut(AccountRow)) -> Result<(), AuditError> {
        self.database
            .each("SELECT iban, a_type, balance_limit, balance, seq FROM current_account", |row| {
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

    /// Hands over every account's ten digits and token, in no order.
    pub async fn each_token(&self, mut each: impl FnMut(i64, &str)) -> Result<(), AuditError> {
        self.database.each("SELECT number, token FROM account", |row| each(row.get(0), row.get(1))).await
    }

    /// The sum in euro cents of all balances, the outside's among them, as text: it may have more than 64 bits.
    pub async fn sum_of_balances(&self) -> Result<String, AuditError> {
        let sql = "SELECT ((SELECT coalesce(sum(balance), 0) FROM current_account)
                         + (SELECT coalesce(sum(balance), 0) FROM current_counter_account))::text";
        Ok(self.database.one(sql).await?.get(0))
    }

    /// The counter-accounts with their current balances in euro cents.
    pub async fn counters(&self) -> Result<Vec<(String, i128)>, AuditError> {
        let mut counters = Vec::new();
        let mut nonsense = None;
        self.database
            .each("SELECT name, balance::text FROM current_counter_account", |row| {
                let (name, balance): (String, &str) = (row.get(0), row.get(1));
                match balance.parse() {
                    Ok(cents) => counters.push((name, cents)),
                    Err(_) => nonsense = Some(format!("the balance {balance} of {name} is no number")),
                }
            })
            .await?;
        nonsense.map_or(Ok(counters), |what| Err(self.nonsense(what)))
    }

    /// The places of all commands that could not be read.
    pub async fn poison(&self) -> Result<Vec<PoisonRow>, AuditError> {
        let mut poison = Vec::new();
        self.database
            .each("SELECT topic, log_partition, log_offset FROM poison", |row| {
                poison.push(PoisonRow { topic: row.get(0), partition: row.get(1), offset: row.get(2) });
            })
            .await?;
        Ok(poison)
    }

    fn nonsense(&self, what: String) -> AuditError {
        AuditError::Nonsense { database: self.database.name().to_owned(), what }
    }
}

fn event_of(row: &Row) -> Result<EventRow, String> {
    let pair = |balance: usize| {
        let balance_and_seq: (Option<i64>, Option<i64>) = (row.get(balance), row.get(balance + 1));
        balance_and_seq.0.zip(balance_and_seq.1)
    };
    let text = |column: usize| row.get::<_, Option<String>>(column).map(unescape);
    let event = row.get(0);
    let counter = match (row.get::<_, Option<String>>(13), row.get::<_, Option<String>>(14)) {
        (Some(name), Some(balance)) => {
            let cents =
                balance.parse().map_err(|_| format!("event {event}: counter_balance {balance} is no number"))?;
            Some((name, cents))
        }
        _ => None,
    };
    Ok(EventRow {
        event,
        kind: row.get(1),
        id: row.get(2),
        command_hash: row.get(3),
        refusal: row.get(4),
        from_account: text(5),
        to_account: text(6),
        description: text(7),
        amount: row.get(8),
        from: pair(9),
        to: pair(11),
        counter,
    })
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
