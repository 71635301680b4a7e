//! Finding a journey's records in the topics: by key and time, within a bounded number of records and a bounded time.
//! Everything here blocks the calling thread.

use super::hops::{Record, Spot};
use crate::projection::{OutcomeHeaders, Place};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{
    Deadline, Detached, KafkaSettings, Offsets, TopicSettings, consumer_config, header_value, offsets_at,
    partitions_in, readable_headers,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use topology::header;
use topology::partition::murmur2_partition;
use topology::topic::names;
use topology::{CommandId, Key};

/// Clocks of different machines may differ by this much.
const CLOCKS: i64 = 2_000;
/// Records that are looked at first where the search goes back from a moment; then eight times as many, and so on.
const FIRST_LOOK_BACK: i64 = 500;
const POLL: Duration = Duration::from_millis(100);
/// Never committed to, so no such group ever exists.
const GROUP: &str = "graphql-endpoint-journey";

/// A record with what is needed of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where and when.
    pub record: Record,
    /// Its key, where that is a text.
    pub key: Option<String>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Header `event`.
    pub event: Option<i64>,
    /// What the headers of an outcome say.
    pub headers: OutcomeHeaders,
}

/// Why a record was not found, in words for people.
pub type NotFound = String;

/// What a look at a record came to.
enum Look {
    /// This is the one.
    Take,
    /// It may come later.
    Pass,
    /// It does not come in this partition.
    Stop,
}

/// Offsets of one partition.
type Span = ((&'static str, i32), Range<i64>);

/// A search of one journey. At its end its consumer is closed on a thread of its own, or by [`Search::close`].
pub struct Search {
    /// `None` once it is closed.
    client: Option<Client>,
    topics: TopicSettings,
    partitions: BTreeMap<&'static str, i32>,
    deadline: Deadline,
    max_records: i64,
}

/// What counts as a search at once. The fields are dropped in this order: there is room for another once the consumer is gone.
struct Client {
    consumer: BaseConsumer,
    _permit: OwnedSemaphorePermit,
}

impl Search {
    /// A search for so long; it connects when it is first asked.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        settings: &KafkaSettings,
        topics: &TopicSettings,
        deadline: Deadline,
        max_records: u32,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, KafkaError> {
        let mut config = consumer_config(settings, GROUP);
        config
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", "4096")
            // The first fetch from another place waits for the one before it.
            .set("fetch.wait.max.ms", "10");
        let (partitions, max_records) = (BTreeMap::new(), i64::from(max_records));
        let client = Some(Client { consumer: config.create()?, _permit: permit });
        Ok(Self { client, topics: topics.clone(), partitions, deadline, max_records })
    }

    /// Ends the search here, and gives back its permit.
    pub fn close(mut self) {
        drop(self.client.take());
    }

    fn consumer(&self) -> &BaseConsumer {
        &self.client.as_ref().expect("it is there until it is closed, which takes the search").consumer
    }

    /// The outcome that booked this event, not before this moment.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn confirmed_event(&mut self, event: i64, decided_us: i64) -> Result<Found, NotFound> {
        let all = self.all_of(&[names::MONEY_TRANSFER_CONFIRMED])?;
        let spans = self.spans_since(&all, decided_us / 1_000)?;
        self.of_event(spans, event)?.ok_or_else(|| "no outcome since then is of its event".to_owned())
    }

    /// The outcome with this event's number, booked or refused, decided around this moment; among the newest records where
    /// that is not known.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn outcome_of_event(&mut self, event: i64, around_ms: Option<i64>) -> Result<Found, NotFound> {
        let both = self.all_of(&[names::MONEY_TRANSFER_CONFIRMED, names::MONEY_TRANSFER_FAILED])?;
        let spans = self.spans_around(&both, around_ms)?;
        self.of_event(spans, event)?.ok_or_else(|| self.not_there(around_ms))
    }

    fn of_event(&self, spans: Vec<Span>, event: i64) -> Result<Option<Found>, NotFound> {
        self.scan(spans, |message| match number_in(message, header::EVENT) {
            Some(found) if found == event && is_first(message) => Look::Take,
            // Events go up in a partition, but for repeats.
            Some(found) if found > event && is_first(message) => Look::Stop,
            _ => Look::Pass,
        })
    }

    /// The outcome of a command that was sent around this moment; among the newest records where that is not known.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn outcome_of(&mut self, id: CommandId, around_ms: Option<i64>) -> Result<Found, NotFound> {
        let key = Key::from(id);
        let mut both = Vec::new();
        for topic in [names::MONEY_TRANSFER_CONFIRMED, names::MONEY_TRANSFER_FAILED] {
            both.push((topic, murmur2_partition(key.as_bytes(), self.partitions_of(topic)?)));
        }
        let spans = self.spans_around(&both, around_ms)?;
        self.scan(spans, |message| {
            let is_it = message.key() == Some(key.as_bytes()) && is_first(message);
            if is_it { Look::Take } else { Look::Pass }
        })?
        .ok_or_else(|| self.not_there(around_ms))
    }

    /// The command that was decided at this moment.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn command_before(&mut self, id: CommandId, decided_ms: i64) -> Result<Found, NotFound> {
        let (key, of) = self.place_of(id)?;
        let ends = self.offsets(&[of], Offset::End)?;
        let end = ends.get(&of).copied().unwrap_or_default();
        let later = self.offsets(&[of], Offset::Offset(decided_ms.saturating_add(CLOCKS)))?;
        let begin = self.offsets(&[of], Offset::Beginning)?.get(&of).copied().unwrap_or_default();
        let mut to = later.get(&of).copied().unwrap_or(end);
        let furthest = to.saturating_sub(self.max_records).max(begin);
        let mut back = FIRST_LOOK_BACK;
        while to > furthest {
            let from = to.saturating_sub(back).max(furthest);
            if let Some(found) = self.scan(vec![(of, from..to)], |message| of_key(message, &key))? {
                return Ok(found);
            }
            (to, back) = (from, back.saturating_mul(8));
        }
        Err(format!("not among the {} records before the decision", self.max_records))
    }

    /// The command that was sent around this moment; among the newest records where that is not known.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn command_around(&mut self, id: CommandId, around_ms: Option<i64>) -> Result<Found, NotFound> {
        let (key, of) = self.place_of(id)?;
        let spans = self.spans_around(&[of], around_ms)?;
        self.scan(spans, |message| of_key(message, &key))?.ok_or_else(|| self.not_there(around_ms))
    }

    /// The change at this place.
    ///
    /// # Errors
    /// Why it was not found.
    pub fn change_at(&mut self, place: Place) -> Result<Found, NotFound> {
        let of = (names::BALANCE_CHANGED, place.partition);
        let found = self.scan(vec![(of, place.offset..place.offset + 1)], |_| Look::Take)?;
        found.ok_or_else(|| "the record is gone from its topic".to_owned())
    }

    /// The key of a command, and the partition of it.
    fn place_of(&mut self, id: CommandId) -> Result<(Key, (&'static str, i32)), NotFound> {
        let key = Key::from(id);
        let topic = names::CONFIRM_MONEY_TRANSFER;
        let partition = murmur2_partition(key.as_bytes(), self.partitions_of(topic)?);
        Ok((key, (topic, partition)))
    }

    fn partitions_of(&mut self, topic: &'static str) -> Result<i32, NotFound> {
        if let Some(count) = self.partitions.get(topic) {
            return Ok(*count);
        }
        let name = self.name_of(topic);
        let answer =
            self.consumer().fetch_metadata(Some(name), self.deadline.left()).map_err(|error| silent(&error))?;
        let count = partitions_in(&answer, name).ok_or_else(|| format!("topic {topic} does not exist"))?;
        self.partitions.insert(topic, count);
        Ok(count)
    }

    /// All partitions of these topics.
    fn all_of(&mut self, topics: &[&'static str]) -> Result<Vec<(&'static str, i32)>, NotFound> {
        let mut all = Vec::new();
        for topic in topics {
            all.extend((0..self.partitions_of(topic)?).map(|partition| (*topic, partition)));
        }
        Ok(all)
    }

    /// From this moment to the end; the newest records where it is not known.
    fn spans_around(&self, of: &[(&'static str, i32)], around_ms: Option<i64>) -> Result<Vec<Span>, NotFound> {
        match around_ms {
            Some(around_ms) => self.spans_since(of, around_ms.saturating_sub(CLOCKS)),
            None => self.newest(of),
        }
    }

    /// From the first record that is not older than this to the end.
    fn spans_since(&self, of: &[(&'static str, i32)], since_ms: i64) -> Result<Vec<Span>, NotFound> {
        let ends = self.offsets(of, Offset::End)?;
        let starts = self.offsets(of, Offset::Offset(since_ms.max(0)))?;
        // A partition without a start has only older records.
        Ok(starts.into_iter().filter_map(|(of, start)| Some((of, start..*ends.get(&of)?))).collect())
    }

    fn newest(&self, of: &[(&'static str, i32)]) -> Result<Vec<Span>, NotFound> {
        let ends = self.offsets(of, Offset::End)?;
        let begins = self.offsets(of, Offset::Beginning)?;
        let each = self.max_records / i64::try_from(of.len().max(1)).unwrap_or(1);
        let span = |(of, end): (_, i64)| {
            let begin = begins.get(&of).copied().unwrap_or_default();
            (of, end.saturating_sub(each).max(begin)..end)
        };
        Ok(ends.into_iter().map(span).collect())
    }

    fn offsets(
        &self,
        of: &[(&'static str, i32)],
        place: Offset,
    ) -> Result<BTreeMap<(&'static str, i32), i64>, NotFound> {
        let named = of.iter().map(|(topic, partition)| (self.name_of(topic), *partition));
        let found = offsets_at(self.consumer(), named, place, self.deadline).map_err(|error| silent(&error))?;
        let offset = |of: &(&'static str, i32)| {
            let of_topic: &Offsets = found.get(self.name_of(of.0))?;
            Some((*of, *of_topic.get(&of.1)?))
        };
        Ok(of.iter().filter_map(offset).collect())
    }

    fn name_of<'a>(&'a self, topic: &'a str) -> &'a str {
        self.topics.name_of(topic).unwrap_or(topic)
    }

    /// Reads the spans, in no order between partitions, until a record is taken.
    fn scan(
        &self,
        mut spans: Vec<Span>,
        look: impl Fn(&BorrowedMessage<'_>) -> Look,
    ) -> Result<Option<Found>, NotFound> {
        spans.retain(|(_, span)| !span.is_empty());
        let mut wanted = TopicPartitionList::new();
        for ((topic, partition), span) in &spans {
            let added = wanted.add_partition_offset(self.name_of(topic), *partition, Offset::Offset(span.start));
            added.map_err(|error| silent(&error))?;
        }
        self.consumer().assign(&wanted).map_err(|error| silent(&error))?;
        let mut left = self.max_records;
        while !spans.is_empty() {
            if self.deadline.is_over() {
                return Err("not found in the time that there is for a search".to_owned());
            }
            let message = match self.consumer().poll(self.deadline.left().min(POLL)) {
                None => continue,
                Some(Err(error)) => return Err(silent(&error)),
                Some(Ok(message)) => message,
            };
            let of = |(of, _): &Span| self.name_of(of.0) == message.topic() && of.1 == message.partition();
            let Some(index) = spans.iter().position(of) else { continue };
            let (topic, is_last) = (spans[index].0.0, message.offset() + 1 >= spans[index].1.end);
            if message.offset() >= spans[index].1.end {
                spans.swap_remove(index);
                continue;
            }
            match look(&message) {
                Look::Take => return Ok(Some(found(topic, &message))),
                Look::Pass if !is_last => {}
                Look::Pass | Look::Stop => drop(spans.swap_remove(index)),
            }
            left -= 1;
            if left <= 0 && !spans.is_empty() {
                return Err(format!("not among the {} records that were read", self.max_records));
            }
        }
        Ok(None)
    }

    fn not_there(&self, around_ms: Option<i64>) -> NotFound {
        match around_ms {
            Some(_) => "there is none since then".to_owned(),
            None => format!("not among the newest {} records; around_ms would help", self.max_records),
        }
    }
}

impl Drop for Search {
    /// A client that leaves drops it on a thread that may not wait.
    fn drop(&mut self) {
        drop(self.client.take().map(Detached::new));
    }
}

fn silent(error: &KafkaError) -> NotFound {
    format!("Kafka does not tell: {error}")
}

fn of_key(message: &BorrowedMessage<'_>, key: &Key) -> Look {
    if message.key() == Some(key.as_bytes()) { Look::Take } else { Look::Pass }
}

/// Whether an outcome answers a command for the first time.
fn is_first(message: &BorrowedMessage<'_>) -> bool {
    !readable_headers(message.headers()).any(|(name, _)| name == header::REPEAT || name == header::ID_REUSED)
}

fn number_in(message: &BorrowedMessage<'_>, name: &str) -> Option<i64> {
    std::str::from_utf8(header_value(message.headers(), name)?).ok()?.parse().ok()
}

fn found(topic: &'static str, message: &BorrowedMessage<'_>) -> Found {
    let place = Place { partition: message.partition(), offset: message.offset() };
    Found {
        record: Record { spot: Spot { topic, place }, timestamp_ms: message.timestamp().to_millis() },
        key: message.key().and_then(|key| std::str::from_utf8(key).ok()).map(str::to_owned),
        value: message.payload().map(<[u8]>::to_vec),
        event: number_in(message, header::EVENT),
        headers: OutcomeHeaders::read(readable_headers(message.headers())),
    }
}
