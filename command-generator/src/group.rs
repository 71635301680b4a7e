//! Membership of the consumer group: whether the heartbeat topic is ours, what was committed, and committing.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use service_kit::kafka::{self, Detached, Silence};

use crate::config::Settings;
use crate::error::Interruption;
use crate::progress::Done;
use crate::promise::Promise;

/// What the group's coordinator told last.
#[derive(Debug, Default)]
struct Assignment {
    ours: AtomicBool,
    /// The topic is another's. Neither holds while the group settles, and without a coordinator.
    anothers: AtomicBool,
    changes: AtomicU64,
}

impl ClientContext for Assignment {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the consumer reports");
    }
}

impl ConsumerContext for Assignment {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let given = if let Rebalance::Assign(partitions) = rebalance { Some(partitions.count() > 0) } else { None };
        self.ours.store(given == Some(true), Ordering::Release);
        self.anothers.store(given == Some(false), Ordering::Release);
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}

/// A member of the group that reads the heartbeat topic, when that is given to it.
pub struct Member {
    consumer: Detached<BaseConsumer<Assignment>>,
    silence: RefCell<Silence>,
    beat_topic: String,
    account_topic: String,
    request_timeout: Duration,
}

/// One stretch of time in which the heartbeat topic is ours without interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure(u64);

impl Member {
    /// Joins the group under the instance's name.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn join(settings: &Settings) -> Result<Self, Interruption> {
        let doing = "cannot join the consumer group";
        let mut config = kafka::consumer_config(&settings.kafka, &settings.group);
        config
            // Whoever returns under its name within the session time-out gets its partition back at once.
            .set("group.instance.id", &settings.instance)
            .set("session.timeout.ms", settings.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", (settings.session_timeout_ms / 5).to_string())
            .set("partition.assignment.strategy", "range")
            // Commits and questions wait behind a fetch that waits for beats.
            .set("fetch.wait.max.ms", "100")
            // How long a commit may go unanswered before the tenure is given up.
            .set("socket.timeout.ms", "10000");
        let consumer: BaseConsumer<Assignment> = config
            .create_with_context(Assignment::default())
            .map_err(|source| Interruption::Library { doing, source })?;
        consumer.subscribe(&[&settings.topics.heartbeat]).map_err(|source| Interruption::Library { doing, source })?;
        Ok(Self {
            consumer: Detached::new(consumer),
            silence: RefCell::new(Silence::new(&settings.kafka)),
            beat_topic: settings.topics.heartbeat.clone(),
            account_topic: settings.topics.acc.clone(),
            request_timeout: Duration::from_millis(settings.kafka.request_timeout_ms),
        })
    }

    /// The next beat's record, waiting for it so long. Also what keeps the membership alive.
    ///
    /// # Errors
    /// When the name was taken over, or the consumer is of no more use: it has failed, or nothing has come for long and it reaches nobody.
    pub fn poll(&self, timeout: Duration) -> Result<Option<BorrowedMessage<'_>>, Interruption> {
        let mut silence = self.silence.borrow_mut();
        match self.consumer.poll(timeout) {
            None => silence.look(&*self.consumer, &self.beat_topic).map(|()| None).map_err(Interruption::Deaf),
            Some(Ok(record)) => {
                silence.is_broken();
                Ok(Some(record))
            }
            Some(Err(error)) if is_taken_over(&error) => Err(Interruption::NameTaken),
            Some(Err(source @ KafkaError::MessageConsumptionFatal(_))) => {
                Err(Interruption::Library { doing: "the consumer failed", source })
            }
            Some(Err(error)) => {
                // Lost brokers and the like: librdkafka goes on by itself.
                tracing::debug!(%error, "reading the heartbeat topic");
                Ok(None)
            }
        }
    }

    /// The present tenure, where the topic is ours.
    #[must_use]
    pub fn tenure(&self) -> Option<Tenure> {
        let assignment = self.consumer.context();
        let changes = assignment.changes.load(Ordering::Acquire);
        assignment.ours.load(Ordering::Acquire).then_some(Tenure(changes))
    }

    /// Whether the group knows us and gave the topic to another.
    #[must_use]
    pub fn is_standby(&self) -> bool {
        self.consumer.context().anothers.load(Ordering::Acquire)
    }

    /// Stops or resumes the delivery of beats, while polling goes on.
    ///
    /// # Errors
    /// When librdkafka refuses.
    pub fn set_paused(&self, paused: bool) -> Result<(), Interruption> {
        let mut partition = TopicPartitionList::new();
        partition.add_partition(&self.beat_topic, 0);
        let asked = if paused { self.consumer.pause(&partition) } else { self.consumer.resume(&partition) };
        asked.map_err(|source| Interruption::Library { doing: "cannot pause or resume the heartbeat topic", source })
    }

    /// Where the group is, and what it promised. A first start, and offsets without our metadata, promise nothing.
    ///
    /// # Errors
    /// When the coordinator does not answer in time.
    pub fn committed(&self) -> Result<(Done, Promise), Interruption> {
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition(&self.beat_topic, 0);
        partitions.add_partition(&self.account_topic, 0);
        let committed = self
            .consumer
            .committed_offsets(partitions, self.request_timeout)
            .map_err(|source| Interruption::Library { doing: "cannot read the committed offsets", source })?;
        let mut done = Done::default();
        let mut promise = Promise::default();
        for partition in committed.elements() {
            partition
                .error()
                .map_err(|source| Interruption::Library { doing: "cannot read a committed offset", source })?;
            let Offset::Offset(offset) = partition.offset() else { continue };
            if partition.topic() == self.beat_topic {
                done.beat_offset = Some(offset);
                promise = partition.metadata().parse().unwrap_or_else(|error| {
                    tracing::warn!(%error, metadata = partition.metadata(), "beats in doubt may repeat differently");
                    Promise::default()
                });
                done.last_beat = promise.last_beat;
            } else {
                done.account_offset = Some(offset);
            }
        }
        Ok((done, promise))
    }

    /// Stores how far both topics are done, with the promise, and waits until that is safe.
    ///
    /// # Errors
    /// When it is not known to be stored: it may be or not, so the tenure must end.
    pub fn commit(&self, done: Done, promise: &Promise) -> Result<(), Interruption> {
        let mut partitions = TopicPartitionList::new();
        let places = [(&self.beat_topic, done.beat_offset), (&self.account_topic, done.account_offset)];
        for (topic, offset) in places {
            let Some(offset) = offset else { continue };
            partitions.add_partition_offset(topic, 0, Offset::Offset(offset)).map_err(Interruption::Commit)?;
        }
        if let Some(mut beats) = partitions.find_partition(&self.beat_topic, 0) {
            beats.set_metadata(promise.to_string());
        }
        self.consumer.commit(&partitions, CommitMode::Sync).map_err(|error| match error {
            error if is_taken_over(&error) => Interruption::NameTaken,
            error => Interruption::Commit(error),
        })
    }
}

fn is_taken_over(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::FencedInstanceId)
        || matches!(error, KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId))
}
