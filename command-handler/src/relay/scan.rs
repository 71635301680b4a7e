//! Reading back what lies in the output topics, to find out what a crash left unpublished.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use rustc_hash::FxHashMap;
use service_kit::kafka::{self, KafkaSettings, header_value};
use topology::header;

use super::RelayError;

/// Between two looks at whether the records still come.
const POLL: Duration = Duration::from_millis(100);

/// A part of a partition: from `first` up to, not including, `end`.
#[derive(Debug, Clone)]
pub struct Stretch {
    pub topic: String,
    pub partition: i32,
    pub first: i64,
    pub end: i64,
    /// The last offset that Kafka is known to have acknowledged; -1 where it is none.
    pub acknowledged: i64,
}

/// The place of a record among all: its event and leg.
pub type Position = (i64, i16);

/// What a stretch holds, answers to repeats left aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The highest position up to and including the acknowledged offset.
    pub highest_acknowledged: Option<Position>,
    /// Every position behind that offset.
    pub behind: Vec<Position>,
    /// Whether there was a record without an event number: somebody else's.
    pub foreign: bool,
}

/// Reads all of them. Blocks; fails when no record comes for `silence_max`.
pub fn scan(settings: &KafkaSettings, stretches: &[Stretch], silence_max: Duration) -> Result<Vec<Found>, RelayError> {
    let mut found = vec![Found::default(); stretches.len()];
    let mut open: FxHashMap<(String, i32), usize> = FxHashMap::default();
    let mut assignment = TopicPartitionList::new();
    for (index, stretch) in stretches.iter().enumerate().filter(|(_, stretch)| stretch.first < stretch.end) {
        open.insert((stretch.topic.clone(), stretch.partition), index);
        assignment.add_partition_offset(&stretch.topic, stretch.partition, Offset::Offset(stretch.first))?;
    }
    if open.is_empty() {
        return Ok(found);
    }
    // Assigned by hand and without commits: the group is only a name.
    let consumer: BaseConsumer =
        kafka::consumer_config(settings, "command-handler-recovery").set("enable.partition.eof", "true").create()?;
    consumer.assign(&assignment)?;
    let mut heard = Instant::now();
    let mut ends: FxHashMap<i32, usize> = FxHashMap::default();
    while !open.is_empty() {
        match consumer.poll(POLL) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let place = (message.topic().to_owned(), message.partition());
                let Some(&index) = open.get(&place) else { continue };
                if message.offset() < stretches[index].end {
                    found[index].take(&message, message.offset() <= stretches[index].acknowledged);
                }
                if message.offset() + 1 >= stretches[index].end {
                    open.remove(&place);
                }
            }
            // Where another program published in transactions of Kafka's, a marker may stand at the end, which is never received. The word of
            // an end does not say of which topic: it counts once each that has such a partition open has come to its own.
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(partition))) => {
                heard = Instant::now();
                let told = ends.entry(partition).or_default();
                *told += 1;
                if *told >= open.keys().filter(|(_, number)| *number == partition).count() {
                    open.retain(|(_, number), _| *number != partition);
                }
            }
            Some(Err(error)) if heard.elapsed() >= silence_max => return Err(error.into()),
            None if heard.elapsed() >= silence_max => {
                return Err(rdkafka::error::KafkaError::MessageConsumption(
                    rdkafka::error::RDKafkaErrorCode::OperationTimedOut,
                )
                .into());
            }
            Some(Err(_)) | None => {}
        }
    }
    Ok(found)
}

impl Found {
    /// The highest position of all.
    pub fn highest(&self) -> Option<Position> {
        self.behind.iter().copied().max().max(self.highest_acknowledged)
    }

    fn take(&mut self, message: &BorrowedMessage<'_>, is_acknowledged: bool) {
        let Some(event) = number(message, header::EVENT) else {
            self.foreign = true;
            return;
        };
        if header_value(message.headers(), header::REPEAT).is_some() {
            return;
        }
        let leg = number(message, header::LEG).and_then(|leg| i16::try_from(leg).ok()).unwrap_or(0);
        if is_acknowledged {
            self.highest_acknowledged = self.highest_acknowledged.max(Some((event, leg)));
        } else {
            self.behind.push((event, leg));
        }
    }
}

fn number(message: &BorrowedMessage<'_>, key: &str) -> Option<i64> {
    std::str::from_utf8(header_value(message.headers(), key)?).ok()?.parse().ok()
}
