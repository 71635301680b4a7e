//! What is computed from the staged records, and the transaction that makes it the handler's database.

use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::Client;
use topology::Token;

use super::error::TakeOverError;
use super::rows::TABLES;
use super::topics::Table;
use crate::store::copy;

/// The staging tables, on the connection that holds the right to write.
pub struct Staging<'a>(pub &'a Client);

/// How far the topics tell everything, and how far they tell anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// All records of every event up to and including this one are there.
    pub complete_through: i64,
    /// The highest event number in any record.
    pub last_event: i64,
}

/// What the handler's database holds, beside what the topics tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// Its events.
    pub events: i64,
    /// Its events that the topics tell otherwise, or not at all.
    pub other_events: i64,
    /// Its accounts that the topics tell otherwise, or not at all.
    pub other_accounts: i64,
    /// The Kafka cluster that it belongs to.
    pub cluster_id: Option<String>,
}

/// A part of the checks: what it says is wrong where the query gives a row.
const CONTRADICTIONS: [&str; 4] = [
    // Tokens are not shown.
    "SELECT format('command %s has two outcomes: %s and %s', o.id, coalesce(f.refusal, 'confirmed'), coalesce(o.refusal, 'confirmed')
         || CASE WHEN f.event <> o.event THEN format(' (events %s and %s)', f.event, o.event) ELSE '' END)
     FROM topic_outcome o JOIN first_outcome f USING (kind, id)
     WHERE (o.refusal, o.number, o.token, o.a_type) IS DISTINCT FROM (f.refusal, f.number, f.token, f.a_type)
        OR o.event <> f.event LIMIT 1",
    "SELECT format('event %s is the outcome of several commands, such as %s', event, min(id::text))
     FROM first_outcome GROUP BY event HAVING count(*) > 1 LIMIT 1",
    "SELECT format('the account with the number %s was opened twice', number)
     FROM first_outcome WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1 LIMIT 1",
    "SELECT format('leg %s of event %s was published with other content', o.leg, o.event)
     FROM topic_change o JOIN change f USING (event, leg)
     WHERE (o.number, o.new_balance, o.changed_by, o.from_to, o.description, o.seq)
           IS DISTINCT FROM (f.number, f.new_balance, f.changed_by, f.from_to, f.description, f.seq) LIMIT 1",
];

/// As [`CONTRADICTIONS`], once the events up to `$1`, all of whose records are there, are put together.
const CONTRADICTIONS_OF_EVENTS: [&str; 5] = [
    "SELECT format('the command of event %s (%s) is in no topic with that content', o.event, o.id)
     FROM first_outcome o LEFT JOIN command c USING (kind, id)
     WHERE (c.id IS NULL OR c.hash <> o.hash) AND $1::bigint IS NOT NULL LIMIT 1",
    "SELECT format('event %s: its changes of balances are not those of its command %s', r.event, r.id)
     FROM rebuilt r JOIN command c USING (kind, id)
          LEFT JOIN change d ON d.event = r.event AND d.leg = 1 LEFT JOIN change k ON k.event = r.event AND k.leg = 2
     WHERE r.event <= $1 AND r.kind = 2 AND (
           (d.event IS NOT NULL AND (d.number, d.changed_by, d.from_to, d.description)
               IS DISTINCT FROM (c.from_number, -c.amount, c.to_account, c.description))
        OR (k.event IS NOT NULL AND (k.number, k.changed_by, k.from_to, k.description)
               IS DISTINCT FROM (c.to_number, c.amount, c.from_account, c.description))) LIMIT 1",
    "SELECT format('event %s: its outcome tells the changes `%s`, the topic of changes %s', o.event, o.legs, t.legs)
     FROM first_outcome o JOIN (
         SELECT event, string_agg(iban(number) || ':' || seq, ',' ORDER BY leg) AS legs FROM change
         WHERE event <= $1 GROUP BY event) t USING (event)
     WHERE o.legs IS DISTINCT FROM t.legs LIMIT 1",
    "SELECT format('event %s: change %s of account %s does not follow from the one before', event, seq, iban(number))
     FROM (SELECT event, number, seq, new_balance, changed_by, row_number() OVER w AS place,
                  lag(event) OVER w AS event_before,
                  coalesce(lag(new_balance) OVER w, CASE number WHEN 0 THEN 100000000000000000 ELSE 0 END) AS before
           FROM change WHERE event <= $1 WINDOW w AS (PARTITION BY number ORDER BY seq)) chain
     WHERE seq <> place OR event_before >= event OR new_balance::numeric <> before::numeric + changed_by LIMIT 1",
    "SELECT format('event %s: account %s was not opened before it', c.event, iban(c.number))
     FROM change c LEFT JOIN rebuilt_account a ON a.number = c.number AND a.created_event < c.event
     WHERE c.event <= $1 AND a.number IS NULL LIMIT 1",
];

/// Whether the database and the topics tell an event alike, but for when it was decided.
pub const SAME_EVENT: &str = "(e.event, e.kind, e.id, e.command_hash, e.refusal, e.from_account, e.to_account, e.amount, \
     e.description, e.from_balance, e.from_seq, e.to_balance, e.to_seq, e.counter_account, e.counter_balance) \
     IS NOT DISTINCT FROM (r.event, r.kind, r.id, r.command_hash, r.refusal, r.from_account, r.to_account, r.amount, \
     r.description, r.from_balance, r.from_seq, r.to_balance, r.to_seq, r.counter_account, r.counter_balance)";

impl Staging<'_> {
    /// Makes the staging tables, and gives statements the time that they take.
    pub async fn begin(&self) -> Result<(), TakeOverError> {
        let settings = "SET statement_timeout = 0; RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin; \
             RESET plan_cache_mode; SET work_mem = '64MB'; SET temp_buffers = '32MB'";
        Ok(self.0.batch_execute(&format!("{settings};{TABLES}")).await?)
    }

    /// Appends rows, which stand between COPY's header and trailer.
    pub async fn append(&self, table: Table, rows: BytesMut) -> Result<(), TakeOverError> {
        let name = match table {
            Table::Command => "topic_command",
            Table::Outcome => "topic_outcome",
            Table::Change => "topic_change",
            Table::Poison => "topic_poison",
        };
        self.copy(&format!("COPY {name} FROM STDIN (FORMAT binary)"), rows).await
    }

    /// Sends rows, which follow COPY's header.
    pub async fn copy(&self, statement: &str, mut data: BytesMut) -> Result<(), TakeOverError> {
        copy::trailer(&mut data);
        let sink = self.0.copy_in::<_, Bytes>(statement).await?;
        futures_util::pin_mut!(sink);
        sink.send(data.freeze()).await?;
        sink.finish().await?;
        Ok(())
    }

    /// Sorts the records out: the first outcome of each command, each change once.
    pub async fn sort_out(&self) -> Result<Extent, TakeOverError> {
        self.0
            .batch_execute(
                "CREATE TEMP TABLE first_outcome AS
                     SELECT DISTINCT ON (kind, id) * FROM topic_outcome
                     ORDER BY kind, id, repeat, log_partition, log_offset;
                 CREATE UNIQUE INDEX ON first_outcome (kind, id);
                 CREATE INDEX ON first_outcome (event);
                 ANALYZE topic_command; ANALYZE topic_outcome; ANALYZE topic_change; ANALYZE first_outcome",
            )
            .await?;
        self.number_what_has_none().await?;
        self.0
            .batch_execute(
                "CREATE TEMP TABLE change AS
                     SELECT DISTINCT ON (event, leg) * FROM topic_change ORDER BY event, leg, log_partition, log_offset;
                 CREATE INDEX ON change (event, leg);
                 ANALYZE change; ANALYZE first_outcome",
            )
            .await?;
        self.refuse_contradictions(&CONTRADICTIONS, None).await?;
        let row = self
            .0
            .query_one(
                "SELECT (SELECT count(*) FROM (
                            SELECT o.event, row_number() OVER (ORDER BY o.event) AS place
                            FROM first_outcome o LEFT JOIN (SELECT event, count(*) AS legs FROM change GROUP BY event) c USING (event)
                            WHERE coalesce(c.legs, 0) = coalesce(array_length(string_to_array(o.legs, ','), 1), 0)) complete
                         WHERE event = place),
                        greatest(0, (SELECT max(event) FROM first_outcome), (SELECT max(event) FROM change))",
                &[],
            )
            .await?;
        Ok(Extent { complete_through: row.try_get(0)?, last_event: row.try_get(1)? })
    }

    /// Puts together the events all of whose records are there, and the accounts.
    pub async fn rebuild(&self, extent: Extent) -> Result<(), TakeOverError> {
        let through = extent.complete_through;
        self.0
            .batch_execute(&format!(
                "CREATE TEMP TABLE command AS
                     SELECT DISTINCT ON (c.kind, c.id) c.*, o.event
                     FROM topic_command c LEFT JOIN first_outcome o USING (kind, id)
                     ORDER BY c.kind, c.id, c.hash IS DISTINCT FROM o.hash, c.log_partition, c.log_offset;
                 CREATE UNIQUE INDEX ON command (kind, id);
                 ANALYZE command;
                 CREATE TEMP TABLE rebuilt (LIKE event);
                 INSERT INTO rebuilt
                 SELECT event, kind, id, hash, booked_at, refusal, from_account, to_account, amount, description,
                        from_balance, from_seq, to_balance, to_seq, counter,
                        CASE WHEN counter IS NOT NULL
                             THEN sum(counter_change) OVER (PARTITION BY counter ORDER BY event) END
                 FROM (SELECT o.event, o.kind, o.id, c.hash, o.booked_at, o.refusal, c.from_account,
                              CASE WHEN o.kind = 1 THEN iban(o.number) ELSE c.to_account END AS to_account,
                              c.amount, c.description, d.new_balance AS from_balance, d.seq AS from_seq,
                              k.new_balance AS to_balance, k.seq AS to_seq,
                              CASE WHEN o.kind = 2 AND o.refusal IS NULL THEN
                                   CASE WHEN d.event IS NULL THEN c.from_counter WHEN k.event IS NULL THEN c.to_counter END
                              END AS counter,
                              CASE WHEN d.event IS NULL THEN -c.amount ELSE c.amount END::numeric AS counter_change
                       FROM first_outcome o JOIN command c USING (kind, id)
                            LEFT JOIN change d ON d.event = o.event AND d.leg = 1
                            LEFT JOIN change k ON k.event = o.event AND k.leg = 2
                       WHERE o.event <= {through}) booked;
                 CREATE UNIQUE INDEX ON rebuilt (event);
                 CREATE UNIQUE INDEX ON rebuilt (kind, id);
                 CREATE TEMP TABLE rebuilt_account AS
                     SELECT o.number, o.token, o.a_type, coalesce(a.balance_limit, -50000) AS balance_limit,
                            o.event AS created_event
                     FROM first_outcome o LEFT JOIN account a ON a.number = o.number AND a.token = o.token
                     WHERE o.number IS NOT NULL
                     UNION ALL
                     SELECT 0::bigint, '{company}', 0::smallint,
                            coalesce((SELECT balance_limit FROM account WHERE number = 0), -50000), 0::bigint;
                 CREATE UNIQUE INDEX ON rebuilt_account (number);
                 ANALYZE rebuilt; ANALYZE rebuilt_account",
                company = Token::COMPANY.as_str(),
            ))
            .await?;
        self.refuse_contradictions(&CONTRADICTIONS_OF_EVENTS, Some(through)).await
    }

    /// Each check gives a row, in words, where something is wrong.
    pub async fn refuse_contradictions(&self, checks: &[&str], through: Option<i64>) -> Result<(), TakeOverError> {
        for check in checks {
            let row = match &through {
                Some(through) => self.0.query_opt(*check, &[through]).await?,
                None => self.0.query_opt(*check, &[]).await?,
            };
            if let Some(row) = row {
                return Err(TakeOverError::Contradictory(row.try_get(0)?));
            }
        }
        Ok(())
    }

    /// Computes the balances after the last event, and compares with what the database holds.
    pub async fn compare(&self) -> Result<Existing, TakeOverError> {
        self.0
            .batch_execute(
                "CREATE TEMP TABLE last_balance AS
                 SELECT DISTINCT ON (number) number, balance, seq FROM (
                     SELECT substr(from_account, 9)::bigint AS number, from_balance AS balance, from_seq AS seq
                     FROM rebuilt WHERE from_seq IS NOT NULL
                     UNION ALL
                     SELECT substr(to_account, 9)::bigint, to_balance, to_seq FROM rebuilt WHERE to_seq IS NOT NULL) leg
                 ORDER BY number, seq DESC;
                 CREATE UNIQUE INDEX ON last_balance (number);
                 ANALYZE rebuilt; ANALYZE rebuilt_account; ANALYZE last_balance",
            )
            .await?;
        let row = self
            .0
            .query_one(
                &format!(
                    "SELECT (SELECT count(*) FROM event),
                            (SELECT count(*) FROM event e LEFT JOIN rebuilt r USING (event) WHERE NOT {SAME_EVENT}),
                            (SELECT count(*) FROM account a LEFT JOIN rebuilt_account r USING (number)
                             WHERE (a.token, a.a_type, a.created_event) IS DISTINCT FROM (r.token, r.a_type, r.created_event)),
                            (SELECT cluster_id FROM publication_progress)"
                ),
                &[],
            )
            .await?;
        Ok(Existing {
            events: row.try_get(0)?,
            other_events: row.try_get(1)?,
            other_accounts: row.try_get(2)?,
            cluster_id: row.try_get(3)?,
        })
    }

    /// How many accounts there are, and how many commands without outcome.
    pub async fn counts(&self) -> Result<(i64, i64), TakeOverError> {
        let row = self
            .0
            .query_one(
                "SELECT (SELECT count(*) FROM rebuilt_account),
                        (SELECT count(*) FROM command c LEFT JOIN rebuilt r USING (kind, id) WHERE r.event IS NULL)",
                &[],
            )
            .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// The highest (event, leg) of each partition, answers to repeats left aside: kind, whether confirmed (nothing for
    /// changes), partition, event, leg.
    pub async fn highest(&self) -> Result<Vec<Highest>, TakeOverError> {
        let rows = self
            .0
            .query(
                "SELECT kind, refusal IS NULL, log_partition, max(event), 0::smallint
                 FROM topic_outcome WHERE event IS NOT NULL AND NOT repeat GROUP BY 1, 2, 3
                 UNION ALL
                 SELECT * FROM (SELECT DISTINCT ON (log_partition) 0::smallint, true, log_partition, event, leg
                                FROM topic_change WHERE event IS NOT NULL
                                ORDER BY log_partition, event DESC, leg DESC) change",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Highest {
                    kind: row.try_get(0)?,
                    is_confirmed: row.try_get(1)?,
                    partition: row.try_get(2)?,
                    position: (row.try_get(3)?, row.try_get::<_, Option<i16>>(4)?.unwrap_or(0)),
                })
            })
            .collect()
    }

    /// The offset of the first command without outcome, by kind and partition, where there is one.
    pub async fn first_unanswered(&self) -> Result<Vec<(i16, i32, i64)>, TakeOverError> {
        let rows = self
            .0
            .query(
                "SELECT kind, t.log_partition, min(t.log_offset) FROM topic_command t LEFT JOIN rebuilt r USING (kind, id)
                 WHERE r.event IS NULL GROUP BY 1, 2",
                &[],
            )
            .await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
    }

    /// Begins the transaction that makes the handler's database of it. What is published is the caller's to note in it.
    pub async fn apply_in_tx(&self, replace: bool) -> Result<(), TakeOverError> {
        self.0.batch_execute("BEGIN").await?;
        if replace {
            self.0.batch_execute("TRUNCATE event, account, counter_account").await?;
        }
        self.0
            .batch_execute(
                "INSERT INTO event SELECT * FROM rebuilt
                     WHERE event > (SELECT coalesce(max(event), 0) FROM event) ORDER BY event;
                 INSERT INTO account (number, token, a_type, balance_limit, created_event, balance, seq)
                     SELECT a.number, a.token, a.a_type, a.balance_limit, a.created_event,
                            coalesce(b.balance, CASE a.number WHEN 0 THEN 100000000000000000 ELSE 0 END),
                            coalesce(b.seq, 0)
                     FROM rebuilt_account a LEFT JOIN last_balance b USING (number) ORDER BY a.number
                     ON CONFLICT (number) DO UPDATE SET balance = excluded.balance, seq = excluded.seq;
                 INSERT INTO counter_account
                     SELECT c.name, coalesce((SELECT counter_balance FROM rebuilt r WHERE r.counter_account = c.name
                                              ORDER BY event DESC LIMIT 1), c.opening)
                     FROM (VALUES ('capital', -100000000000000000), ('cash', 0), ('other-bank', 0), ('other-party', 0))
                          c(name, opening)
                     ON CONFLICT (name) DO UPDATE SET balance = excluded.balance;
                 UPDATE flush SET flushed_through = (SELECT coalesce(max(event), 0) FROM event);
                 INSERT INTO poison (topic, log_partition, log_offset, reason, key, value)
                     SELECT topic, log_partition, log_offset, reason, key, value FROM topic_poison
                     ON CONFLICT DO NOTHING;
                 DELETE FROM publication",
            )
            .await?;
        Ok(())
    }

    /// Ends it.
    pub async fn commit(&self) -> Result<(), TakeOverError> {
        // Every statement before it has succeeded, so that this can't be the COMMIT of a failed transaction.
        Ok(self.0.batch_execute("COMMIT").await?)
    }
}

/// How far an output partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highest {
    /// 1 account creation, 2 money transfer, 0 the changes of balances.
    pub kind: i16,
    /// Whether it is the topic of what was confirmed.
    pub is_confirmed: bool,
    /// The partition.
    pub partition: i32,
    /// Event and leg.
    pub position: (i64, i16),
}
