use std::time::Duration;

use rdkafka::error::KafkaError as LibraryError;
use service_kit::fault;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Session;
use crate::error::HandlerError;
use crate::relay::{ANSWER_TIMEOUT, ASK_AFTER, RelayError};
use crate::store::Write;

/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(100);
/// Between two commits of offsets, and two notes of what is published.
const NOTE_INTERVAL: Duration = Duration::from_secs(1);
/// Accounts written at a time when there is nothing else to do.
const IDLE_FLUSH_MAX_ACCOUNTS: usize = 5_000;
/// After this long without a word of Kafka's about what was sent, the service is not ready.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// When the next of the recurring duties is due.
pub struct Housekeeping {
    lease_interval: Duration,
    next_tick: Instant,
    next_lease: Instant,
    next_note: Instant,
    worked: bool,
    /// When Kafka last acknowledged something, or had nothing to acknowledge.
    heard: Instant,
    through: i64,
    /// The question whether the producer reaches Kafka.
    asked: Option<JoinHandle<Result<(), LibraryError>>>,
    next_question: Instant,
}

impl Housekeeping {
    /// Everything is due at once.
    pub fn new(lease_interval: Duration) -> Self {
        let now = Instant::now();
        Self {
            lease_interval,
            next_tick: now,
            next_lease: now,
            next_note: now,
            worked: false,
            heard: now,
            through: 0,
            asked: None,
            next_question: now,
        }
    }

    /// When to look again.
    pub const fn next(&self) -> Instant {
        self.next_tick
    }

    /// Notes that a batch was worked on: nobody is idle.
    pub const fn worked(&mut self) {
        self.worked = true;
    }

    /// Whether the lease is to be renewed with what is written now.
    pub fn renew_lease(&mut self, now: Instant) -> bool {
        let due = now >= self.next_lease;
        if due {
            self.next_lease = now + self.lease_interval;
        }
        due
    }

    fn note(&mut self, now: Instant) -> bool {
        let due = now >= self.next_note;
        if due {
            self.next_note = now + NOTE_INTERVAL;
        }
        due
    }
}

impl Session {
    /// Does what recurs: notes what is acknowledged, commits offsets, renews the lease, and writes balances when idle.
    pub(super) async fn keep_house(&mut self) -> Result<(), HandlerError> {
        let now = Instant::now();
        let house = &mut self.housekeeping;
        house.next_tick = now + TICK;
        let idle = !std::mem::take(&mut house.worked);
        let renew_lease = house.renew_lease(now);
        let note = house.note(now);

        let settled = self.publisher.settled()?;
        self.watch_kafka(settled.published.through, !settled.answered.is_empty(), now);
        self.to_commit.extend(settled.answered);
        self.watch_producer(now).await?;
        let flush = if idle { self.ledger.flush(0, IDLE_FLUSH_MAX_ACCOUNTS) } else { None };
        let published = note.then_some(settled.published);
        if flush.is_some() || published.is_some() || renew_lease {
            self.store.write(Write { flush, published, renew_lease, ..Write::default() }).await?;
        }
        if note {
            fault::failpoint("before-offsets");
            self.intake.commit(&self.to_commit)?;
            self.to_commit.clear();
        }
        self.measures.state(&self.ledger, self.publisher.unpublished());
        Ok(())
    }

    /// Ends the term when the producer will never hear from Kafka again; the next one has another.
    async fn watch_producer(&mut self, now: Instant) -> Result<(), RelayError> {
        let house = &mut self.housekeeping;
        if house.asked.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(asked) = house.asked.take()
        {
            // It was cancelled only where the whole program ends.
            asked.await.unwrap_or(Ok(())).map_err(RelayError::Deaf)?;
            // What is missing is an acknowledgement, which it goes on waiting for.
            house.next_question = now + ASK_AFTER;
        } else if house.asked.is_none() && now - house.heard >= ASK_AFTER && now >= house.next_question {
            house.asked = Some(self.publisher.ask(ANSWER_TIMEOUT));
        }
        Ok(())
    }

    /// `answered`: something was acknowledged since the last look. Answers to repeats bring no event further.
    fn watch_kafka(&mut self, through: i64, answered: bool, now: Instant) {
        let house = &mut self.housekeeping;
        if answered || through != house.through || self.publisher.unpublished() == 0 {
            (house.through, house.heard) = (through, now);
        }
        let silence = now - house.heard;
        if silence >= SILENCE_MAX {
            let waiting = self.publisher.unpublished();
            let seconds = silence.as_secs();
            self.publishing.down(format!("Kafka has acknowledged nothing for {seconds} s; {waiting} answers wait"));
        } else {
            self.publishing.up();
        }
    }
}
