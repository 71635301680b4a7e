use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;
use rustc_hash::FxHashMap;
use service_kit::fault;
use tokio::sync::Notify;

use super::RelayError;
use crate::ledger::Kind;
use crate::store::{Published, PublishedPartition};

/// What came back from Kafka since the publisher started, shared with librdkafka's thread. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Acks {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    partitions: Vec<PublishedPartition>,
    batches: VecDeque<Batch>,
    /// The number of the batch at the front of `batches`.
    first_batch: u64,
    through: i64,
    answered: FxHashMap<(Kind, i32), i64>,
    unpublished: usize,
    failure: Option<RelayError>,
}

#[derive(Debug)]
struct Batch {
    records_left: usize,
    answers: usize,
    last_event: i64,
    next: FxHashMap<(Kind, i32), i64>,
}

/// What goes with a record to librdkafka and comes back with its fate.
#[derive(Debug)]
pub struct Mark {
    pub batch: u64,
    pub place: usize,
    pub event: i64,
    pub leg: i16,
    /// An answer to a repeat says nothing about how far the events are published.
    pub repeat: bool,
}

/// What Kafka has acknowledged.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The last record of each output partition, and up to which event all are acknowledged.
    pub published: Published,
    /// By command topic and partition: every command before this offset is answered.
    pub answered: FxHashMap<(Kind, i32), i64>,
}

impl Acks {
    /// Goes on from what was acknowledged before, with nothing under way.
    pub fn begin(&self, published: Published) {
        let mut state = self.lock();
        (state.partitions, state.through) = (published.partitions, published.through);
    }

    /// Counts answers as unpublished, from when they are handed over.
    pub fn announce(&self, answers: usize) {
        self.lock().unpublished += answers;
    }

    /// Takes note of a batch of announced answers before its first record is sent; gives its number.
    ///
    /// `last_event` is the last event that is published once this batch and all before it are.
    pub fn expect(&self, records: usize, answers: usize, last_event: i64, next: FxHashMap<(Kind, i32), i64>) -> u64 {
        let mut state = self.lock();
        if fault::mutant("offsets-before-acknowledged") {
            state.answered.extend(&next);
        }
        if fault::mutant("published-before-acknowledged") {
            state.through = last_event;
        }
        state.batches.push_back(Batch { records_left: records, answers, last_event, next });
        let number = state.first_batch + u64::try_from(state.batches.len()).expect("few") - 1;
        if records == 0 {
            state.settle();
            self.shared.changed.notify_waiters();
        }
        number
    }

    /// How many answers wait for Kafka's word.
    pub fn unpublished(&self) -> usize {
        self.lock().unpublished
    }

    /// Up to which event all are acknowledged.
    pub fn through(&self) -> i64 {
        self.lock().through
    }

    /// Whether nothing waits for Kafka's word.
    pub fn is_idle(&self) -> bool {
        self.lock().unpublished == 0
    }

    /// What is acknowledged. `answered` holds what was not taken before.
    ///
    /// # Errors
    /// Once publishing has failed, the reason.
    pub fn settled(&self) -> Result<Settled, RelayError> {
        let mut state = self.lock();
        if let Some(failure) = state.failure.take() {
            state.failure = Some(RelayError::Ended);
            return Err(failure);
        }
        Ok(Settled {
            published: Published { through: state.through, partitions: state.partitions.clone() },
            answered: std::mem::take(&mut state.answered),
        })
    }

    /// Waits until `done` holds or publishing has failed.
    pub async fn wait_until(&self, done: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if done(self) || self.has_failed() {
                return;
            }
            changed.await;
        }
    }

    /// Whether publishing has failed.
    pub fn has_failed(&self) -> bool {
        self.lock().failure.is_some()
    }

    /// Ends publishing for a reason; the first reason stays.
    pub fn fail(&self, reason: RelayError) {
        self.lock().failure.get_or_insert(reason);
        self.shared.changed.notify_waiters();
    }

    /// A record was acknowledged at an offset; a negative one is not known.
    fn acknowledge(&self, mark: &Mark, offset: i64) {
        let mut state = self.lock();
        let place = &mut state.partitions[mark.place];
        if offset >= 0 {
            if offset <= place.offset {
                let cut = RelayError::LogCut {
                    topic: place.topic.clone(),
                    partition: place.partition,
                    offset,
                    last: place.offset,
                };
                drop(state);
                return self.fail(cut);
            }
            place.offset = offset;
        }
        if !mark.repeat {
            (place.event, place.leg) = (mark.event, mark.leg);
        }
        let index = usize::try_from(mark.batch - state.first_batch).expect("few");
        state.batches[index].records_left -= 1;
        if state.settle() {
            self.shared.changed.notify_waiters();
        }
    }

    // Each change keeps the state whole; a panic elsewhere can't leave it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes finished batches from the front; tells whether there was one.
    fn settle(&mut self) -> bool {
        let mut settled = false;
        while self.batches.front().is_some_and(|batch| batch.records_left == 0) {
            let Some(batch) = self.batches.pop_front() else { break };
            self.first_batch += 1;
            self.unpublished -= batch.answers;
            self.through = self.through.max(batch.last_event);
            self.answered.extend(batch.next);
            settled = true;
        }
        settled
    }
}

impl ClientContext for Acks {
    fn error(&self, error: rdkafka::error::KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(rdkafka::error::RDKafkaErrorCode::Fatal) {
            self.fail(error.into());
        } else {
            tracing::debug!(%error, reason, "publishing");
        }
    }
}

impl ProducerContext for Acks {
    type DeliveryOpaque = Box<Mark>;

    fn delivery(&self, result: &DeliveryResult<'_>, mark: Box<Mark>) {
        match result {
            Ok(message) => self.acknowledge(&mark, message.offset()),
            Err((error, _)) => self.fail(error.clone().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acks() -> Acks {
        let partition =
            |partition| PublishedPartition { topic: "t".to_owned(), partition, event: 0, leg: 0, offset: -1 };
        let acks = Acks::default();
        acks.begin(Published { through: 0, partitions: vec![partition(0), partition(1)] });
        acks
    }

    fn mark(batch: u64, place: usize, event: i64, repeat: bool) -> Mark {
        Mark { batch, place, event, leg: 0, repeat }
    }

    fn next(offset: i64) -> FxHashMap<(Kind, i32), i64> {
        FxHashMap::from_iter([((Kind::MoneyTransfer, 0), offset)])
    }

    #[test]
    fn commands_count_as_answered_only_behind_everything_before_them() {
        let acks = acks();
        acks.announce(3);
        let (first, second) = (acks.expect(2, 2, 2, next(2)), acks.expect(1, 1, 3, next(3)));
        acks.acknowledge(&mark(second, 1, 3, false), 0);
        acks.acknowledge(&mark(first, 0, 1, false), 0);
        let settled = acks.settled().unwrap();
        assert_eq!((settled.published.through, settled.answered.len()), (0, 0));
        assert_eq!(acks.unpublished(), 3);
        acks.acknowledge(&mark(first, 0, 2, false), 1);
        let settled = acks.settled().unwrap();
        assert_eq!((settled.published.through, settled.answered), (3, next(3)));
        assert!(acks.is_idle());
        assert!(acks.settled().unwrap().answered.is_empty(), "taken once");
    }

    #[test]
    fn a_repeat_moves_the_offset_but_not_the_event() {
        let acks = acks();
        acks.announce(2);
        let batch = acks.expect(2, 2, 9, next(1));
        acks.acknowledge(&mark(batch, 0, 9, false), 4);
        acks.acknowledge(&mark(batch, 0, 2, true), 5);
        let place = acks.settled().unwrap().published.partitions[0].clone();
        assert_eq!((place.event, place.offset), (9, 5));
    }

    #[test]
    fn an_offset_that_goes_back_ends_publishing() {
        let acks = acks();
        let batch = acks.expect(2, 2, 2, next(2));
        acks.acknowledge(&mark(batch, 0, 1, false), 7);
        acks.acknowledge(&mark(batch, 0, 2, false), 7);
        assert!(matches!(acks.settled(), Err(RelayError::LogCut { offset: 7, last: 7, .. })));
        assert!(acks.settled().is_err(), "and stays ended");
    }

    #[test]
    fn a_batch_without_records_is_settled_at_once() {
        let acks = acks();
        acks.expect(0, 0, 0, next(5));
        assert_eq!(acks.settled().unwrap().answered, next(5));
    }
}
