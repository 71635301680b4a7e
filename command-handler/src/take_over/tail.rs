//! What completing the last events needs of the staged records, and what it adds to them.

use bytes::BytesMut;
use service_kit::postgres::Secret;
use tokio_postgres::Row;
use topology::{Cents, CommandHash, CommandId, Iban, Token};
use uuid::Uuid;

use super::complete::{Completed, SeenLeg, State, TailEvent, Unanswered, Verdict};
use super::error::TakeOverError;
use super::repo::{Extent, SAME_EVENT, Staging};
use crate::decide::{Account, CounterAccount, Leg, Party, Refusal, Transfer};
use crate::ledger::{Body, Command, Event, Kind, Opened};
use crate::store::numeric::Whole;
use crate::store::row::{a_type, a_type_number};
use crate::store::{StoreError, copy, text};

/// Events sent to the database in one statement.
const CHUNK_EVENTS: usize = 2_000;
const COMPANY_OPENING_CENTS: i64 = 100_000_000_000_000_000;

const COMMAND_COLUMNS: &str = "c.kind, c.id, c.hash, c.a_type, c.token, c.from_account, c.to_account, c.amount, \
     c.description, c.log_partition, c.log_offset";

impl Staging<'_> {
    /// Lets the database tell outcomes that are in no topic, where all that it tells beside is in the topics.
    pub async fn add_known_outcomes(&self, extent: Extent) -> Result<(), TakeOverError> {
        let known = format!(
            "INSERT INTO first_outcome (kind, id, event, hash, booked_at, repeat, refusal, number, token, a_type, legs)
             SELECT e.kind, e.id, e.event, e.command_hash, e.booked_at, false, e.refusal, a.number, a.token, a.a_type,
                    CASE WHEN e.kind = 2 AND e.refusal IS NULL THEN concat_ws(',',
                         CASE WHEN e.from_seq IS NOT NULL THEN e.from_account || ':' || e.from_seq END,
                         CASE WHEN e.to_seq IS NOT NULL THEN e.to_account || ':' || e.to_seq END) END
             FROM event e LEFT JOIN account a
                  ON a.number = CASE WHEN e.kind = 1 AND e.refusal IS NULL THEN substr(e.to_account, 9)::bigint END
             WHERE e.event > $1 AND e.event <= $2
               AND NOT EXISTS (SELECT FROM first_outcome o WHERE o.event = e.event)
               AND NOT EXISTS (SELECT FROM first_outcome o WHERE o.kind = e.kind AND o.id = e.id)
               AND NOT EXISTS (SELECT FROM event e LEFT JOIN rebuilt r USING (event)
                               WHERE e.event <= $1 AND NOT {SAME_EVENT})"
        );
        let added = self.0.execute(&known, &[&extent.complete_through, &extent.last_event]).await?;
        if added > 0 {
            tracing::info!(added, "outcomes that are in no topic are known from the database");
            self.0
                .batch_execute(
                    "UPDATE command c SET event = o.event FROM first_outcome o
                         WHERE c.kind = o.kind AND c.id = o.id AND c.event IS NULL;
                     INSERT INTO rebuilt_account
                     SELECT a.number, a.token, a.a_type, a.balance_limit, o.event
                     FROM first_outcome o JOIN account a USING (number)
                     WHERE NOT EXISTS (SELECT FROM rebuilt_account r WHERE r.number = o.number)",
                )
                .await?;
        }
        Ok(())
    }

    /// The last events, as far as the topics tell of them, ascending.
    pub async fn tail(&self, extent: Extent) -> Result<Vec<TailEvent>, TakeOverError> {
        let first = extent.complete_through + 1;
        let mut tail: Vec<TailEvent> = (first..=extent.last_event)
            .map(|number| TailEvent { number, outcome: None, legs: [None, None], booked_at_us: None })
            .collect();
        let place = |event: i64| usize::try_from(event - first).unwrap_or(usize::MAX);
        let outcomes = format!(
            "SELECT {COMMAND_COLUMNS}, o.event, o.booked_at, o.refusal, o.number, o.token, o.a_type, o.legs
             FROM first_outcome o JOIN command c USING (kind, id) WHERE o.event >= $1"
        );
        for row in self.0.query(&outcomes, &[&first]).await? {
            let event: i64 = row.try_get(11)?;
            let Some(entry) = tail.get_mut(place(event)) else { continue };
            entry.booked_at_us = row.try_get(12)?;
            entry.outcome = Some((command(&row)?, verdict(&row)?));
        }
        let changes = "SELECT event, leg, number, new_balance, seq, changed_by, from_to, description, booked_at
                       FROM change WHERE event >= $1";
        for row in self.0.query(changes, &[&first]).await? {
            let (event, leg): (i64, Option<i16>) = (row.try_get(0)?, row.try_get(1)?);
            let Some(entry) = tail.get_mut(place(event)) else { continue };
            let slot = match leg {
                Some(1) => 0,
                Some(2) => 1,
                _ => return Err(TakeOverError::Contradictory(format!("event {event} has a change that is no leg"))),
            };
            let seq: Option<i64> = row.try_get(4)?;
            let leg = Leg { iban: iban(row.try_get(2)?)?, balance: Cents::new(row.try_get(3)?), seq: seq.unwrap_or(0) };
            entry.booked_at_us = row.try_get(8)?;
            entry.legs[slot] = Some(SeenLeg {
                leg,
                changed_by: row.try_get(5)?,
                from_to: text::unescape(row.try_get(6)?),
                description: text::unescape(row.try_get(7)?),
            });
        }
        Ok(tail)
    }

    /// The first commands without outcome of each partition, up to `max`, in their order.
    pub async fn unanswered(&self, max: usize) -> Result<Vec<Vec<Unanswered>>, TakeOverError> {
        let select = format!(
            "SELECT {COMMAND_COLUMNS}, behind, before, log_partition FROM (
                 SELECT c.*, row_number() OVER (PARTITION BY kind, log_partition, event IS NULL ORDER BY log_offset) AS place,
                        coalesce(max(event) OVER (PARTITION BY kind, log_partition ORDER BY log_offset), 0) AS behind,
                        coalesce(min(event) OVER (PARTITION BY kind, log_partition ORDER BY log_offset DESC),
                                 9223372036854775807) AS before
                 FROM command c) c
             WHERE event IS NULL AND place <= $1 ORDER BY kind, log_partition, place"
        );
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut queues: Vec<Vec<Unanswered>> = Vec::new();
        let mut last = None;
        for row in self.0.query(&select, &[&max]).await? {
            let (kind, partition): (i16, i32) = (row.try_get(0)?, row.try_get(13)?);
            if last.replace((kind, partition)) != Some((kind, partition)) {
                queues.push(Vec::new());
            }
            let next =
                Unanswered { command: command(&row)?, drawn: None, behind: row.try_get(11)?, before: row.try_get(12)? };
            if let Some(queue) = queues.last_mut() {
                queue.push(next);
            }
        }
        Ok(queues)
    }

    /// Which of the numbers belong to an account.
    pub async fn taken(&self, numbers: &[i64]) -> Result<Vec<i64>, TakeOverError> {
        let rows = self.0.query("SELECT number FROM rebuilt_account WHERE number = ANY($1)", &[&numbers]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Those of the accounts that exist after the last event all of whose records are there, and the counter-accounts.
    pub async fn state(&self, extent: Extent, numbers: &[i64]) -> Result<State, TakeOverError> {
        let through = extent.complete_through;
        let mut state = State::default();
        let rows = self
            .0
            .query(
                "SELECT a.number, a.token, a.a_type, a.balance_limit, c.new_balance, c.seq
                 FROM rebuilt_account a LEFT JOIN (
                     SELECT DISTINCT ON (number) number, new_balance, seq FROM change
                     WHERE number = ANY($2) AND event <= $1 ORDER BY number, seq DESC) c USING (number)
                 WHERE a.created_event <= $1 AND a.number = ANY($2)",
                &[&through, &numbers],
            )
            .await?;
        for row in rows {
            let iban = iban(row.try_get(0)?)?;
            let mut account = Account::opened(iban, token(row.try_get(1)?)?, a_type(row.try_get(2)?));
            account.limit = Cents::new(row.try_get(3)?);
            let opening = if iban == Iban::COMPANY { COMPANY_OPENING_CENTS } else { 0 };
            account.balance = Cents::new(row.try_get::<_, Option<i64>>(4)?.unwrap_or(opening));
            account.seq = row.try_get::<_, Option<i64>>(5)?.unwrap_or(0);
            state.accounts.insert(iban.number(), account);
        }
        let last = "SELECT DISTINCT ON (counter_account) counter_account, counter_balance FROM rebuilt
                    WHERE counter_account IS NOT NULL ORDER BY counter_account, event DESC";
        for row in self.0.query(last, &[]).await? {
            if let Some(counter) = CounterAccount::named(row.try_get(0)?) {
                state.counters.set(counter, row.try_get::<_, Whole>(1)?.0);
            }
        }
        Ok(state)
    }

    /// Adds the events that were completed, and the accounts that they opened.
    pub async fn add_completed(&self, completed: &Completed) -> Result<(), TakeOverError> {
        for events in completed.events.chunks(CHUNK_EVENTS) {
            let mut data = BytesMut::new();
            copy::header(&mut data);
            for event in events {
                copy::row(event, &mut data);
            }
            self.copy(&copy::copy_events("rebuilt"), data).await?;
        }
        for (account, event) in &completed.opened {
            let (number, token) = (number(account.iban), Secret(account.token.as_str()));
            let (a_type, limit) = (a_type_number(account.a_type), account.limit.get());
            let insert = "INSERT INTO rebuilt_account VALUES ($1, $2, $3, $4, $5)";
            self.0.execute(insert, &[&number, &token, &a_type, &limit, event]).await?;
        }
        Ok(())
    }
}

/// The command of a row that begins with [`COMMAND_COLUMNS`].
fn command(row: &Row) -> Result<Command, TakeOverError> {
    let kind: i16 = row.try_get(0)?;
    let hash: &[u8] = row.try_get(2)?;
    let body = if kind == Kind::AccountCreation.number() {
        Body::Creation(a_type(row.try_get(3)?))
    } else {
        let text = |column: usize| Ok::<_, TakeOverError>(text::unescape(row.try_get(column)?));
        let (from, to) = (text(5)?, text(6)?);
        Body::Transfer(Transfer {
            token: text(4)?,
            amount: row.try_get(7)?,
            from_party: Party::of(&from),
            to_party: Party::of(&to),
            from,
            to,
            description: text(8)?,
        })
    };
    Ok(Command {
        id: CommandId::from_uuid(row.try_get::<_, Uuid>(1)?),
        hash: CommandHash::from_bytes(hash.try_into().map_err(|_| corrupt("a hash of another length"))?),
        body,
    })
}

fn verdict(row: &Row) -> Result<Verdict, TakeOverError> {
    let refusal: Option<&str> = row.try_get(13)?;
    if let Some(reason) = refusal {
        return Ok(Verdict::Refused(Refusal::of_reason(reason).ok_or(corrupt("an unknown refusal"))?));
    }
    let number: Option<i64> = row.try_get(14)?;
    Ok(match number {
        Some(number) => {
            let a_type = a_type(row.try_get(16)?);
            Verdict::Opened(Opened { iban: iban(number)?, token: token(row.try_get(15)?)?, a_type })
        }
        None => Verdict::Moved(row.try_get::<_, Option<String>>(17)?.unwrap_or_default()),
    })
}

fn iban(number: i64) -> Result<Iban, TakeOverError> {
    let iban = u64::try_from(number).ok().and_then(|number| Iban::from_number(number).ok());
    iban.ok_or(corrupt("an impossible account number"))
}

fn token(text: &str) -> Result<Token, TakeOverError> {
    Token::parse(text).map_err(|_| corrupt("an impossible token"))
}

fn number(iban: Iban) -> i64 {
    i64::try_from(iban.number()).expect("ten digits fit")
}

const fn corrupt(what: &'static str) -> TakeOverError {
    TakeOverError::Store(StoreError::Corrupt { event: 0, what })
}

/// The numbers of the accounts that these commands and events name.
pub fn numbers_named(tail: &[TailEvent], unanswered: &[Vec<Unanswered>]) -> Vec<i64> {
    let of_tail = tail.iter().filter_map(|event| event.outcome.as_ref()).map(|(command, _)| command);
    let commands = of_tail.chain(unanswered.iter().flatten().map(|next| &next.command));
    let mut numbers: Vec<i64> = commands
        .filter_map(|command| match &command.body {
            Body::Transfer(transfer) => Some([transfer.from_party, transfer.to_party]),
            Body::Creation(_) => None,
        })
        .flatten()
        .filter_map(|party| party.iban().map(number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// How many of the events had no outcome in the topics.
pub fn decided_now(tail: &[TailEvent], events: &[Event]) -> usize {
    tail.iter().zip(events).filter(|(before, _)| before.outcome.is_none()).count()
}
