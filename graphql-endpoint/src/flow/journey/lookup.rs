//! Looking up a journey: which records belong to it, one after the other.

use super::hops::{ChangeTrace, Hop, Record, Request, Traces, is_confirmed};
use super::repo::request_of;
use super::search::{Found, Search};
use crate::error::Fault;
use crate::flow::config::FlowSettings;
use crate::flow::masking::shown_text;
use crate::history;
use crate::projection::{Change, EventLeg, Trail, event_of, id_of_event};
use deadpool_postgres::Pool;
use service_kit::kafka::{Deadline, KafkaSettings, TopicSettings};
use service_kit::registry::{Decoder, Registry};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use topology::{Cents, CommandId, ConfirmMoneyTransfer, Iban, MoneyTransferFailed};

/// How long the registry may take to tell the schema of a journey's record.
const SCHEMA_PATIENCE: Duration = Duration::from_secs(1);

/// By what a journey is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A transaction that it caused.
    Transaction(i64),
    /// The command's id, and around when it was sent, in milliseconds since 1970 UTC.
    Command(CommandId, Option<i64>),
    /// The event's number, and around when it was decided, likewise.
    Event(i64, Option<i64>),
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was booked.
    Confirmed,
    /// It was refused.
    Failed,
    /// The command was found, its outcome was not.
    Undecided,
    /// Neither was found.
    Unknown,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The amount.
    pub amount: Cents,
    /// Who pays.
    pub from: String,
    /// Who is paid.
    pub to: String,
    /// What for.
    pub descr: String,
}

/// The way of a transfer.
#[derive(Debug, Clone)]
pub struct Journey {
    /// The command's id.
    pub id: Option<CommandId>,
    /// What became of it.
    pub fate: Fate,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The event's number.
    pub event: Option<i64>,
    /// What was asked for.
    pub asked: Option<Asked>,
    /// The transactions that it caused, the debit first.
    pub transaction_ids: Vec<i64>,
    /// In the order of the way.
    pub hops: Vec<Hop>,
}

/// What is needed to look journeys up.
#[derive(Clone)]
pub struct Parts {
    /// Bounds.
    pub settings: FlowSettings,
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// What the topics are called.
    pub topics: TopicSettings,
    /// Schemas.
    pub registry: Registry,
    /// Transactions.
    pub history: history::Repo,
    /// The endpoint's database.
    pub pool: Pool,
    /// What is remembered of the newest batches.
    pub trail: Trail,
}

/// Looks journeys up. Cheap to clone.
#[derive(Clone)]
pub struct Lookup {
    parts: Parts,
    commands: Decoder<ConfirmMoneyTransfer>,
    refusals: Decoder<MoneyTransferFailed>,
}

/// What a search is made with, once there is something to search for.
struct Ahead {
    deadline: Deadline,
    permit: OwnedSemaphorePermit,
}

/// What is known so far.
struct Known {
    id: Option<CommandId>,
    around_ms: Option<i64>,
    request: Option<Request>,
    outcome: Result<Found, String>,
    command: Result<Found, String>,
    /// The change that it was looked up by.
    change: Option<Change>,
}

impl Known {
    /// When the outcome that was found was decided, in milliseconds since 1970 UTC.
    fn decided_ms(&self) -> Option<i64> {
        let outcome = self.outcome.as_ref().ok()?;
        outcome.headers.booked_at_us.map(|us| us / 1_000).or(outcome.record.timestamp_ms)
    }
}

impl Lookup {
    /// With these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let (commands, refusals) = (parts.registry.decoder(), parts.registry.decoder());
        Self { parts, commands, refusals }
    }

    /// The journey; what is not found of it says why. The permit is given back when its search has ended, which may be later
    /// than whoever asked leaves.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn journey(&self, by: By, permit: OwnedSemaphorePermit) -> Result<Journey, Fault> {
        let deadline = Deadline::after(Duration::from_millis(self.parts.settings.journey_timeout_ms));
        let ahead = Ahead { deadline, permit };
        let nothing = || Err("not looked for: nothing says which command it is".to_owned());
        let known =
            Known { id: None, around_ms: None, request: None, outcome: nothing(), command: nothing(), change: None };
        let (search, known) = match by {
            By::Transaction(id) => {
                let Some(change) = self.parts.history.by_id(id).await? else {
                    return Ok(Journey::unknown("the projection has no transaction of this id"));
                };
                self.by_change(ahead, known, change).await?
            }
            By::Command(id, around_ms) => self.by_command(ahead, known, id, around_ms).await?,
            // A change says when it was decided.
            By::Event(event, around_ms) => match self.changes(Some(event), None).await?.into_iter().next() {
                Some(change) => self.by_change(ahead, known, change).await?,
                None => self.by_event(ahead, known, event, around_ms).await?,
            },
        };
        self.told(search, known).await
    }

    /// Makes the search, on a thread that may wait for it.
    async fn search(&self, ahead: Ahead) -> Result<Search, Fault> {
        let Parts { settings, kafka, topics, .. } = self.parts.clone();
        let Ahead { deadline, permit } = ahead;
        let max_records = settings.journey_max_records;
        let making = tokio::task::spawn_blocking(move || Search::new(&kafka, &topics, deadline, max_records, permit));
        Ok(making.await.map_err(|_| Fault::ReaderEnded("of a journey"))??)
    }

    /// Finds the outcome, and by it the command's id.
    async fn by_change(&self, ahead: Ahead, mut known: Known, change: Change) -> Result<(Search, Known), Fault> {
        let search = self.search(ahead).await?;
        let (event, decided_us) = (event_of(change.id), change.booked_at_us);
        known.change = Some(change);
        let (Some(event), Some(decided_us)) = (event, decided_us) else {
            known.outcome = Err("the handler does not say which event the change is of".to_owned());
            return Ok((search, known));
        };
        let (search, known) = blocking((search, known), move |(search, known)| {
            known.outcome = search.confirmed_event(event, decided_us);
        })
        .await?;
        self.by_outcome(search, known).await
    }

    /// Finds the outcome of an event without changes, as far as is known, and by it the command's id.
    async fn by_event(
        &self,
        ahead: Ahead,
        known: Known,
        event: i64,
        around_ms: Option<i64>,
    ) -> Result<(Search, Known), Fault> {
        let search = self.search(ahead).await?;
        let (search, known) = blocking((search, known), move |(search, known)| {
            known.outcome = search.outcome_of_event(event, around_ms);
        })
        .await?;
        self.by_outcome(search, known).await
    }

    /// Finds the command of an outcome, where one was found.
    async fn by_outcome(&self, search: Search, mut known: Known) -> Result<(Search, Known), Fault> {
        known.id = known.outcome.as_ref().ok().and_then(|found| found.key.as_deref()?.parse().ok());
        let (Some(id), Some(decided_ms)) = (known.id, known.decided_ms()) else { return Ok((search, known)) };
        known.request = request_of(&self.parts.pool, id).await?;
        blocking((search, known), move |(search, known)| known.command = search.command_before(id, decided_ms)).await
    }

    /// Finds the command and its outcome.
    async fn by_command(
        &self,
        ahead: Ahead,
        mut known: Known,
        id: CommandId,
        around_ms: Option<i64>,
    ) -> Result<(Search, Known), Fault> {
        known.id = Some(id);
        known.request = request_of(&self.parts.pool, id).await?;
        let requested_ms = known.request.as_ref().map(|request| request.requested_us / 1_000);
        known.around_ms = requested_ms.or(around_ms).or_else(|| time_in(id));
        let search = self.search(ahead).await?;
        blocking((search, known), move |(search, known)| {
            known.outcome = search.outcome_of(id, known.around_ms);
            known.command = match known.decided_ms() {
                Some(decided_ms) => search.command_before(id, decided_ms),
                None => search.command_around(id, known.around_ms),
            };
        })
        .await
    }

    /// Finds the changes, and tells it all.
    async fn told(&self, mut search: Search, known: Known) -> Result<Journey, Fault> {
        let outcome = known.outcome.as_ref().ok();
        let event = outcome.and_then(|found| found.event).or_else(|| event_of(known.change.as_ref()?.id));
        let is_booked = known.change.is_some() || outcome.is_some_and(|found| is_confirmed(&found.record));
        let legs = outcome.map(|found| found.headers.legs.clone()).unwrap_or_default();
        let changes = if is_booked { self.changes(event, known.change.clone()).await? } else { Vec::new() };
        let places: Vec<_> = changes.iter().map(|change| change.place).collect();
        // The search ends here, on a thread that may wait for its consumer to close.
        let published = blocking(Vec::new(), move |published| {
            published.extend(places.into_iter().map(|place| search.change_at(place)));
            search.close();
        })
        .await?;
        let decided_us = known.outcome.as_ref().ok().and_then(|found| found.headers.booked_at_us);
        let decided_us = decided_us.or_else(|| changes.iter().find_map(|change| change.booked_at_us));
        let transaction_ids = changes.iter().map(|change| change.id).collect();
        let absent = legs.into_iter().filter(|(account, seq)| {
            !changes.iter().any(|change| change.account == *account && change.account_seq == Some(*seq))
        });
        let absent = absent.map(|(account, _)| absent_change(account)).collect::<Vec<_>>();
        let traces = Traces {
            request: known.request.clone(),
            command: record_of(&known.command),
            decided_us: decided_us.ok_or_else(|| "no record that says it was found".to_owned()),
            outcome: record_of(&known.outcome),
            changes: changes.iter().zip(&published).map(|it| self.change_trace(it)).chain(absent).collect(),
        };
        Ok(Journey {
            id: known.id,
            fate: fate_of(&known, is_booked),
            reason: self.reason(&known).await,
            event,
            asked: self.asked(&known).await,
            transaction_ids,
            hops: traces.hops(),
        })
    }

    /// The changes of an event that the projection has, the debit first.
    async fn changes(&self, event: Option<i64>, change: Option<Change>) -> Result<Vec<Change>, Fault> {
        let Some(event) = event else { return Ok(change.into_iter().collect()) };
        let mut changes = Vec::new();
        for leg in [1, 2] {
            changes.extend(self.parts.history.by_id(id_of_event(EventLeg { event, leg })).await?);
        }
        Ok(changes)
    }

    fn change_trace(&self, (change, published): (&Change, &Result<Found, String>)) -> ChangeTrace {
        ChangeTrace {
            account: change.account,
            transaction_id: Some(change.id),
            published: record_of(published),
            times: self.parts.trail.of(change.place),
        }
    }

    /// Why it was refused: by the outcome, or by what the endpoint kept of it.
    async fn reason(&self, known: &Known) -> Option<String> {
        let kept = || known.request.as_ref()?.reason.clone();
        let refusal = known.outcome.as_ref().ok().filter(|found| !is_confirmed(&found.record));
        let reason = match refusal {
            Some(found) => decoded(&self.refusals, found).await.map(|record| record.reason),
            None => None,
        };
        reason.or_else(kept).map(|reason| shown_text(&reason))
    }

    async fn asked(&self, known: &Known) -> Option<Asked> {
        let command = decoded(&self.commands, known.command.as_ref().ok()?).await?;
        Some(Asked {
            amount: Cents::new(command.amount),
            from: shown_text(&command.from),
            to: shown_text(&command.to),
            descr: shown_text(&command.description),
        })
    }
}

impl Journey {
    /// Nothing, for this reason.
    fn unknown(reason: &str) -> Self {
        Self {
            id: None,
            fate: Fate::Unknown,
            reason: None,
            event: None,
            asked: None,
            transaction_ids: Vec::new(),
            hops: Traces::nothing(reason).hops(),
        }
    }
}

fn fate_of(known: &Known, is_booked: bool) -> Fate {
    let kept = known.request.as_ref().and_then(|request| request.success);
    match (is_booked, known.outcome.is_ok(), kept) {
        (true, ..) | (false, false, Some(true)) => Fate::Confirmed,
        (false, true, _) | (false, false, Some(false)) => Fate::Failed,
        (false, false, None) if known.command.is_ok() => Fate::Undecided,
        (false, false, None) => Fate::Unknown,
    }
}

fn record_of(found: &Result<Found, String>) -> Result<Record, String> {
    found.as_ref().map(|found| found.record).map_err(Clone::clone)
}

/// A change that its outcome names, and that cannot be asked for.
fn absent_change(account: Iban) -> ChangeTrace {
    let published = Err("the projection does not have it (yet)".to_owned());
    ChangeTrace { account, transaction_id: None, published, times: None }
}

async fn decoded<R: topology::Record>(decoder: &Decoder<R>, found: &Found) -> Option<R> {
    timeout(SCHEMA_PATIENCE, decoder.decode(found.value.as_deref())).await.ok()?.ok()
}

/// Does something that blocks with what is known, on a thread that may.
async fn blocking<T: Send + 'static>(mut known: T, step: impl FnOnce(&mut T) + Send + 'static) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(move || {
        step(&mut known);
        known
    });
    done.await.map_err(|_| Fault::ReaderEnded("of a journey"))
}

/// When a UUID says it was made, in milliseconds since 1970 UTC: those of version 7 do.
fn time_in(id: CommandId) -> Option<i64> {
    let (seconds, nanoseconds) = id.uuid().get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok().filter(|_| id.uuid().get_version_num() == 7)?;
    seconds.checked_mul(1_000)?.checked_add(i64::from(nanoseconds / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_of_version_7_says_when_it_was_made() {
        let rows = [
            ("0189abcd-ef01-7234-8567-89abcdef0123", Some(1_690_804_547_329)),
            ("0189abcd-ef01-4234-8567-89abcdef0123", None),
            ("00000000-0000-0000-0000-000000000000", None),
        ];
        for (id, expected) in rows {
            assert_eq!(time_in(id.parse().expect("a UUID")), expected, "{id}");
        }
    }
}
