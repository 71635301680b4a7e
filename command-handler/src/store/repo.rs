use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use service_kit::fault;
use service_kit::postgres::{self, DatabaseSettings, Secret};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Statement};
use topology::{CommandId, Iban};
use uuid::Uuid;

use super::row::{self, ANSWER_COLUMNS, EVENT_COLUMNS, EVENT_TABLES};
use super::{StoreError, copy, numeric::Whole};
use crate::decide::{Account, CounterAccount, CounterBalances};
use crate::intake::Poison;
use crate::ledger::{Answer, Event, Firsts, Flush};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The one connection that a handler writes with, which also holds the lock that allows it to.
pub struct Store {
    client: Client,
    timeout: Duration,
    statements: Statements,
}

/// How this connection's statements are planned: once, by indexes, each row by itself. Planned for each execution, the
/// search for repeats alone would cost a lone command up to a millisecond; planned on tables that are still small, it would
/// stay a sequential scan or a hash join when they have grown.
const PLANNING: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Prepared once, on tables that may be empty.
struct Statements {
    firsts: Statement,
    accounts: Statement,
    taken: Statement,
    copy_events: Statement,
    flush: Statement,
}

/// Where a handler that starts goes on.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The last event's number; 0 before the first.
    pub last_event: i64,
    /// The counter-accounts after that event.
    pub counters: CounterBalances,
    /// The id of the Kafka cluster that the events were published to; none before the first start.
    pub cluster_id: Option<String>,
    /// Up to which event, and in which partition what, Kafka has acknowledged.
    pub published: Published,
}

/// What Kafka is known to have acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// Every event up to and including this one.
    pub through: i64,
    /// The last record of each output partition.
    pub partitions: Vec<PublishedPartition>,
}

/// The last record of an output partition that Kafka acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPartition {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The event that the record tells of; 0 when there is none yet.
    pub event: i64,
    /// Which of the event's changes it tells of: 1 debit, 2 credit, 0 the outcome.
    pub leg: i16,
    /// Where it lies; -1 when there is none yet.
    pub offset: i64,
}

/// What goes to the database together, or not at all.
#[derive(Default)]
pub struct Write<'a> {
    /// Answers of which the new events are stored.
    pub answers: &'a [Answer],
    /// New accounts, with the event that opened them.
    pub opened: &'a [(Account, i64)],
    /// Balances for the snapshot.
    pub flush: Option<Flush>,
    /// Commands that could not be decoded.
    pub poison: &'a [Poison],
    /// What Kafka acknowledged, where it is time to note it.
    pub published: Option<Published>,
    /// Whether it is time to show that this handler is alive.
    pub renew_lease: bool,
}

impl Store {
    /// Connects to the handler's database and brings its schema up to date.
    ///
    /// # Errors
    /// When the database can't be reached or its migrations don't run.
    pub async fn connect(settings: &DatabaseSettings, database: &str, timeout_ms: u64) -> Result<Self, StoreError> {
        let (mut client, _) = postgres::connect(settings, database, "command-handler").await?;
        postgres::migrate(&mut client, embedded::migrations::runner()).await?;
        client.batch_execute(PLANNING).await?;
        let statements = Statements {
            firsts: client
                .prepare(&format!("SELECT {ANSWER_COLUMNS} FROM {EVENT_TABLES} WHERE e.id = ANY($1)"))
                .await?,
            accounts: client
                .prepare(
                    "SELECT number, token, a_type, balance_limit, balance, seq FROM account WHERE number = ANY($1)",
                )
                .await?,
            taken: client.prepare("SELECT number FROM account WHERE number = ANY($1)").await?,
            copy_events: client.prepare(&copy::copy_events("event")).await?,
            flush: client
                .prepare(
                    "UPDATE account a SET balance = v.balance, seq = v.seq \
                     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) v(number, balance, seq) \
                     WHERE a.number = v.number",
                )
                .await?,
        };
        Ok(Self { client, timeout: Duration::from_millis(timeout_ms), statements })
    }

    /// The connection, for the lease that lives on it.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Makes the snapshot exact up to the last event, by setting balances to what the events behind it say. It takes as long as there are
    /// events behind it, which nobody but the database can tell.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catch_up_snapshot(&self) -> Result<(), StoreError> {
        let statements = "BEGIN;
            SET LOCAL enable_hashjoin = on;
            UPDATE account a SET balance = u.balance, seq = u.seq FROM unflushed_account u WHERE a.number = u.number;
            UPDATE counter_account c SET balance = u.balance FROM unflushed_counter_account u WHERE c.name = u.name;
            UPDATE flush SET flushed_through = greatest(flushed_through, (SELECT max(event) FROM event));
            COMMIT";
        self.client.batch_execute(statements).await.map_err(StoreError::from)
    }

    /// Where to go on. The snapshot must be caught up.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        let row = self
            .in_time(self.client.query_one(
                "SELECT coalesce((SELECT max(event) FROM event), 0), p.published_through, p.cluster_id \
                 FROM publication_progress p",
                &[],
            ))
            .await?;
        let mut counters = CounterBalances::default();
        for row in self.in_time(self.client.query("SELECT name, balance FROM counter_account", &[])).await? {
            if let Some(counter) = CounterAccount::named(row.try_get(0)?) {
                counters.set(counter, row.try_get::<_, Whole>(1)?.0);
            }
        }
        let partitions = self
            .in_time(self.client.query("SELECT topic, log_partition, event, leg, log_offset FROM publication", &[]))
            .await?
            .iter()
            .map(|row| {
                Ok(PublishedPartition {
                    topic: row.try_get(0)?,
                    partition: row.try_get(1)?,
                    event: row.try_get(2)?,
                    leg: row.try_get(3)?,
                    offset: row.try_get(4)?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Progress {
            last_event: row.try_get(0)?,
            counters,
            cluster_id: row.try_get(2)?,
            published: Published { through: row.try_get(1)?, partitions },
        })
    }

    /// Notes which Kafka cluster the events go to.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn set_cluster_id(&self, cluster_id: &str) -> Result<(), StoreError> {
        self.in_time(self.client.execute("UPDATE publication_progress SET cluster_id = $1", &[&cluster_id])).await?;
        Ok(())
    }

    /// The events with a number above `event`, up to `max`, ascending.
    ///
    /// # Errors
    /// When the database fails, is silent, or holds what no handler writes.
    pub async fn events_after(&self, event: i64, max: i64) -> Result<Vec<Event>, StoreError> {
        let select = format!("SELECT {EVENT_COLUMNS} FROM {EVENT_TABLES} WHERE e.event > $1 ORDER BY e.event LIMIT $2");
        let rows = self.in_time(self.client.query(&select, &[&event, &max])).await?;
        rows.iter().map(row::event).collect()
    }

    /// The events of those of the commands that were decided before, each without its description.
    ///
    /// # Errors
    /// When the database fails, is silent, or holds what no handler writes.
    pub async fn firsts(&self, ids: &[CommandId]) -> Result<Firsts, StoreError> {
        if ids.is_empty() {
            return Ok(Firsts::default());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows = self.in_time(self.client.query(&self.statements.firsts, &[&ids])).await?;
        rows.iter()
            .map(|row| {
                let event = row::event(row)?;
                Ok(((event.kind(), event.id), event))
            })
            .collect()
    }

    /// Those of the accounts that exist, as the snapshot has them.
    ///
    /// # Errors
    /// When the database fails, is silent, or holds what no handler writes.
    pub async fn accounts(&self, ibans: &[Iban]) -> Result<Vec<Account>, StoreError> {
        if ibans.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.in_time(self.client.query(&self.statements.accounts, &[&numbers(ibans)])).await?;
        rows.iter().map(row::account).collect()
    }

    /// Which of the numbers belong to an account.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn taken(&self, ibans: &[Iban]) -> Result<Vec<i64>, StoreError> {
        if ibans.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.in_time(self.client.query(&self.statements.taken, &[&numbers(ibans)])).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Writes all of it in one transaction, and returns once it is durable.
    ///
    /// # Errors
    /// When nothing was written, or when that is not known; the caller must drop its state either way.
    pub async fn write(&self, write: Write<'_>) -> Result<(), StoreError> {
        let rows = write.answers.iter().any(|answer| answer.repeat.is_none());
        let alone = write.opened.is_empty()
            && write.flush.is_none()
            && write.poison.is_empty()
            && write.published.is_none()
            && !write.renew_lease;
        if alone {
            // One statement is a transaction of its own: two round trips less for a command that comes alone.
            return if rows { self.copy_events(write.answers).await } else { Ok(()) };
        }
        let begin = if fault::mutant("three-autocommits") { "" } else { "BEGIN" };
        self.in_time(self.client.batch_execute(begin)).await?;
        let written = self.write_in_tx(&write, rows).await;
        // Every statement before the COMMIT must have succeeded: the COMMIT of a failed transaction the server answers with
        // a ROLLBACK that looks like success.
        if !fault::mutant("commit-believed") {
            written?;
        }
        self.in_time(self.client.batch_execute("COMMIT")).await
    }

    async fn write_in_tx(&self, write: &Write<'_>, rows: bool) -> Result<(), StoreError> {
        if rows {
            self.copy_events(write.answers).await?;
        }
        self.insert_accounts_in_tx(write.opened).await?;
        if let Some(flush) = &write.flush {
            self.flush_in_tx(flush).await?;
        }
        for poison in write.poison {
            self.insert_poison_in_tx(poison).await?;
        }
        if let Some(published) = &write.published {
            self.set_published_in_tx(published).await?;
        }
        if write.renew_lease {
            self.renew_lease().await?;
        }
        Ok(())
    }

    /// Shows that this handler is alive, in one statement: whoever stops waiting for it leaves no transaction open.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn renew_lease(&self) -> Result<(), StoreError> {
        self.in_time(self.client.execute("UPDATE lease SET counter = counter + 1", &[])).await?;
        Ok(())
    }

    async fn copy_events(&self, answers: &[Answer]) -> Result<(), StoreError> {
        let mut data = BytesMut::with_capacity(256 * answers.len() + 64);
        copy::header(&mut data);
        for answer in answers.iter().filter(|answer| answer.repeat.is_none()) {
            copy::row(&answer.event, &mut data);
        }
        copy::trailer(&mut data);
        self.in_time(async {
            let sink = self.client.copy_in::<_, Bytes>(&self.statements.copy_events).await?;
            futures_util::pin_mut!(sink);
            sink.send(data.freeze()).await?;
            fault::failpoint("before-commit");
            sink.finish().await
        })
        .await?;
        Ok(())
    }

    async fn insert_accounts_in_tx(&self, opened: &[(Account, i64)]) -> Result<(), StoreError> {
        if opened.is_empty() {
            return Ok(());
        }
        let number = |account: &Account| number(account.iban);
        let numbers: Vec<i64> = opened.iter().map(|(account, _)| number(account)).collect();
        let tokens = Secret(opened.iter().map(|(account, _)| account.token.as_str()).collect::<Vec<_>>());
        let types: Vec<i16> = opened.iter().map(|(account, _)| row::a_type_number(account.a_type)).collect();
        let limits: Vec<i64> = opened.iter().map(|(account, _)| account.limit.get()).collect();
        let events: Vec<i64> = opened.iter().map(|(_, event)| *event).collect();
        self.in_time(self.client.execute(
            "INSERT INTO account (number, token, a_type, balance_limit, created_event, balance, seq) \
             SELECT *, 0, 0 FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[])",
            &[&numbers, &tokens, &types, &limits, &events],
        ))
        .await?;
        Ok(())
    }

    async fn flush_in_tx(&self, flush: &Flush) -> Result<(), StoreError> {
        if !flush.numbers.is_empty() {
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&flush.numbers, &flush.balances, &flush.seqs];
            self.in_time(self.client.execute(&self.statements.flush, &parameters)).await?;
        }
        fault::failpoint("mid-flush");
        let names: Vec<&str> = CounterAccount::ALL.iter().map(|counter| counter.name()).collect();
        let balances: Vec<String> =
            CounterAccount::ALL.iter().map(|&counter| flush.counters.get(counter).to_string()).collect();
        self.in_time(self.client.execute(
            "UPDATE counter_account c SET balance = v.balance::numeric \
             FROM unnest($1::text[], $2::text[]) v(name, balance) WHERE c.name = v.name",
            &[&names, &balances],
        ))
        .await?;
        self.in_time(self.client.execute("UPDATE flush SET flushed_through = $1", &[&flush.flushed_through])).await?;
        Ok(())
    }

    async fn insert_poison_in_tx(&self, poison: &Poison) -> Result<(), StoreError> {
        self.in_time(self.client.execute(
            "INSERT INTO poison (topic, log_partition, log_offset, reason, key, value) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            &[
                &poison.topic,
                &poison.partition,
                &poison.offset,
                &poison.reason.replace('\0', "\u{FFFD}"),
                &poison.key,
                &Secret(&poison.value),
            ],
        ))
        .await?;
        Ok(())
    }

    /// Notes what Kafka has acknowledged, in the caller's transaction.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn set_published_in_tx(&self, published: &Published) -> Result<(), StoreError> {
        let column = &published.partitions;
        let topics: Vec<&str> = column.iter().map(|row| row.topic.as_str()).collect();
        let partitions: Vec<i32> = column.iter().map(|row| row.partition).collect();
        let events: Vec<i64> = column.iter().map(|row| row.event).collect();
        let legs: Vec<i16> = column.iter().map(|row| row.leg).collect();
        let offsets: Vec<i64> = column.iter().map(|row| row.offset).collect();
        self.in_time(self.client.execute(
            "INSERT INTO publication (topic, log_partition, event, leg, log_offset) \
             SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::smallint[], $5::bigint[]) \
             ON CONFLICT (topic, log_partition) \
             DO UPDATE SET event = excluded.event, leg = excluded.leg, log_offset = excluded.log_offset",
            &[&topics, &partitions, &events, &legs, &offsets],
        ))
        .await?;
        self.in_time(
            self.client.execute("UPDATE publication_progress SET published_through = $1", &[&published.through]),
        )
        .await?;
        Ok(())
    }

    /// A statement's answer.
    ///
    /// # Errors
    /// When the database fails or is silent.
    pub async fn in_time<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.timeout, statement).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Err(StoreError::AnotherWriter(
                error.as_db_error().map_or_else(String::new, |db| db.message().to_owned()),
            )),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(StoreError::Silent(u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX))),
        }
    }
}

fn number(iban: Iban) -> i64 {
    i64::try_from(iban.number()).expect("ten digits fit")
}

fn numbers(ibans: &[Iban]) -> Vec<i64> {
    ibans.iter().copied().map(number).collect()
}
