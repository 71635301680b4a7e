//! SQL that writes the projection, on a connection of its own.

use super::change::{Change, EventLeg};
use super::copy;
use super::marks::{Mark, Marks};
use super::sources::Created;
use crate::error::Fault;
use crate::history::number_of;
use bytes::Bytes;
use futures_util::{SinkExt, future};
use service_kit::fault;
use service_kit::postgres::connect;
use service_kit::settings::DatabaseSettings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Statement};
use topology::Iban;

/// The projection that is asked.
pub const CURRENT: &str = "projection";
/// The projection that a rebuild fills.
pub const NEXT: &str = "projection_next";

/// Key of the advisory lock that the one writing instance holds: the ASCII of `project`.
const WRITER_LOCK: i64 = 0x0070_726f_6a65_6374;

/// Marks by topic.
pub type TopicMarks = BTreeMap<Arc<str>, Marks>;

/// What is written in one transaction.
#[derive(Debug, Default)]
pub struct WriteSet {
    /// Changes, each for the first time.
    pub changes: Vec<Arc<Change>>,
    /// Accounts that were made; again does no harm.
    pub created: Vec<Created>,
    /// The marks of the partitions that were read from.
    pub marks: Vec<(Arc<str>, i32, Mark)>,
}

/// A connection that writes one of the two projections.
pub struct Writer {
    client: Client,
    connection: JoinHandle<Result<(), tokio_postgres::Error>>,
    copy: Statement,
    created: Statement,
    active: Statement,
    marks: Statement,
    schema: &'static str,
}

impl Writer {
    /// Connects, for the projection in `schema`.
    pub async fn connect(
        settings: &DatabaseSettings,
        database: &str,
        schema: &'static str,
        asynchronous_commit: bool,
    ) -> Result<Self, Fault> {
        let (client, connection) = connect(settings, database, "graphql-endpoint projection").await?;
        if asynchronous_commit {
            client.batch_execute("SET synchronous_commit = off").await?;
        }
        let copy = format!("COPY {schema}.transaction ({}) FROM STDIN BINARY", copy::COLUMNS);
        let created = format!(
            "INSERT INTO {schema}.account (number, iban, a_type, created_at)
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[])
             ON CONFLICT (number) DO UPDATE SET a_type = excluded.a_type, created_at = excluded.created_at"
        );
        let active = format!(
            "INSERT INTO {schema}.account AS known (number, iban, has_transactions)
             SELECT number, iban, true FROM unnest($1::bigint[], $2::text[]) AS active (number, iban)
             ON CONFLICT (number) DO UPDATE SET has_transactions = true WHERE NOT known.has_transactions"
        );
        let marks = format!(
            "INSERT INTO {schema}.position (topic, log_partition, next_offset, highest_event, highest_leg)
             SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::smallint[])
             ON CONFLICT (topic, log_partition) DO UPDATE SET next_offset = excluded.next_offset,
                highest_event = excluded.highest_event, highest_leg = excluded.highest_leg"
        );
        Ok(Self {
            copy: client.prepare(&copy).await?,
            created: client.prepare(&created).await?,
            active: client.prepare(&active).await?,
            marks: client.prepare(&marks).await?,
            client,
            connection,
            schema,
        })
    }

    /// Waits until the connection is lost. Not to be asked again then.
    pub async fn lost(&mut self) -> Fault {
        match (&mut self.connection).await {
            Ok(Err(error)) => Fault::Statement(error),
            Ok(Ok(())) | Err(_) => Fault::RoleChanged,
        }
    }

    /// Tries to become the one writing instance, for as long as this connection lives.
    pub async fn try_lock(&self) -> Result<bool, Fault> {
        let row = self.client.query_one("SELECT pg_try_advisory_lock($1)", &[&WRITER_LOCK]).await?;
        Ok(row.get(0) || fault::mutant("two-projectors"))
    }

    /// The connection, for what is asked once.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// How far each partition was projected.
    pub async fn marks(&self) -> Result<TopicMarks, Fault> {
        let sql = format!(
            "SELECT topic, log_partition, next_offset, highest_event, highest_leg FROM {}.position",
            self.schema
        );
        let mut by_topic: BTreeMap<Arc<str>, Vec<(i32, Mark)>> = BTreeMap::new();
        for row in self.client.query(&sql, &[]).await? {
            let topic: &str = row.get(0);
            let highest = EventLeg { event: row.get(3), leg: row.get(4) };
            by_topic.entry(topic.into()).or_default().push((row.get(1), Mark { next_offset: row.get(2), highest }));
        }
        Ok(by_topic.into_iter().map(|(topic, marks)| (topic, Marks::new(marks))).collect())
    }

    /// Writes it all or nothing.
    ///
    /// # Errors
    /// After any error this connection must be dropped: it may be inside a failed transaction, or the answer to a COMMIT
    /// may be lost.
    pub async fn write(&self, set: &WriteSet) -> Result<(), Fault> {
        // Requests go out in the order in which they are first polled, so each `join` is one round trip.
        if set.changes.is_empty() {
            let (begun, rest) = future::join(self.client.batch_execute("BEGIN"), self.write_rest(set)).await;
            begun?;
            return rest;
        }
        let (begun, sink) =
            future::join(self.client.batch_execute("BEGIN"), self.client.copy_in::<_, Bytes>(&self.copy)).await;
        begun?;
        let mut sink = Box::pin(sink?);
        let rows = copy::rows(&set.changes);
        let copied = async {
            sink.send(rows).await?;
            sink.as_mut().finish().await
        };
        let (copied, rest) = future::join(copied, self.write_rest(set)).await;
        if !fault::mutant("projection-commit-believed") {
            copied?;
            rest?;
        }
        Ok(())
    }

    /// All but the changes, and the COMMIT. Postgres answers a COMMIT after a failure with success, so every statement
    /// before it must have succeeded too.
    async fn write_rest(&self, set: &WriteSet) -> Result<(), Fault> {
        let (numbers, ibans): (Vec<i64>, Vec<String>) =
            active_for_the_first_time(&set.changes).into_iter().map(row_of).unzip();
        let mut made: BTreeMap<Iban, &Created> = BTreeMap::new();
        for created in &set.created {
            made.insert(created.iban, created);
        }
        let (made_numbers, made_ibans): (Vec<i64>, Vec<String>) = made.keys().copied().map(row_of).unzip();
        let a_types: Vec<i16> = made.values().map(|created| i16::from(created.a_type.ordinal())).collect();
        let created_at: Vec<Option<i64>> = made.values().map(|created| created.booked_at_us).collect();
        let topics: Vec<&str> = set.marks.iter().map(|(topic, ..)| &**topic).collect();
        let partitions: Vec<i32> = set.marks.iter().map(|(_, partition, _)| *partition).collect();
        let next_offsets: Vec<i64> = set.marks.iter().map(|(.., mark)| mark.next_offset).collect();
        let events: Vec<i64> = set.marks.iter().map(|(.., mark)| mark.highest.event).collect();
        let legs: Vec<i16> = set.marks.iter().map(|(.., mark)| mark.highest.leg).collect();
        let client = &self.client;
        let create = async {
            if made.is_empty() {
                return Ok(0);
            }
            client.execute(&self.created, &[&made_numbers, &made_ibans, &a_types, &created_at]).await
        };
        let activate = async {
            if numbers.is_empty() {
                return Ok(0);
            }
            client.execute(&self.active, &[&numbers, &ibans]).await
        };
        let mark = async {
            if fault::mutant("projection-without-positions") {
                return Ok(0);
            }
            client.execute(&self.marks, &[&topics, &partitions, &next_offsets, &events, &legs]).await
        };
        fault::failpoint("before-projection-commit");
        let (created, activated, marked, committed) =
            future::join4(create, activate, mark, client.batch_execute("COMMIT")).await;
        created?;
        activated?;
        marked?;
        Ok(committed?)
    }
}

fn row_of(iban: Iban) -> (i64, String) {
    (number_of(iban), iban.to_string())
}

/// The accounts that may have their first transaction here, in order, so that two writers would not deadlock.
fn active_for_the_first_time(changes: &[Arc<Change>]) -> BTreeSet<Iban> {
    changes.iter().filter(|change| change.account_seq.is_none_or(|seq| seq == 1)).map(|change| change.account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::tests_support::change_at;

    #[test]
    fn an_account_becomes_active_by_its_first_change_or_one_without_number() {
        let other = Iban::from_number(5).expect("ten digits");
        let change = |account, account_seq| Arc::new(Change { account, account_seq, ..change_at(0, 0, 1, 1) });
        let active = |rows: &[(Iban, Option<i64>)]| {
            let changes: Vec<_> = rows.iter().map(|(account, seq)| change(*account, *seq)).collect();
            active_for_the_first_time(&changes).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(active(&[(other, Some(1)), (Iban::COMPANY, Some(2))]), [other]);
        assert_eq!(active(&[(other, None), (Iban::COMPANY, Some(1)), (other, Some(2))]), [Iban::COMPANY, other]);
    }
}
