//! SQL that reads the projection.

use super::account::{AccountRow, Search};
use crate::error::Fault;
use crate::projection::{Change, Place};
use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use topology::{AccountType, Cents, Iban};

const COLUMNS: &str =
    "id, account, log_offset, new_balance, changed_by, account_seq, booked_at, log_partition, from_to, descr";

/// Reads the projection through the pool. Cheap to clone.
#[derive(Clone)]
pub struct Repo {
    pool: Pool,
}

/// Offsets of one partition: from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset behind the last.
    pub to: i64,
}

impl Repo {
    /// A repo on a pool of connections to transactiondb.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The transaction with this id.
    pub async fn by_id(&self, id: i64) -> Result<Option<Change>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM projection.transaction WHERE id = $1");
        Ok(self.changes(&sql, &[&id]).await?.pop())
    }

    /// The newest transactions of an account, newest first.
    pub async fn newest_of(&self, account: Iban, max: i64) -> Result<Vec<Change>, Fault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM projection.transaction WHERE account = $1 ORDER BY log_offset DESC LIMIT $2"
        );
        self.changes(&sql, &[&number_of(account), &max]).await
    }

    /// The last transaction of each account that has one, of up to `max` accounts.
    pub async fn last_of_all(&self, max: i64) -> Result<Vec<Change>, Fault> {
        let sql = format!(
            "SELECT last.* FROM (SELECT number FROM projection.account WHERE has_transactions LIMIT $1) AS active
             CROSS JOIN LATERAL (SELECT {COLUMNS} FROM projection.transaction WHERE account = active.number
                                 ORDER BY log_offset DESC LIMIT 1) AS last"
        );
        self.changes(&sql, &[&max]).await
    }

    /// Whether more than `max` accounts have transactions.
    pub async fn more_active_accounts_than(&self, max: i64) -> Result<bool, Fault> {
        let sql = "SELECT count(*) FROM (SELECT FROM projection.account WHERE has_transactions LIMIT $1::bigint + 1) AS active";
        let rows = self.query(sql, &[&max]).await?;
        Ok(rows.first().is_some_and(|row| row.get::<_, i64>(0) > max))
    }

    /// Transactions of an account in a stretch of the log, oldest first, up to `max`.
    pub async fn of_account(&self, account: Iban, stretch: Stretch, max: i64) -> Result<Vec<Change>, Fault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM projection.transaction
             WHERE account = $1 AND log_partition = $2 AND log_offset >= $3 AND log_offset < $4
             ORDER BY log_offset LIMIT $5"
        );
        let Stretch { partition, from, to } = stretch;
        self.changes(&sql, &[&number_of(account), &partition, &from, &to, &max]).await
    }

    /// Transactions of all accounts in a stretch of the log, oldest first, up to `max`.
    pub async fn of_all(&self, stretch: Stretch, max: i64) -> Result<Vec<Change>, Fault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM projection.transaction
             WHERE log_partition = $1 AND log_offset >= $2 AND log_offset < $3 ORDER BY log_offset LIMIT $4"
        );
        self.changes(&sql, &[&stretch.partition, &stretch.from, &stretch.to, &max]).await
    }

    /// The partition that an account lives in; `None` before its first transaction.
    pub async fn partition_of(&self, account: Iban) -> Result<Option<i32>, Fault> {
        let sql =
            "SELECT log_partition FROM projection.transaction WHERE account = $1 ORDER BY log_offset DESC LIMIT 1";
        let rows = self.query(sql, &[&number_of(account)]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Whether an account's change with this sequence is committed.
    pub async fn has_leg(&self, account: Iban, seq: i64) -> Result<bool, Fault> {
        let sql = "SELECT account_seq >= $2 FROM projection.transaction WHERE account = $1 AND account_seq IS NOT NULL
                   ORDER BY log_offset DESC LIMIT 1";
        let rows = self.query(sql, &[&number_of(account), &seq]).await?;
        Ok(rows.first().is_some_and(|row| row.get(0)))
    }

    /// Accounts behind `after`, by number, up to `max`.
    pub async fn accounts(&self, after: Option<Iban>, search: &Search, max: i64) -> Result<Vec<AccountRow>, Fault> {
        let condition = match search {
            Search::All => "$3::text IS NULL",
            Search::Begins(_) => "iban LIKE $3",
            Search::Ends(_) => "reverse(iban) LIKE $3",
        };
        let sql = account_sql(&format!("number > $1 AND {condition} ORDER BY number LIMIT $2"));
        let after = after.map_or(-1, number_of);
        let rows = self.query(&sql, &[&after, &max, &search.pattern()]).await?;
        rows.iter().map(account_of_row).collect()
    }

    /// One account, by its IBAN.
    pub async fn account(&self, account: Iban) -> Result<Option<AccountRow>, Fault> {
        let rows = self.query(&account_sql("number = $1"), &[&number_of(account)]).await?;
        rows.first().map(account_of_row).transpose()
    }

    async fn changes(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Change>, Fault> {
        self.query(sql, parameters).await?.iter().map(change_of_row).collect()
    }

    async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Fault> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }
}

fn account_sql(condition: &str) -> String {
    format!(
        "SELECT number, a_type, created_at, coalesce(last.new_balance, opening_balance), last.booked_at, last.account_seq
         FROM (SELECT * FROM projection.account WHERE {condition}) AS account
         LEFT JOIN LATERAL (SELECT new_balance, booked_at, account_seq FROM projection.transaction
                            WHERE transaction.account = account.number ORDER BY log_offset DESC LIMIT 1) AS last ON true
         ORDER BY number"
    )
}

fn account_of_row(row: &Row) -> Result<AccountRow, Fault> {
    let a_type: Option<i16> = row.get(1);
    Ok(AccountRow {
        iban: iban_of(row.get(0))?,
        a_type: a_type.and_then(|ordinal| AccountType::from_ordinal(i64::from(ordinal))),
        created_at_us: row.get(2),
        balance: Cents::new(row.get(3)),
        last_booked_at_us: row.get(4),
        account_seq: row.get(5),
    })
}

fn change_of_row(row: &Row) -> Result<Change, Fault> {
    Ok(Change {
        id: row.get(0),
        account: iban_of(row.get(1))?,
        place: Place { partition: row.get(7), offset: row.get(2) },
        event_leg: None,
        account_seq: row.get(5),
        booked_at_us: row.get(6),
        new_balance: Cents::new(row.get(3)),
        changed_by: Cents::new(row.get(4)),
        from_to: row.get(8),
        descr: row.get(9),
    })
}

/// The ten digits as the database keeps them.
#[must_use]
pub fn number_of(account: Iban) -> i64 {
    i64::try_from(account.number()).expect("ten digits fit")
}

fn iban_of(number: i64) -> Result<Iban, Fault> {
    u64::try_from(number).ok().and_then(|number| Iban::from_number(number).ok()).ok_or(Fault::ForeignRow(number))
}
