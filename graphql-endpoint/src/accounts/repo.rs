//! SQL of the users.

use crate::error::Fault;
use deadpool_postgres::Pool;
use service_kit::postgres::Secret;
use std::time::Duration;
use tokio_postgres::Row;
use topology::{CommandId, Iban, Token};

/// Keeps users. Cheap to clone.
#[derive(Clone)]
pub struct Repo {
    pool: Pool,
}

/// A user. Without `Debug`, since it holds the hash.
#[derive(Clone)]
pub struct User {
    /// PHC string.
    pub password_hash: String,
    /// The command that is or was sent for the account.
    pub creation: Sent,
    /// Why the last command gave no account.
    pub failure: Option<String>,
    /// The account.
    pub account: Option<(Iban, Token)>,
}

/// A command to create an account, for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whose account it will be.
    pub username: String,
    /// The command's id.
    pub id: CommandId,
    /// How many ids were tried.
    pub attempts: i16,
}

impl Repo {
    /// A repo on a pool of connections to transactiondb.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The user of this name.
    pub async fn find(&self, username: &str) -> Result<Option<User>, Fault> {
        let client = self.pool.get().await?;
        let sql = "SELECT username, creation_id, creation_attempts, password_hash, failure, iban, token
                   FROM bank_user WHERE username = $1";
        let find = client.prepare_cached(sql).await?;
        Ok(client.query_opt(&find, &[&username]).await?.map(|row| user_of_row(&row)))
    }

    /// Adds a user; `false` when the name is taken.
    pub async fn add(&self, sent: &Sent, password_hash: &str) -> Result<bool, Fault> {
        let sql = "INSERT INTO bank_user (username, password_hash, creation_id, creation_attempts)
                   VALUES ($1, $2, $3, $4) ON CONFLICT (username) DO NOTHING";
        let client = self.pool.get().await?;
        let add = client.prepare_cached(sql).await?;
        Ok(client.execute(&add, &[&sent.username, &Secret(password_hash), &sent.id.uuid(), &sent.attempts]).await? == 1)
    }

    /// Goes on with another command after `failed`; `false` when somebody else did already.
    pub async fn renew(&self, failed: CommandId, sent: &Sent) -> Result<bool, Fault> {
        let sql = "UPDATE bank_user SET creation_id = $3, creation_attempts = $4, failure = NULL, sent_at = now()
                   WHERE username = $1 AND creation_id = $2 AND iban IS NULL";
        let client = self.pool.get().await?;
        let renew = client.prepare_cached(sql).await?;
        let changed =
            client.execute(&renew, &[&sent.username, &failed.uuid(), &sent.id.uuid(), &sent.attempts]).await?;
        Ok(changed == 1)
    }

    /// Keeps the account of a command.
    pub async fn confirm(&self, id: CommandId, iban: Iban, token: Token) -> Result<(), Fault> {
        let sql = "UPDATE bank_user SET iban = $2, token = $3, failure = NULL WHERE creation_id = $1 AND iban IS NULL";
        let client = self.pool.get().await?;
        let confirm = client.prepare_cached(sql).await?;
        client.execute(&confirm, &[&id.uuid(), &&*iban.text(), &Secret(token.as_str())]).await?;
        Ok(())
    }

    /// Keeps why a command gave no account.
    pub async fn fail(&self, id: CommandId, reason: &str) -> Result<(), Fault> {
        let sql = "UPDATE bank_user SET failure = $2 WHERE creation_id = $1 AND iban IS NULL";
        let client = self.pool.get().await?;
        let fail = client.prepare_cached(sql).await?;
        client.execute(&fail, &[&id.uuid(), &reason]).await?;
        Ok(())
    }

    /// Commands without outcome that were not sent for this long, oldest first, now marked as sent. No two instances get
    /// the same one.
    pub async fn unanswered(&self, since: Duration, max: i64) -> Result<Vec<Sent>, Fault> {
        let sql = "UPDATE bank_user SET sent_at = now() WHERE username IN (
                      SELECT username FROM bank_user
                      WHERE iban IS NULL AND failure IS NULL
                        AND sent_at <= now() - $1::double precision * interval '1 second'
                      ORDER BY sent_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                   RETURNING username, creation_id, creation_attempts";
        let client = self.pool.get().await?;
        let update = client.prepare_cached(sql).await?;
        Ok(client.query(&update, &[&since.as_secs_f64(), &max]).await?.iter().map(sent_of_row).collect())
    }
}

fn sent_of_row(row: &Row) -> Sent {
    Sent { username: row.get(0), id: CommandId::from_uuid(row.get(1)), attempts: row.get(2) }
}

fn user_of_row(row: &Row) -> User {
    let iban: Option<&str> = row.get(5);
    let token: Option<&str> = row.get(6);
    let account = iban.zip(token).and_then(|(iban, token)| Iban::parse(iban).ok().zip(Token::parse(token).ok()));
    User { creation: sent_of_row(row), password_hash: row.get(3), failure: row.get(4), account }
}
