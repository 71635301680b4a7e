//! The loop that sends beats, on a thread of its own: it waits to the fraction of a millisecond and never for I/O.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use metrics::{counter, gauge};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, PurgeConfig, ThreadedProducer};
use service_kit::admin::Part;
use service_kit::kafka::{Detached, Silence};
use service_kit::local_time::LocalTime;
use service_kit::registry::Encoder;
use service_kit::trace::TraceParent;
use topology::{Heartbeat, header};

use crate::control::{PaceControl, Turn};
use crate::deliveries::{Deliveries, Unacknowledged};
use crate::error::Interruption;
use crate::pace::Pace;
use crate::schedule::{MissedBatches, Schedule};

/// How often a full queue or a silent Kafka is looked at again.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(1);
const STALL_PAUSE: Duration = Duration::from_millis(10);

/// Why a sender ended well or not at all: it was asked to, or its producer is of no more use.
pub type SenderEnd = Result<(), Interruption>;

/// Sends beats from a given one on until it is stopped or a beat is not delivered.
pub struct Sender {
    /// The pace that is asked for.
    pub control: Arc<PaceControl>,
    /// A producer that leaves no gap.
    pub producer: Detached<ThreadedProducer<Deliveries>>,
    /// Since its last acknowledgement.
    pub silence: RefCell<Silence>,
    /// The heartbeat topic.
    pub topic: String,
    /// Writes beats for that topic.
    pub encoder: Encoder<Heartbeat>,
    /// The first beat to send.
    pub next_beat: i64,
    /// No new batch is started while the oldest unacknowledged one has waited this long.
    pub stall_after: Duration,
    /// How long a clean stop waits for what is still on its way.
    pub flush_timeout: Duration,
    /// Down while Kafka acknowledges nothing.
    pub health: Part,
}

impl Sender {
    /// Sends until the control says stop, then waits for the acknowledgements.
    ///
    /// # Errors
    /// When a beat was not delivered: no later one was either, so the topic's last beat is where to go on. When the producer reaches
    /// nobody any more: what it had not delivered is dropped with it.
    pub fn run(mut self) -> SenderEnd {
        let mut rhythm = Rhythm::default();
        let mut time = LocalTime::of_process();
        self.health.up();
        // Shown from the start, so that a rate can be taken of it.
        counter!("heartbeat_missed_batches_total").increment(0);
        loop {
            let turn = self.control.next_turn(&mut rhythm.schedule);
            let heard = rhythm.settle(self.deliveries().acknowledged());
            if let Some(failure) = self.deliveries().failure() {
                return Err(Interruption::Undelivered(failure.clone()));
            }
            self.listen(heard)?;
            let stalled = self.is_stalled(&rhythm);
            match turn {
                Turn::Stop => break,
                Turn::Look => {}
                Turn::Batch(_) if stalled => {
                    self.control.pause(STALL_PAUSE);
                }
                Turn::Batch(pace) => {
                    rhythm.begin_batch(pace);
                    self.send_batch(pace, &mut time)?;
                }
            }
            rhythm.show_lateness(self.control.pace());
        }
        self.flush();
        rhythm.settle(self.deliveries().acknowledged());
        Ok(())
    }

    fn deliveries(&self) -> &Deliveries {
        self.producer.client().context()
    }

    /// Notes whether something was heard of Kafka; asks, when for long nothing was.
    fn listen(&self, heard: bool) -> Result<(), Interruption> {
        if heard || self.producer.in_flight_count() == 0 {
            self.silence.borrow_mut().is_broken();
            return Ok(());
        }
        let asked = self.silence.borrow_mut().look_for_acknowledgements(&*self.producer, &self.topic);
        // What waits in it must not go out behind what the next one sends.
        asked
            .inspect_err(|_| self.producer.purge(PurgeConfig::default().queue().inflight()))
            .map_err(Interruption::Deaf)
    }

    fn is_stalled(&self, rhythm: &Rhythm) -> bool {
        let waited = rhythm.unacknowledged.oldest_wait(Instant::now());
        let stalled = waited >= self.stall_after;
        if stalled {
            self.health.down(format!("Kafka has acknowledged no beat for {} ms", waited.as_millis()));
        } else if !self.health.is_up() {
            self.health.up();
        }
        stalled
    }

    fn send_batch(&mut self, pace: Pace, time: &mut LocalTime) -> SenderEnd {
        let mut payload = Vec::with_capacity(32);
        for _ in 0..pace.batch_size() {
            payload.clear();
            self.encoder.encode_into(&Heartbeat { beat: self.next_beat }, &mut payload);
            let key = time.text(Timestamp::now().as_millisecond());
            if !self.send_beat(key, &payload)? {
                break;
            }
            self.next_beat = self.next_beat.checked_add(1).ok_or(Interruption::OutOfNumbers)?;
        }
        Ok(())
    }

    /// Hands one beat to the producer, waiting while its queue is full; false when asked to stop meanwhile.
    fn send_beat(&self, key: &str, payload: &[u8]) -> Result<bool, Interruption> {
        let trace = TraceParent::new_root().to_string();
        let headers =
            OwnedHeaders::new_with_capacity(1).insert(Header { key: header::TRACEPARENT, value: Some(&trace) });
        let mut record = BaseRecord::to(&self.topic).partition(0).key(key).payload(payload).headers(headers);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(true),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    if let Some(failure) = self.deliveries().failure() {
                        return Err(Interruption::Undelivered(failure.clone()));
                    }
                    self.listen(false)?;
                    if self.control.pause(FULL_QUEUE_PAUSE) {
                        return Ok(false);
                    }
                }
                Err((error, _)) => return Err(Interruption::Undelivered(error)),
            }
        }
    }

    fn flush(&self) {
        if let Err(error) = self.producer.flush(self.flush_timeout) {
            let unsent = self.producer.in_flight_count();
            tracing::warn!(%error, unsent, "stopped with beats that Kafka did not take; the counter goes on before them");
        }
    }
}

/// The schedule, and what is told of how well it is kept.
#[derive(Default)]
struct Rhythm {
    schedule: Schedule,
    missed: MissedBatches,
    unacknowledged: Unacknowledged,
    counted: u64,
}

impl Rhythm {
    /// Takes in how many beats are acknowledged; whether these are more than before.
    fn settle(&mut self, acknowledged: u64) -> bool {
        self.unacknowledged.settle(acknowledged);
        let more = acknowledged - self.counted;
        counter!("heartbeat_beats_total").increment(more);
        self.counted = acknowledged;
        more > 0
    }

    fn begin_batch(&mut self, pace: Pace) {
        let now = Instant::now();
        let lost = self.schedule.begin_batch(now, pace.sleep_time());
        let missed = self.missed.add(lost, pace.sleep_time());
        counter!("heartbeat_missed_batches_total").increment(missed);
        counter!("heartbeat_batches_total").increment(1);
        self.unacknowledged.add_batch(pace.batch_size(), now);
    }

    fn show_lateness(&self, pace: Pace) {
        let due = self.schedule.next_due(pace.sleep_time());
        let behind = due.map_or(Duration::ZERO, |due| Instant::now().saturating_duration_since(due));
        gauge!("heartbeat_behind_seconds").set(behind.as_secs_f64());
    }
}
