//! The types of what flows: snapshots, records of a topic, journeys. Names of topics are always the contract's.

use super::types::{CentsText, rfc3339};
use crate::flow::{self, By, PartKind, Refused};
use crate::projection::MAX_EVENT;
use async_graphql::{Enum, Object, SimpleObject};
use std::sync::Arc;
use topology::CommandId;

/// What flows, at one moment.
pub struct Flow(Arc<flow::Snapshot>);

impl Flow {
    /// Of a snapshot.
    #[must_use]
    pub fn new(snapshot: Arc<flow::Snapshot>) -> Self {
        Self(snapshot)
    }
}

/// What flows, at one moment.
#[Object(rename_fields = "snake_case")]
impl Flow {
    /// When, by RFC 3339 in UTC.
    async fn at(&self) -> String {
        rfc3339(Some(self.0.at_us)).unwrap_or_default()
    }

    /// Milliseconds between two snapshots.
    async fn interval_ms(&self) -> u64 {
        self.0.interval_ms
    }

    /// The bank's topics, always all of them, in the order of the topology.
    async fn topics(&self) -> Vec<FlowTopic> {
        self.0.topics.iter().map(FlowTopic::from).collect()
    }

    /// How far those who read are behind, always all of them, in the same order.
    async fn groups(&self) -> Vec<FlowGroup> {
        self.0.groups.iter().map(FlowGroup::from).collect()
    }

    /// The services, brokers, registry and database, as far as they are known, in the same order.
    async fn parts(&self) -> Vec<FlowPart> {
        self.0.parts.iter().map(FlowPart::from).collect()
    }
}

/// What flows through a topic.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FlowTopic {
    /// The contract's name.
    pub name: &'static str,
    /// The name of the record that it holds.
    pub record: &'static str,
    /// Null while Kafka does not tell; the next two as well.
    pub partitions: Option<i32>,
    /// Records ever written to it: the sum of the partitions' end offsets.
    pub records: Option<i64>,
    /// Since the snapshot before; null in the first one, and in the first after an outage.
    pub records_per_second: Option<f64>,
    /// Why something is not known; null when all is.
    pub missing: Option<String>,
}

impl From<&flow::TopicFlow> for FlowTopic {
    fn from(topic: &flow::TopicFlow) -> Self {
        Self {
            name: topic.name,
            record: topic.record,
            partitions: topic.partitions,
            records: topic.records,
            records_per_second: topic.records_per_second,
            missing: topic.missing.clone(),
        }
    }
}

/// How far a consumer group is behind in a topic.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FlowGroup {
    /// The consumer group.
    pub name: &'static str,
    /// The service that reads.
    pub service: &'static str,
    /// The topic.
    pub topic: &'static str,
    /// Records that it has not taken in; null while that is not known.
    pub lag: Option<i64>,
    /// Why it is not known; null when it is.
    pub missing: Option<String>,
}

impl From<&flow::GroupLag> for FlowGroup {
    fn from(group: &flow::GroupLag) -> Self {
        let reading = group.reading;
        Self {
            name: reading.group,
            service: reading.service,
            topic: reading.topic,
            lag: group.lag.as_ref().ok().copied(),
            missing: group.lag.as_ref().err().cloned(),
        }
    }
}

/// What kind of part of the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FlowPartKind {
    /// A service of the bank.
    Service,
    /// A broker of Kafka.
    Broker,
    /// The schema registry.
    Registry,
    /// `PostgreSQL`.
    Database,
}

/// How a part of the bank is.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FlowPart {
    /// What kind.
    pub kind: FlowPartKind,
    /// The service's name (more than once where several instances are set), `kafka-` and the broker's node id (`kafka` while no
    /// broker ever answered), `registry` or `postgres`.
    pub name: String,
    /// Host and port, or URL.
    pub address: String,
    /// Whether it answers.
    pub up: bool,
    /// Whether it has all it needs; false when it does not answer.
    pub ready: bool,
    /// What it does now where it can do several things, as active, standby or primary.
    pub role: Option<String>,
    /// What it lacks; empty when it is ready.
    pub missing: Vec<String>,
}

impl From<&flow::Part> for FlowPart {
    fn from(part: &flow::Part) -> Self {
        let kind = match part.kind {
            PartKind::Service => FlowPartKind::Service,
            PartKind::Broker => FlowPartKind::Broker,
            PartKind::Registry => FlowPartKind::Registry,
            PartKind::Database => FlowPartKind::Database,
        };
        let flow::Part { kind: _, name, address, up, ready, role, missing } = part.clone();
        Self { kind, name, address, up, ready, role, missing }
    }
}

/// Records of a topic.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct TopicRecords {
    /// New ones since the message before, oldest first.
    pub records: Vec<TopicRecord>,
    /// Records passed over since the message before, because more came than are shown.
    pub skipped: i64,
    /// Why none can be read now; the reader goes on by itself. Told once: the next message without it says that it is over.
    pub missing: Option<String>,
}

impl From<flow::Records> for TopicRecords {
    fn from(told: flow::Records) -> Self {
        let records = told.new.into_iter().map(TopicRecord::from).collect();
        Self { records, skipped: told.skipped, missing: told.missing }
    }
}

/// A record of a topic. Account tokens in it are `***`, long texts are cut.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct TopicRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// When its sender wrote it, by RFC 3339 in UTC, to the millisecond: Kafka keeps no more. Null where it has no time.
    pub at: Option<String>,
    /// The same in milliseconds since 1970 UTC.
    pub timestamp_ms: Option<i64>,
    /// Its key, with U+FFFD for bytes that are no text; null where it has none.
    pub key: Option<String>,
    /// Its headers, in order.
    pub headers: Vec<RecordHeader>,
    /// The name of the record, as `ConfirmMoneyTransfer`; null when it cannot be read.
    pub record: Option<&'static str>,
    /// The id of the schema it was written with; null where it is not in the registry's format.
    pub schema_id: Option<u32>,
    /// The record as JSON by the bank's schema, an object of its fields; cents may be beyond 2^53. Null when it cannot be read.
    pub value: Option<String>,
    /// Why it cannot be read; null when it can. Never holds bytes of the record.
    pub undecodable: Option<String>,
    /// Bytes of its key.
    pub key_bytes: usize,
    /// Bytes of its value; null where there is none.
    pub value_bytes: Option<usize>,
}

/// A header of a record.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct RecordHeader {
    /// Its name.
    pub name: String,
    /// Its value, with U+FFFD for bytes that are no text; null where it has none.
    pub value: Option<String>,
}

impl From<flow::RecordView> for TopicRecord {
    fn from(view: flow::RecordView) -> Self {
        let (record, value, undecodable) = match view.value {
            Ok(json) => (Some(view.record), Some(json), None),
            Err(reason) => (None, None, Some(reason)),
        };
        Self {
            partition: view.partition,
            offset: view.offset,
            at: view.timestamp_ms.and_then(|ms| rfc3339(ms.checked_mul(1_000))),
            timestamp_ms: view.timestamp_ms,
            key: view.key,
            headers: view.headers.into_iter().map(|(name, value)| RecordHeader { name, value }).collect(),
            record,
            schema_id: view.schema_id,
            value,
            undecodable,
            key_bytes: view.key_bytes,
            value_bytes: view.value_bytes,
        }
    }
}

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum JourneyResult {
    /// It was booked.
    Confirmed,
    /// It was refused.
    Failed,
    /// Its command was found, its outcome was not.
    Undecided,
    /// Neither was found.
    Unknown,
}

/// The way of one transfer through the bank.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Journey {
    /// The command's id, lower-case and hyphenated; null when it was not found.
    pub uuid: Option<String>,
    /// What became of it.
    pub result: JourneyResult,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The event's number; null where the handler does not say.
    pub event: Option<i64>,
    /// The amount that was asked for; null, as the next three, when the command was not found.
    pub amount_cents: Option<CentsText>,
    /// Who pays.
    pub from: Option<String>,
    /// Who is paid.
    pub to: Option<String>,
    /// What it was for.
    pub descr: Option<String>,
    /// The transactions that it caused and that can be asked for, the debit first.
    pub transaction_ids: Vec<i64>,
    /// The hops in the order of the way: REQUESTED, PRODUCED, DECIDED, PUBLISHED (the outcome, then each change of a balance),
    /// PROJECTED and DELIVERED (each once per change), ANSWERED. REQUESTED and ANSWERED are left out where this bank's
    /// endpoint was not asked for the transfer, and those of changes where there is no change. Every other hop is there,
    /// also where its time is not known.
    pub hops: Vec<Hop>,
}

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum HopKind {
    /// The endpoint kept the request, before it sent the command (the database's clock).
    Requested,
    /// The command's record (its sender's clock).
    Produced,
    /// The handler decided: header booked-at.
    Decided,
    /// A record of the handler: the outcome, or a change of a balance.
    Published,
    /// A change was committed in this endpoint's projection. Remembered for a bounded number of batches.
    Projected,
    /// A change was handed to whoever follows. Remembered likewise.
    Delivered,
    /// The outcome was kept, which comes right after whoever asked was told (the database's clock).
    Answered,
}

/// A hop of a journey.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// When, by RFC 3339 in UTC; null when it is not known.
    pub at: Option<String>,
    /// The same in microseconds since 1970 UTC.
    pub at_us: Option<i64>,
    /// How exact the time is, in microseconds: 1, or 1000 where only Kafka's timestamp is known, which is rounded down.
    pub resolution_us: i32,
    /// The topic of its record; null, as the next two, where it is none or it was not found.
    pub topic: Option<&'static str>,
    /// The record's partition.
    pub partition: Option<i32>,
    /// The record's offset.
    pub offset: Option<i64>,
    /// The account, where the hop is of one change.
    pub account: Option<String>,
    /// The transaction, where the hop is of one change that can be asked for.
    pub transaction_id: Option<i64>,
    /// Why the time is not known; null when it is.
    pub missing: Option<String>,
}

impl From<flow::Journey> for Journey {
    fn from(journey: flow::Journey) -> Self {
        let (amount, from, to, descr) = match journey.asked {
            Some(asked) => (Some(asked.amount), Some(asked.from), Some(asked.to), Some(asked.descr)),
            None => (None, None, None, None),
        };
        Self {
            uuid: journey.id.map(|id| id.to_string()),
            result: match journey.fate {
                flow::Fate::Confirmed => JourneyResult::Confirmed,
                flow::Fate::Failed => JourneyResult::Failed,
                flow::Fate::Undecided => JourneyResult::Undecided,
                flow::Fate::Unknown => JourneyResult::Unknown,
            },
            reason: journey.reason,
            event: journey.event,
            amount_cents: amount.map(CentsText),
            from,
            to,
            descr,
            transaction_ids: journey.transaction_ids,
            hops: journey.hops.into_iter().map(Hop::from).collect(),
        }
    }
}

impl From<flow::Hop> for Hop {
    fn from(hop: flow::Hop) -> Self {
        let (at_us, missing) = match hop.at_us {
            Ok(at_us) => (Some(at_us), None),
            Err(reason) => (None, Some(reason)),
        };
        Self {
            kind: match hop.kind {
                flow::HopKind::Requested => HopKind::Requested,
                flow::HopKind::Produced => HopKind::Produced,
                flow::HopKind::Decided => HopKind::Decided,
                flow::HopKind::Published => HopKind::Published,
                flow::HopKind::Projected => HopKind::Projected,
                flow::HopKind::Delivered => HopKind::Delivered,
                flow::HopKind::Answered => HopKind::Answered,
            },
            at: rfc3339(at_us),
            at_us,
            resolution_us: hop.resolution_us,
            topic: hop.spot.map(|spot| spot.topic),
            partition: hop.spot.map(|spot| spot.place.partition),
            offset: hop.spot.map(|spot| spot.place.offset),
            account: hop.account.map(|account| account.to_string()),
            transaction_id: hop.transaction_id,
            missing,
        }
    }
}

/// A time beyond this, the year 9999, no calendar has.
const MAX_MS: i64 = 253_402_300_799_999;

/// By what a journey is to be looked up.
///
/// # Errors
/// [`Refused`] when not exactly one key was given, or something that is none.
pub fn by(
    transaction_id: Option<i64>,
    uuid: Option<&str>,
    event: Option<i64>,
    around_ms: Option<i64>,
) -> Result<By, Refused> {
    if around_ms.is_some_and(|ms| !(0..=MAX_MS).contains(&ms)) {
        return Err(Refused::Around);
    }
    match (transaction_id, uuid, event) {
        (Some(id), None, None) => Ok(By::Transaction(id)),
        (None, Some(uuid), None) => Ok(By::Command(uuid.parse::<CommandId>().map_err(|_| Refused::Uuid)?, around_ms)),
        (None, None, Some(event)) if (1..=MAX_EVENT).contains(&event) => Ok(By::Event(event, around_ms)),
        (None, None, Some(_)) => Err(Refused::Event),
        _ => Err(Refused::OneKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_is_looked_up_by_one_key() {
        let uuid = "0189ABCD-ef01-7234-8567-89abcdef0123";
        let id = uuid.parse().expect("a UUID");
        let rows = [
            (Some(7), None, None, None, Ok(By::Transaction(7))),
            (None, Some(uuid), None, None, Ok(By::Command(id, None))),
            (None, Some(uuid), None, Some(5), Ok(By::Command(id, Some(5)))),
            (None, None, Some(21), None, Ok(By::Event(21, None))),
            (None, None, Some(MAX_EVENT), Some(5), Ok(By::Event(MAX_EVENT, Some(5)))),
            (Some(7), Some(uuid), None, None, Err(Refused::OneKey)),
            (Some(7), None, Some(3), None, Err(Refused::OneKey)),
            (None, Some(uuid), Some(3), None, Err(Refused::OneKey)),
            (None, None, None, Some(5), Err(Refused::OneKey)),
            (None, Some("x"), None, None, Err(Refused::Uuid)),
            (None, None, Some(0), None, Err(Refused::Event)),
            (None, None, Some(-1), None, Err(Refused::Event)),
            (None, None, Some(MAX_EVENT + 1), None, Err(Refused::Event)),
            (None, Some(uuid), None, Some(-1), Err(Refused::Around)),
            (None, None, Some(21), Some(-1), Err(Refused::Around)),
            (None, Some(uuid), None, Some(i64::MAX), Err(Refused::Around)),
        ];
        for (transaction_id, uuid, event, around_ms, expected) in rows {
            assert_eq!(by(transaction_id, uuid, event, around_ms), expected);
        }
    }
}
