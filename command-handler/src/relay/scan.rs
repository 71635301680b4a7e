//! Reading back what lies in the output topics, to find out what a crash left unpublished.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError as LibraryError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use rustc_hash::FxHashMap;
use service_kit::kafka::{self, Detached, KafkaSettings, header_value};
use tokio::task::JoinHandle;
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

/// What a stretch holds. Answers to repeats have no position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The highest position up to and including the acknowledged offset.
    pub highest_acknowledged: Option<Position>,
    /// Every position behind that offset.
    pub behind: Vec<Position>,
    /// Whether there was a record without an event number: somebody else's.
    pub foreign: bool,
    /// Whether there was an answer to a repeat.
    pub repeats: bool,
}

/// A consumer that reads stretches of partitions, one call after another.
pub struct Scanner {
    consumer: Arc<Detached<BaseConsumer>>,
    silence_max: Duration,
}

impl Scanner {
    /// A scanner, which connects when it is first used.
    ///
    /// # Errors
    /// When librdkafka doesn't accept the settings.
    pub fn open(settings: &KafkaSettings) -> Result<Self, RelayError> {
        // Assigned by hand and without commits: the group is only a name.
        let consumer = kafka::consumer_config(settings, "command-handler-recovery")
            .set("enable.partition.eof", "true")
            .create()?;
        let silence_max = Duration::from_millis(settings.request_timeout_ms);
        Ok(Self { consumer: Arc::new(Detached::new(consumer)), silence_max })
    }

    /// Asks Kafka, through the consumer itself, whether it reaches it.
    pub fn ask(&self, timeout: Duration) -> JoinHandle<Result<(), LibraryError>> {
        let consumer = Arc::clone(&self.consumer);
        tokio::task::spawn_blocking(move || kafka::ask(&consumer, timeout))
    }

    /// What these stretches hold, in their order.
    ///
    /// # Errors
    /// When no record comes for `KAFKA_REQUEST_TIMEOUT_MS`.
    pub async fn read(&self, stretches: Vec<Stretch>) -> Result<Vec<Found>, RelayError> {
        let (consumer, silence_max) = (Arc::clone(&self.consumer), self.silence_max);
        let reading = tokio::task::spawn_blocking(move || scan(&consumer, &stretches, silence_max));
        reading.await.map_err(|_| RelayError::Ended)?
    }
}

fn scan(consumer: &BaseConsumer, stretches: &[Stretch], silence_max: Duration) -> Result<Vec<Found>, RelayError> {
    let mut found = vec![Found::default(); stretches.len()];
    let mut open: FxHashMap<(String, i32), usize> = FxHashMap::default();
    let mut ends = Ends::default();
    let mut assignment = TopicPartitionList::new();
    for (index, stretch) in stretches.iter().enumerate().filter(|(_, stretch)| stretch.first < stretch.end) {
        open.insert((stretch.topic.clone(), stretch.partition), index);
        ends.expect(stretch.partition);
        assignment.add_partition_offset(&stretch.topic, stretch.partition, Offset::Offset(stretch.first))?;
    }
    if open.is_empty() {
        return Ok(found);
    }
    consumer.assign(&assignment)?;
    let mut heard = Instant::now();
    while !open.is_empty() {
        match consumer.poll(POLL) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let place = (message.topic().to_owned(), message.partition());
                let Some(&index) = open.get(&place) else {
                    ends.expect(message.partition());
                    continue;
                };
                if message.offset() < stretches[index].end {
                    found[index].take(&message, message.offset() <= stretches[index].acknowledged);
                }
                if message.offset() + 1 >= stretches[index].end {
                    open.remove(&place);
                }
            }
            // Where another program published in transactions of Kafka's, a marker may stand at the end, which is never received.
            Some(Err(LibraryError::PartitionEOF(partition))) => {
                heard = Instant::now();
                if ends.end_of(partition) {
                    open.retain(|(_, number), _| *number != partition);
                }
            }
            Some(Err(error)) if heard.elapsed() >= silence_max => return Err(error.into()),
            None if heard.elapsed() >= silence_max => {
                return Err(LibraryError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut).into());
            }
            Some(Err(_)) | None => {}
        }
    }
    consumer.unassign()?;
    Ok(found)
}

/// Which partitions have been read to their ends in all topics. The word of an end tells the partition's number, not its topic, so an end
/// counts once as many have come as there can be.
#[derive(Default)]
struct Ends(FxHashMap<i32, usize>);

impl Ends {
    /// One more end is to come: of a topic with such a partition, or since a record came behind what was to be read.
    fn expect(&mut self, partition: i32) {
        *self.0.entry(partition).or_default() += 1;
    }

    /// Whether this end of such a partition is the last of them.
    fn end_of(&mut self, partition: i32) -> bool {
        self.0.get_mut(&partition).is_some_and(|missing| {
            *missing = missing.saturating_sub(1);
            *missing == 0
        })
    }
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
            self.repeats = true;
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

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::fixture::Fixture;

    /// More than comes in one answer to a fetch.
    const LONG: i64 = 200;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_long_topic_is_read_to_its_end_though_a_short_one_ends_first() {
        let fixture = Fixture::without_databases("scan-ends");
        fixture.create_topics().await;
        let (short, long) = (&fixture.topics().mtc, &fixture.topics().bc);
        let payload: Vec<u8> =
            (0..40_000u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[2]).collect();
        let mut stretches = Vec::new();
        for (topic, events) in [(short, 1), (long, LONG)] {
            let mut partition = 0;
            for event in 1..=events {
                let event = event.to_string();
                let headers = [(header::EVENT, event.as_str()), (header::LEG, "1")];
                (partition, _) = fixture.produce_raw(topic, Some(b"one key"), Some(&payload), &headers).await;
            }
            stretches.push(Stretch { topic: topic.clone(), partition, first: 0, end: events, acknowledged: -1 });
        }
        assert_eq!(stretches[0].partition, stretches[1].partition);
        let scanner = Scanner::open(&fixture.kafka()).unwrap();
        for time in ["first", "second"] {
            let found = scanner.read(stretches.clone()).await.unwrap();
            assert_eq!(found[0].highest(), Some((1, 1)), "{time} time");
            assert_eq!(found[1].highest(), Some((LONG, 1)), "{time} time");
        }
    }
}
