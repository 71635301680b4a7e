//! Reads the topics from their beginning, each time up to the end that it has at the moment.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use service_kit::kafka::{KafkaSettings, Metadata, TopicSettings, consumer_config, readable_headers};
use service_kit::registry::{DecodeFailure, Decoder, Registry};
use topology::partition::murmur2_partition;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Keyed, MoneyTransferConfirmed, MoneyTransferFailed,
};

use crate::books::Books;
use crate::digest::Digest;
use crate::error::AuditError;
use crate::observation::{Headers, Observation, Observed, Place, Source};

/// Committed nowhere; the library wants a name.
const GROUP: &str = "audit";

/// A reader of all topics, with its place in each partition.
pub struct Topics {
    kafka: KafkaSettings,
    names: TopicSettings,
    metadata: Metadata,
    decoders: Decoders,
    next: BTreeMap<(Source, i32), i64>,
}

/// The offsets behind the last records of a topic's partitions, by partition.
pub type Ends = BTreeMap<i32, i64>;

impl Topics {
    /// A reader that has read nothing yet.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(kafka: &KafkaSettings, names: &TopicSettings, registry: &Registry) -> Result<Self, AuditError> {
        Ok(Self {
            kafka: kafka.clone(),
            names: names.clone(),
            metadata: Metadata::new(kafka)?,
            decoders: Decoders::new(registry),
            next: BTreeMap::new(),
        })
    }

    /// Reads every topic from where it was left, up to the end that it has now, into the books.
    ///
    /// # Errors
    /// When Kafka or the registry does not answer, or a topic's beginning is gone.
    pub async fn read_on(&mut self, books: &mut Books) -> Result<(), AuditError> {
        for source in Source::ALL {
            let ends = self.ends(source).await?;
            self.read_through(source, &ends, books).await?;
        }
        Ok(())
    }

    /// The ends that a topic has now.
    ///
    /// # Errors
    /// When Kafka does not answer, or the topic's beginning is gone.
    pub async fn ends(&self, source: Source) -> Result<Ends, AuditError> {
        let topic = self.name(source);
        let watermarks = self.metadata.watermarks(&topic).await?;
        if let Some(cut) = watermarks.iter().find(|partition| partition.low > 0) {
            return Err(AuditError::BeginningGone { topic, partition: cut.partition, offset: cut.low });
        }
        Ok(watermarks.iter().map(|partition| (partition.partition, partition.high)).collect())
    }

    /// The offsets that were read up to, by partition.
    #[must_use]
    pub fn read_so_far(&self, source: Source) -> Ends {
        let of_source = self.next.iter().filter(|((read, _), _)| *read == source);
        of_source.map(|((_, partition), next)| (*partition, *next)).collect()
    }

    /// The topic's name by the settings.
    #[must_use]
    pub fn name(&self, source: Source) -> String {
        self.names.name_of(source.topic()).unwrap_or_else(|| source.topic()).to_owned()
    }

    async fn read_through(&mut self, source: Source, ends: &Ends, books: &mut Books) -> Result<(), AuditError> {
        let topic = self.name(source);
        let mut unread: BTreeMap<i32, i64> = ends.clone();
        unread.retain(|partition, end| *end > self.next.get(&(source, *partition)).copied().unwrap_or_default());
        if unread.is_empty() {
            return Ok(());
        }
        let mut from = TopicPartitionList::new();
        for partition in unread.keys() {
            let next = self.next.get(&(source, *partition)).copied().unwrap_or_default();
            from.add_partition_offset(&topic, *partition, Offset::Offset(next))?;
        }
        let consumer: StreamConsumer =
            consumer_config(&self.kafka, GROUP).set("enable.partition.eof", "true").create()?;
        consumer.assign(&from)?;
        let partitions = i32::try_from(ends.len()).unwrap_or(i32::MAX);
        // The clients ask again by themselves; beyond some time-outs of theirs, nobody is there.
        let timeout_ms = self.kafka.request_timeout_ms.saturating_mul(4);
        while !unread.is_empty() {
            let received = tokio::time::timeout(Duration::from_millis(timeout_ms), consumer.recv()).await;
            match received {
                Ok(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    let Some(end) = unread.get(&partition).copied() else { continue };
                    if offset < end {
                        let observed = self.decoders.observe(source, partitions, &message).await?;
                        books.observe(observed);
                        self.next.insert((source, partition), offset + 1);
                    }
                    if offset + 1 >= end {
                        unread.remove(&partition);
                    }
                }
                // The end may be a transaction's marker, which is never received.
                Ok(Err(LibraryError::PartitionEOF(partition))) => {
                    if let Some(end) = unread.remove(&partition) {
                        self.next.insert((source, partition), end);
                    }
                }
                Ok(Err(error)) if is_passing(&error) => tracing::debug!("{topic}: {error}"),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(AuditError::Silence { topic, timeout_ms }),
            }
        }
        Ok(())
    }
}

/// Whether the client mends it by itself.
fn is_passing(error: &LibraryError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut | Code::NotLeaderForPartition
        )
    )
}

struct Decoders {
    creation_command: Decoder<ConfirmAccountCreation>,
    creation_confirmed: Decoder<AccountCreationConfirmed>,
    creation_failed: Decoder<AccountCreationFailed>,
    transfer_command: Decoder<ConfirmMoneyTransfer>,
    transfer_confirmed: Decoder<MoneyTransferConfirmed>,
    transfer_failed: Decoder<MoneyTransferFailed>,
    changed: Decoder<BalanceChanged>,
}

impl Decoders {
    fn new(registry: &Registry) -> Self {
        Self {
            creation_command: registry.decoder(),
            creation_confirmed: registry.decoder(),
            creation_failed: registry.decoder(),
            transfer_command: registry.decoder(),
            transfer_confirmed: registry.decoder(),
            transfer_failed: registry.decoder(),
            changed: registry.decoder(),
        }
    }

    async fn observe(
        &self,
        source: Source,
        partitions: i32,
        message: &BorrowedMessage<'_>,
    ) -> Result<Observed, AuditError> {
        let decoded = match source {
            Source::CreationCommands => read(&self.creation_command, message, Observation::CreationCommand).await?,
            Source::CreationsConfirmed => {
                read(&self.creation_confirmed, message, Observation::CreationConfirmed).await?
            }
            Source::CreationsFailed => read(&self.creation_failed, message, Observation::CreationFailed).await?,
            Source::TransferCommands => read(&self.transfer_command, message, Observation::TransferCommand).await?,
            Source::TransfersConfirmed => {
                read(&self.transfer_confirmed, message, Observation::TransferConfirmed).await?
            }
            Source::TransfersFailed => read(&self.transfer_failed, message, Observation::TransferFailed).await?,
            Source::Changes => read(&self.changed, message, Observation::Changed).await?,
        };
        let key = message.key().unwrap_or_default();
        let mut headers = Headers::default();
        for (name, value) in readable_headers(message.headers()) {
            headers.add(name, value.unwrap_or_default());
        }
        Ok(Observed {
            place: Place { source, partition: message.partition(), offset: message.offset() },
            in_its_place: decoded.has_its_key && murmur2_partition(key, partitions) == message.partition(),
            headers,
            value: Digest::of(message.payload()),
            observation: decoded.observation,
        })
    }
}

struct Decoded {
    observation: Observation,
    has_its_key: bool,
}

async fn read<R: Keyed>(
    decoder: &Decoder<R>,
    message: &BorrowedMessage<'_>,
    observation: impl FnOnce(R) -> Observation,
) -> Result<Decoded, AuditError> {
    match decoder.decode(message.payload()).await {
        Ok(record) => {
            let has_its_key = Some(record.key().as_bytes()) == message.key();
            Ok(Decoded { observation: observation(record), has_its_key })
        }
        Err(DecodeFailure::Poison(reason)) => {
            Ok(Decoded { observation: Observation::Unreadable(reason), has_its_key: true })
        }
        Err(DecodeFailure::Unavailable(error)) => Err(error.into()),
    }
}
