use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::error::{KafkaError as LibraryError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer, PurgeConfig, ThreadedProducer};
use rustc_hash::FxHashMap;
use service_kit::fault;
use service_kit::kafka::Detached;
use service_kit::trace::TraceParent;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::acks::{Acks, Mark};
use super::records::{OUTCOME, Publication, publications};
use super::{Line, Outputs, RelayError, Settled};
use crate::ledger::{Answer, Kind};
use crate::store::Published;

/// After this long without an acknowledgement the producer is asked whether it reaches Kafka at all. Longer than a request may take.
pub const ASK_AFTER: Duration = Duration::from_secs(15);
/// How long it may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries to hand a record to librdkafka whose queue is full.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(1);

/// A batch of answers to publish, in order.
pub struct Job {
    /// The answers, each with the step of its trace.
    pub answers: Vec<(Answer, TraceParent)>,
    /// The last event that is published once this job and all before it are.
    pub last_event: i64,
    /// By command topic and partition: the offset behind the last command that this job answers.
    pub next: FxHashMap<(Kind, i32), i64>,
    /// For what is sent again after a crash: per place, the highest (event, leg) that is there already.
    pub there_already: Option<Arc<Vec<(i64, i16)>>>,
    /// The share of the bound on memory that the commands took, given back when librdkafka has the answers.
    pub memory: Option<OwnedSemaphorePermit>,
}

/// Publishes from memory, on a thread of its own, while the next batch is decided.
pub struct Publisher {
    /// Bounded by `unpublished_max`, which whoever hands over asks for.
    jobs: Option<mpsc::UnboundedSender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
    line: Line,
    stop: Arc<AtomicBool>,
    unpublished_max: usize,
}

impl Publisher {
    /// Starts from what was acknowledged before.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        line: Line,
        outputs: Outputs,
        published: Published,
        unpublished_max: usize,
    ) -> Result<Self, RelayError> {
        line.acks.begin(published);
        let stop = Arc::new(AtomicBool::new(false));
        let (jobs, queue) = mpsc::unbounded_channel();
        let (acks, producer) = (line.acks.clone(), Arc::clone(&line.producer));
        let thread = Sender { queue, outputs, acks, producer, stop: Arc::clone(&stop) };
        let thread = std::thread::Builder::new()
            .name("publisher".to_owned())
            .spawn(move || thread.run())
            .map_err(|_| RelayError::Ended)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), line, stop, unpublished_max })
    }

    /// Hands over a batch, in the order of the events. It does not wait: ask for [`Self::room`] first.
    ///
    /// # Errors
    /// Once publishing has failed.
    pub fn publish(&self, job: Job) -> Result<(), RelayError> {
        self.line.acks.announce(job.answers.len());
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(RelayError::Ended)
    }

    /// Waits until fewer answers than the bound are unpublished, or publishing has failed.
    pub async fn room(&self) {
        self.line.acks.wait_until(|acks| acks.unpublished() < self.unpublished_max).await;
    }

    /// What is acknowledged.
    ///
    /// # Errors
    /// Once publishing has failed, the reason.
    pub fn settled(&self) -> Result<Settled, RelayError> {
        self.line.acks.settled()
    }

    /// How many answers wait for Kafka's word.
    #[must_use]
    pub fn unpublished(&self) -> usize {
        self.line.acks.unpublished()
    }

    /// Asks Kafka, through the producer itself, whether it still reaches it.
    pub fn ask(&self, timeout: Duration) -> JoinHandle<Result<(), LibraryError>> {
        self.line.ask(timeout)
    }

    /// Gives back the line, for the next publisher. Only once everything is acknowledged: what is not is given up.
    pub fn release(self) -> Line {
        self.line.clone()
    }

    /// Whether the bound on unpublished answers is reached.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.line.acks.unpublished() >= self.unpublished_max
    }

    /// Waits until publishing has failed: for a select.
    pub async fn failed(&self) {
        self.line.acks.wait_until(Acks::has_failed).await;
    }

    /// Waits until the producer gets no answer from Kafka: for a select, where nobody else watches it.
    pub async fn deaf(&self) -> RelayError {
        loop {
            tokio::time::sleep(ASK_AFTER).await;
            // It was cancelled only where the whole program ends.
            if let Ok(Err(error)) = self.ask(ANSWER_TIMEOUT).await {
                return RelayError::Deaf(error);
            }
        }
    }

    /// Waits until everything up to and including the event is acknowledged.
    ///
    /// # Errors
    /// Once publishing has failed, the reason.
    pub async fn published_through(&self, event: i64) -> Result<Settled, RelayError> {
        self.line.acks.wait_until(|acks| acks.through() >= event && acks.is_idle()).await;
        self.line.acks.settled()
    }
}

impl Drop for Publisher {
    /// What is still queued is given up; a start finds it in the event table.
    ///
    /// The thread ends first, within a record: what it handed over after the purge would overtake what was purged.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the publishing thread panicked");
        }
        self.line.producer.purge(PurgeConfig::default().queue().inflight());
    }
}

/// What runs on the publishing thread.
struct Sender {
    queue: mpsc::UnboundedReceiver<Job>,
    outputs: Outputs,
    acks: Acks,
    producer: Arc<Detached<ThreadedProducer<Acks>>>,
    stop: Arc<AtomicBool>,
}

impl Sender {
    fn run(mut self) {
        while let Some(job) = self.queue.blocking_recv() {
            if let Err(error) = self.send(job) {
                return self.acks.fail(error);
            }
        }
    }

    fn send(&self, job: Job) -> Result<(), RelayError> {
        let Job { answers, last_event, next, there_already, memory } = job;
        let mut records = Vec::with_capacity(answers.len() * 3);
        for (answer, trace) in &answers {
            for publication in publications(answer, *trace, &self.outputs) {
                let place = self.outputs.place(publication.output, publication.partition);
                let position = (answer.event.number, publication.leg);
                if there_already.as_ref().is_none_or(|there| position > there[place]) {
                    records.push((publication, place, answer.event.number, answer.repeat.is_some()));
                }
            }
        }
        // What goes to one partition is handed over together: librdkafka, which sends what it finds, then makes few large requests
        // of it instead of many small ones. The order within a partition stays, and the changes come before the outcomes.
        records.sort_by_key(|(publication, place, ..)| (publication.leg == OUTCOME, *place));
        if fault::mutant("published-backwards") {
            records.reverse();
        }
        let batch = self.acks.expect(records.len(), answers.len(), last_event, next);
        for (publication, place, event, repeat) in records {
            let mark = Box::new(Mark { batch, place, event, leg: publication.leg, repeat });
            self.send_one(publication, mark)?;
            fault::failpoint("mid-publishing");
        }
        drop(memory);
        Ok(())
    }

    fn send_one(&self, publication: Publication, mark: Box<Mark>) -> Result<(), RelayError> {
        let Publication { output, partition, key, value, headers, .. } = publication;
        let mut record = BaseRecord::with_opaque_to(self.outputs.name(output), mark)
            .partition(partition)
            .key(key.as_bytes())
            .payload(value.as_slice())
            .headers(headers);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(RelayError::Ended);
            }
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((LibraryError::MessageProduction(RDKafkaErrorCode::QueueFull), returned)) => {
                    record = returned;
                    std::thread::sleep(QUEUE_FULL_PAUSE);
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}
