//! SQL of the transfer requests.

use super::answer::Outcome;
use crate::error::Fault;
use deadpool_postgres::Pool;
use service_kit::fault;
use service_kit::postgres::Secret;
use std::time::Duration;
use tokio_postgres::Row;
use topology::{CommandHash, CommandId, ConfirmMoneyTransfer, Record};

/// Keeps transfer requests. Cheap to clone.
#[derive(Clone)]
pub struct Repo {
    pool: Pool,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Of its content.
    pub hash: CommandHash,
    /// `None` while it has none.
    pub outcome: Option<Outcome>,
}

impl Repo {
    /// A repo on a pool of connections to transactiondb.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Keeps a request that was not known, and gives `None`; or what is known of it.
    pub async fn keep(&self, command: &ConfirmMoneyTransfer, hash: CommandHash) -> Result<Option<Known>, Fault> {
        if fault::mutant("request-not-kept") {
            return Ok(None);
        }
        let client = self.pool.get().await?;
        let insert = client
            .prepare_cached(
                "INSERT INTO transfer_request (id, content_hash, command) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .await?;
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        let id = command.id.uuid();
        if client.execute(&insert, &[&id, &hash.to_bytes().as_slice(), &Secret(bytes)]).await? == 1 {
            return Ok(None);
        }
        let find =
            client.prepare_cached("SELECT content_hash, success, reason FROM transfer_request WHERE id = $1").await?;
        Ok(Some(known_of_row(&client.query_one(&find, &[&id]).await?)))
    }

    /// Keeps outcomes of requests that have none.
    pub async fn settle(&self, outcomes: &[(CommandId, Outcome)]) -> Result<(), Fault> {
        let ids: Vec<_> = outcomes.iter().map(|(id, _)| id.uuid()).collect();
        let successes: Vec<bool> = outcomes.iter().map(|(_, outcome)| outcome.is_success()).collect();
        let reasons: Vec<Option<&str>> = outcomes.iter().map(|(_, outcome)| outcome.reason()).collect();
        let client = self.pool.get().await?;
        let update = client
            .prepare_cached(
                "UPDATE transfer_request AS request
                 SET success = outcome.success, reason = outcome.reason, command = NULL, answered_at = now()
                 FROM unnest($1::uuid[], $2::boolean[], $3::text[]) AS outcome (id, success, reason)
                 WHERE request.id = outcome.id AND request.success IS NULL",
            )
            .await?;
        client.execute(&update, &[&ids, &successes, &reasons]).await?;
        Ok(())
    }

    /// Requests without outcome that were not sent for this long, oldest first, now marked as sent. No two instances get
    /// the same one.
    pub async fn unanswered(
        &self,
        since: Duration,
        max: i64,
    ) -> Result<Vec<(CommandHash, ConfirmMoneyTransfer)>, Fault> {
        let client = self.pool.get().await?;
        let update = client
            .prepare_cached(
                "UPDATE transfer_request SET sent_at = now() WHERE id IN (
                    SELECT id FROM transfer_request
                    WHERE success IS NULL AND sent_at <= now() - $1::double precision * interval '1 second'
                    ORDER BY sent_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                 RETURNING content_hash, command",
            )
            .await?;
        let rows = client.query(&update, &[&since.as_secs_f64(), &max]).await?;
        Ok(rows.iter().filter_map(request_of_row).collect())
    }
}

fn known_of_row(row: &Row) -> Known {
    let success: Option<bool> = row.get(1);
    let outcome = success.map(|success| if success { Outcome::Confirmed } else { Outcome::refused(row.get(2)) });
    Known { hash: hash_of(row.get(0)), outcome }
}

fn request_of_row(row: &Row) -> Option<(CommandHash, ConfirmMoneyTransfer)> {
    let command: Option<&[u8]> = row.get(1);
    // What cannot be read was not written by this program; the column is never null beside a null success.
    Some((hash_of(row.get(0)), ConfirmMoneyTransfer::decode(command?).ok()?))
}

fn hash_of(bytes: &[u8]) -> CommandHash {
    // The table's check keeps the length; any other would match no content.
    CommandHash::from_bytes(bytes.try_into().unwrap_or_default())
}
