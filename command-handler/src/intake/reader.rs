use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError as LibraryError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use rustc_hash::FxHashMap;
use service_kit::admin::Part;
use service_kit::kafka::{Detached, KafkaError, KafkaSettings, Metadata, Silence, header_value};
use service_kit::registry::{Decoded, Decoder, PoisonReason};
use service_kit::retry::Backoff;
use service_kit::trace::TraceParent;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use topology::command_hash::command_hash;
use topology::{ConfirmAccountCreation, ConfirmMoneyTransfer, Record, header};

use super::{CommandConsumer, Lag, Place, Poison, Received};
use crate::decide::{Party, Transfer};
use crate::ledger::{Body, Command, Kind};

/// How long the reading thread waits for a record before it looks whether it should stop.
const POLL: Duration = Duration::from_millis(100);
/// Kafka forgets the offset of a partition that a group without members did not commit for a week (by default), and
/// then every command of it would be answered again.
const RENEWAL_INTERVAL: Duration = Duration::from_hours(1);
/// How long a clean stop waits for Kafka to take the offsets.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(3);
/// Between two looks whether there is room for a record again.
const MEMORY_FULL_PAUSE: Duration = Duration::from_millis(1);

/// What the intake reads, and with what.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// The topic of account creations.
    pub creations: String,
    /// The topic of transfers.
    pub transfers: String,
    /// Decodes account creations.
    pub creation_decoder: Decoder<ConfirmAccountCreation>,
    /// Decodes transfers.
    pub transfer_decoder: Decoder<ConfirmMoneyTransfer>,
    /// Shown as missing while a schema is waited for.
    pub registry: Part,
    /// Commands that wait to be decided; at the bound, reading waits.
    pub queue_max_commands: usize,
    /// KiB of commands between being read and being handed to Kafka as answers; at the bound, reading waits.
    pub memory_max_kib: u32,
    /// How long one question to Kafka may take.
    pub request_timeout: Duration,
}

/// Why the commands can't be read. All are worth another try, after the state was dropped.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// Kafka doesn't answer, or a topic is missing.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// librdkafka reports a failure.
    #[error("reading commands: {0}")]
    Library(#[from] LibraryError),
    /// The reading thread is gone.
    #[error("the thread that reads commands ended")]
    Ended,
}

/// The commands, in the order of their partitions. It is no member of a consumer group; the group's name only
/// stores offsets.
pub struct Intake {
    receiver: mpsc::Receiver<Received>,
    reading: Reading,
    /// All offsets that the group has by this handler's doing, to be committed again before Kafka forgets them.
    committed: FxHashMap<(Kind, i32), i64>,
    next_renewal: Instant,
}

/// The side of the intake that outlives its queue.
struct Reading {
    consumer: Arc<Detached<BaseConsumer<Lag>>>,
    stop: Arc<AtomicBool>,
    sources: Arc<Sources>,
}

impl Intake {
    /// Starts to read where the group's offsets say, from the beginning where there are none.
    ///
    /// # Errors
    /// When Kafka doesn't answer or a command topic is missing.
    pub async fn start(consumer: CommandConsumer, sources: Sources, metadata: &Metadata) -> Result<Self, IntakeError> {
        let consumer = consumer.0;
        let mut partitions = TopicPartitionList::new();
        for topic in [&sources.creations, &sources.transfers] {
            for partition in 0..metadata.partition_count(topic).await? {
                partitions.add_partition(topic, partition);
            }
        }
        let committed = {
            let consumer = Arc::clone(&consumer);
            let timeout = sources.request_timeout;
            tokio::task::spawn_blocking(move || consumer.committed_offsets(partitions, timeout))
                .await
                .map_err(|_| IntakeError::Ended)??
        };
        let mut assignment = TopicPartitionList::new();
        let mut known = FxHashMap::default();
        for place in committed.elements() {
            let start = match place.offset() {
                Offset::Offset(offset) => {
                    known.insert((sources.kind(place.topic()), place.partition()), offset);
                    Offset::Offset(offset)
                }
                _ => Offset::Beginning,
            };
            assignment.add_partition_offset(place.topic(), place.partition(), start)?;
        }
        consumer.context().new_partitions.assigned(&assignment);
        consumer.assign(&assignment)?;

        let (sender, receiver) = mpsc::channel(sources.queue_max_commands);
        let reading = Reading { consumer, stop: Arc::new(AtomicBool::new(false)), sources: Arc::new(sources) };
        let thread = Reader {
            consumer: Arc::clone(&reading.consumer),
            stop: Arc::clone(&reading.stop),
            sources: Arc::clone(&reading.sources),
            sender,
            memory: Arc::new(Semaphore::new(usize::try_from(reading.sources.memory_max_kib).unwrap_or(usize::MAX))),
            runtime: tokio::runtime::Handle::current(),
        };
        std::thread::Builder::new()
            .name("intake".to_owned())
            .spawn(move || thread.run())
            .map_err(|_| IntakeError::Ended)?;
        Ok(Self { receiver, reading, committed: known, next_renewal: Instant::now() + RENEWAL_INTERVAL })
    }

    /// Waits until `not_before` and for a command, then takes what has arrived, up to `max`, appending to `batch`.
    ///
    /// Cancelling it loses nothing.
    ///
    /// # Errors
    /// When reading has ended.
    pub async fn receive(
        &mut self,
        not_before: tokio::time::Instant,
        batch: &mut Vec<Received>,
        max: usize,
    ) -> Result<(), IntakeError> {
        tokio::time::sleep_until(not_before).await;
        if self.receiver.recv_many(batch, max).await == 0 {
            return Err(IntakeError::Ended);
        }
        Ok(())
    }

    /// Notes, without waiting, that every command before these places is answered.
    ///
    /// # Errors
    /// When librdkafka refuses at once; a commit that fails later is made good by the next one.
    pub fn commit(&mut self, next: &FxHashMap<(Kind, i32), i64>) -> Result<(), IntakeError> {
        self.committed.extend(next);
        let now = Instant::now();
        if now < self.next_renewal {
            return if next.is_empty() { Ok(()) } else { self.reading.commit(next, CommitMode::Async) };
        }
        self.next_renewal = now + RENEWAL_INTERVAL;
        if self.committed.is_empty() { Ok(()) } else { self.reading.commit(&self.committed, CommitMode::Async) }
    }

    /// As [`Self::commit`], and waits for Kafka's word: for a clean stop.
    ///
    /// # Errors
    /// When Kafka doesn't take them, which costs some repeats at the next start.
    pub async fn commit_and_close(self, next: FxHashMap<(Kind, i32), i64>) -> Result<(), IntakeError> {
        if next.is_empty() {
            return Ok(());
        }
        let committing = tokio::task::spawn_blocking(move || self.reading.commit(&next, CommitMode::Sync));
        if let Ok(committed) = tokio::time::timeout(COMMIT_TIMEOUT, committing).await {
            return committed.map_err(|_| IntakeError::Ended)?;
        }
        tracing::warn!("Kafka does not take the offsets; the next start answers some commands again");
        Ok(())
    }
}

impl Reading {
    fn commit(&self, next: &FxHashMap<(Kind, i32), i64>, mode: CommitMode) -> Result<(), IntakeError> {
        let mut offsets = TopicPartitionList::with_capacity(next.len());
        for (&(topic, partition), &offset) in next {
            offsets.add_partition_offset(self.sources.topic(topic), partition, Offset::Offset(offset))?;
        }
        Ok(self.consumer.commit(&offsets, mode)?)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Sources {
    fn kind(&self, topic: &str) -> Kind {
        if topic == self.transfers { Kind::MoneyTransfer } else { Kind::AccountCreation }
    }

    fn topic(&self, kind: Kind) -> &str {
        match kind {
            Kind::AccountCreation => &self.creations,
            Kind::MoneyTransfer => &self.transfers,
        }
    }
}

/// What runs on the reading thread.
struct Reader {
    consumer: Arc<Detached<BaseConsumer<Lag>>>,
    stop: Arc<AtomicBool>,
    sources: Arc<Sources>,
    sender: mpsc::Sender<Received>,
    memory: Arc<Semaphore>,
    runtime: tokio::runtime::Handle,
}

impl Reader {
    fn run(self) {
        let mut silence = Silence::new(&self.sources.kafka);
        while !self.stopped() {
            if let Err(error) = self.consumer.context().new_partitions.read(&**self.consumer) {
                tracing::error!(%error, "reading commands ends: a topic has more partitions");
                return;
            }
            match self.consumer.poll(POLL) {
                None => {
                    if let Err(error) = silence.look(&**self.consumer, &self.sources.transfers) {
                        tracing::warn!(%error, "no answer from Kafka, another consumer goes on where this one is");
                        return;
                    }
                }
                Some(Ok(message)) => {
                    silence.is_broken();
                    let Some(received) = self.received(&message) else { return };
                    if self.sender.blocking_send(received).is_err() {
                        return;
                    }
                }
                Some(Err(error)) if is_passing(&error) => tracing::debug!(%error, "reading commands"),
                Some(Err(error)) => {
                    tracing::error!(%error, "reading commands ends");
                    return;
                }
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The record as a command or as poison; nothing when it is time to stop.
    fn received(&self, message: &BorrowedMessage<'_>) -> Option<Received> {
        let memory = self.memory_for(message)?;
        let kind = self.sources.kind(message.topic());
        let content = match kind {
            Kind::AccountCreation => self.decode(&self.sources.creation_decoder, message, creation)?,
            Kind::MoneyTransfer => self.decode(&self.sources.transfer_decoder, message, transfer)?,
        };
        let place = Place { topic: kind, partition: message.partition(), offset: message.offset() };
        let traceparent = header_value(message.headers(), header::TRACEPARENT);
        Some(Received { place, trace: TraceParent::following(traceparent), content, memory })
    }

    /// Waits until the bound on memory has room for the record; nothing when it is time to stop.
    fn memory_for(&self, message: &BorrowedMessage<'_>) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(message.payload_len() / 1_024 + 1).unwrap_or(u32::MAX).min(self.sources.memory_max_kib);
        loop {
            if let Ok(permit) = Arc::clone(&self.memory).try_acquire_many_owned(kib) {
                return Some(permit);
            }
            if self.stopped() {
                return None;
            }
            std::thread::sleep(MEMORY_FULL_PAUSE);
        }
    }

    /// Waits, however long, while the registry can't say what a schema id means: the record may be fine.
    fn decode<R: Record>(
        &self,
        decoder: &Decoder<R>,
        message: &BorrowedMessage<'_>,
        command: impl FnOnce(R) -> Command,
    ) -> Option<Result<Command, Box<Poison>>> {
        let (mut failures, mut fetched) = (0, false);
        loop {
            match decoder.try_decode(message.payload()) {
                Decoded::Record(record) => return Some(Ok(command(record))),
                Decoded::Poison(reason) => return Some(Err(Box::new(poison(message, reason.to_string())))),
                // A registry whose word counts for no time at all said that it has none.
                Decoded::UnknownSchema(id) if fetched => {
                    let reason = PoisonReason::UnknownSchema(id).to_string();
                    return Some(Err(Box::new(poison(message, reason))));
                }
                Decoded::UnknownSchema(id) => {
                    if self.stopped() {
                        return None;
                    }
                    match self.runtime.block_on(decoder.fetch_schema(id)) {
                        Ok(()) => {
                            fetched = true;
                            self.sources.registry.up();
                        }
                        Err(error) => {
                            failures += 1;
                            tracing::warn!(%error, id, "waiting for the schema of a command");
                            self.sources.registry.down(format!("waiting for schema {id} of a command: {error}"));
                            std::thread::sleep(Backoff::default().delay(failures));
                        }
                    }
                }
            }
        }
    }
}

/// The command to open an account.
pub fn creation(record: ConfirmAccountCreation) -> Command {
    Command { id: record.id, hash: command_hash(&record), body: Body::Creation(record.a_type) }
}

/// The command to move money, its sides classified.
pub fn transfer(record: ConfirmMoneyTransfer) -> Command {
    let hash = command_hash(&record);
    let ConfirmMoneyTransfer { id, token, amount, from, to, description } = record;
    let (from_party, to_party) = (Party::of(&from), Party::of(&to));
    Command { id, hash, body: Body::Transfer(Transfer { token, amount, from, from_party, to, to_party, description }) }
}

fn poison(message: &BorrowedMessage<'_>, reason: String) -> Poison {
    Poison {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        reason,
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
    }
}

/// Failures that librdkafka gets over by itself, above all brokers that are away for a while.
fn is_passing(error: &LibraryError) -> bool {
    !matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition)
    )
}
