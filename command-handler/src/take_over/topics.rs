//! Reads the topics from their beginning to the ends that were noted, into rows.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{KafkaSettings, Metadata, TopicSettings, consumer_config, header_value};
use service_kit::registry::{DecodeFailure, Decoder, Registry};
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, CommandHash, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Iban, MoneyTransferConfirmed, MoneyTransferFailed, Record, Token, header,
};

use super::error::TakeOverError;
use super::rows::{ChangeRow, CommandRow, OutcomeRow, PoisonRow};
use crate::decide::Refusal;
use crate::intake;
use crate::ledger::Kind;

/// Committed nowhere; the library wants a name.
const GROUP: &str = "command-handler-take-over";
/// Between two looks whether it is time to show a sign of life.
const POLL: Duration = Duration::from_millis(500);

/// The topics that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Commands to open an account.
    Creations,
    /// Commands to move money.
    Transfers,
    /// `account_creation_confirmed`
    CreationConfirmed,
    /// `account_creation_failed`
    CreationFailed,
    /// `money_transfer_confirmed`
    TransferConfirmed,
    /// `money_transfer_failed`
    TransferFailed,
    /// `balance_changed`
    BalanceChanged,
}

impl Source {
    /// Each of them. The ends of the topics of events are noted before those of commands, so that every outcome's command is
    /// there.
    pub const ALL: [Self; 7] = [
        Self::BalanceChanged,
        Self::CreationConfirmed,
        Self::CreationFailed,
        Self::TransferConfirmed,
        Self::TransferFailed,
        Self::Creations,
        Self::Transfers,
    ];

    /// Whether it holds commands.
    pub const fn is_of_commands(self) -> bool {
        matches!(self, Self::Creations | Self::Transfers)
    }

    /// The topic's name by the settings.
    pub fn name(self, topics: &TopicSettings) -> &str {
        match self {
            Self::Creations => &topics.cac,
            Self::Transfers => &topics.cmt,
            Self::CreationConfirmed => &topics.acc,
            Self::CreationFailed => &topics.acf,
            Self::TransferConfirmed => &topics.mtc,
            Self::TransferFailed => &topics.mtf,
            Self::BalanceChanged => &topics.bc,
        }
    }
}

/// The offset behind the last record of each partition, noted before anything is read.
pub type Ends = BTreeMap<(Source, i32), i64>;

/// Notes the ends of all topics.
///
/// # Errors
/// When Kafka doesn't answer, or a topic's beginning is gone.
pub async fn ends(metadata: &Metadata, topics: &TopicSettings) -> Result<Ends, TakeOverError> {
    let mut ends = Ends::new();
    for source in Source::ALL {
        let topic = source.name(topics);
        for found in metadata.watermarks(topic).await? {
            if found.low > 0 {
                let (topic, partition, offset) = (topic.to_owned(), found.partition, found.low);
                return Err(TakeOverError::BeginningGone { topic, partition, offset });
            }
            ends.insert((source, found.partition), found.high);
        }
    }
    Ok(ends)
}

/// A row for one of the staging tables, in Postgres' COPY format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Commands.
    Command,
    /// Outcomes.
    Outcome,
    /// Changes of balances.
    Change,
    /// Commands that can't be decoded.
    Poison,
}

/// Reads one topic.
pub struct TopicReader<'a> {
    kafka: &'a KafkaSettings,
    topic: &'a str,
    source: Source,
    consumer: StreamConsumer,
    open: BTreeMap<i32, i64>,
    decoders: &'a Decoders,
    heard: Instant,
}

impl<'a> TopicReader<'a> {
    /// Starts at the beginning of the topic.
    ///
    /// # Errors
    /// When librdkafka doesn't accept the settings.
    pub fn start(
        kafka: &'a KafkaSettings,
        topics: &'a TopicSettings,
        source: Source,
        ends: &Ends,
        decoders: &'a Decoders,
    ) -> Result<Self, TakeOverError> {
        let topic = source.name(topics);
        let of_source = ends.iter().filter(|((of, _), end)| *of == source && **end > 0);
        let open: BTreeMap<i32, i64> = of_source.map(|((_, partition), end)| (*partition, *end)).collect();
        let consumer: StreamConsumer = consumer_config(kafka, GROUP).set("enable.partition.eof", "true").create()?;
        let mut assignment = TopicPartitionList::new();
        for &partition in open.keys() {
            assignment.add_partition_offset(topic, partition, Offset::Offset(0))?;
        }
        consumer.assign(&assignment)?;
        Ok(Self { kafka, topic, source, consumer, open, decoders, heard: Instant::now() })
    }

    /// Whether all of it was read.
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Appends the next record's row to `out`, in at most half a second; nothing where none came.
    ///
    /// # Errors
    /// When Kafka or the registry fails or is silent, or the record can't be taken over.
    pub async fn next(&mut self, out: &mut BytesMut) -> Result<Option<Table>, TakeOverError> {
        let Ok(received) = tokio::time::timeout(POLL, self.consumer.recv()).await else {
            // The clients ask again by themselves; beyond some time-outs of theirs, nobody is there.
            let timeout_ms = self.kafka.request_timeout_ms.saturating_mul(4);
            if self.heard.elapsed() >= Duration::from_millis(timeout_ms) {
                return Err(TakeOverError::Silence { topic: self.topic.to_owned(), timeout_ms });
            }
            return Ok(None);
        };
        match received {
            Ok(message) => {
                self.heard = Instant::now();
                let (partition, offset) = (message.partition(), message.offset());
                let Some(&end) = self.open.get(&partition) else { return Ok(None) };
                let table = if offset < end {
                    Some(self.decoders.row(self.source, self.topic, &message, out).await?)
                } else {
                    None
                };
                if offset + 1 >= end {
                    self.open.remove(&partition);
                }
                Ok(table)
            }
            // The end may be a transaction's marker, which is never received.
            Err(LibraryError::PartitionEOF(partition)) => {
                self.heard = Instant::now();
                self.open.remove(&partition);
                Ok(None)
            }
            Err(error) if is_passing(&error) => {
                tracing::debug!(topic = self.topic, %error, "reading");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the client mends it by itself.
fn is_passing(error: &LibraryError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::NotLeaderForPartition
        )
    )
}

/// A decoder for each topic.
pub struct Decoders {
    creation: Decoder<ConfirmAccountCreation>,
    transfer: Decoder<ConfirmMoneyTransfer>,
    creation_confirmed: Decoder<AccountCreationConfirmed>,
    creation_failed: Decoder<AccountCreationFailed>,
    transfer_confirmed: Decoder<MoneyTransferConfirmed>,
    transfer_failed: Decoder<MoneyTransferFailed>,
    balance_changed: Decoder<BalanceChanged>,
}

impl Decoders {
    /// Nothing known yet.
    pub fn new(registry: &Registry) -> Self {
        Self {
            creation: registry.decoder(),
            transfer: registry.decoder(),
            creation_confirmed: registry.decoder(),
            creation_failed: registry.decoder(),
            transfer_confirmed: registry.decoder(),
            transfer_failed: registry.decoder(),
            balance_changed: registry.decoder(),
        }
    }

    async fn row(
        &self,
        source: Source,
        topic: &str,
        message: &BorrowedMessage<'_>,
        out: &mut BytesMut,
    ) -> Result<Table, TakeOverError> {
        let at = At { topic, message };
        match source {
            Source::Creations => command_row(&at, &self.creation, intake::creation, out).await,
            Source::Transfers => command_row(&at, &self.transfer, intake::transfer, out).await,
            Source::CreationConfirmed => {
                let record = at.record(&self.creation_confirmed).await?;
                let mut row = at.outcome(Kind::AccountCreation, record.id)?;
                row.number = Some(at.parsed(Iban::parse(&record.iban))?);
                row.token = Some(at.parsed(Token::parse(&record.token))?);
                row.a_type = Some(record.a_type);
                row.put(out);
                Ok(Table::Outcome)
            }
            Source::CreationFailed => {
                let record = at.record(&self.creation_failed).await?;
                at.refused(Kind::AccountCreation, record.id, &record.reason, out)
            }
            Source::TransferConfirmed => {
                let record = at.record(&self.transfer_confirmed).await?;
                let mut row = at.outcome(Kind::MoneyTransfer, record.id)?;
                row.legs = at.text(header::LEGS)?;
                row.put(out);
                Ok(Table::Outcome)
            }
            Source::TransferFailed => {
                let record = at.record(&self.transfer_failed).await?;
                at.refused(Kind::MoneyTransfer, record.id, &record.reason, out)
            }
            Source::BalanceChanged => {
                let record = at.record(&self.balance_changed).await?;
                let row = ChangeRow {
                    partition: message.partition(),
                    offset: message.offset(),
                    number: at.parsed(Iban::parse(&record.iban))?,
                    new_balance: record.new_balance,
                    changed_by: record.changed_by,
                    from_to: &record.from_to,
                    description: &record.description,
                    event: at.number(header::EVENT)?,
                    leg: at.number(header::LEG)?,
                    seq: at.number(header::ACCOUNT_SEQ)?,
                    booked_at_us: at.booked_at_us()?,
                };
                row.put(out);
                Ok(Table::Change)
            }
        }
    }
}

async fn command_row<R: Record>(
    at: &At<'_>,
    decoder: &Decoder<R>,
    command: impl FnOnce(R) -> crate::ledger::Command,
    out: &mut BytesMut,
) -> Result<Table, TakeOverError> {
    let (partition, offset) = (at.message.partition(), at.message.offset());
    match decoder.decode(at.message.payload()).await {
        Ok(record) => {
            CommandRow { partition, offset, command: &command(record) }.put(out);
            Ok(Table::Command)
        }
        Err(DecodeFailure::Poison(reason)) => {
            let (key, value) = (at.message.key(), at.message.payload());
            PoisonRow { topic: at.topic, partition, offset, reason: &reason, key, value }.put(out);
            Ok(Table::Poison)
        }
        Err(DecodeFailure::Unavailable(error)) => Err(error.into()),
    }
}

/// A record and where it lies.
struct At<'a> {
    topic: &'a str,
    message: &'a BorrowedMessage<'a>,
}

impl At<'_> {
    fn error(&self, what: impl Into<String>) -> TakeOverError {
        TakeOverError::Record {
            topic: self.topic.to_owned(),
            partition: self.message.partition(),
            offset: self.message.offset(),
            what: what.into(),
        }
    }

    fn parsed<T, E: std::error::Error>(&self, parsed: Result<T, E>) -> Result<T, TakeOverError> {
        parsed.map_err(|error| self.error(error.to_string()))
    }

    async fn record<R: Record>(&self, decoder: &Decoder<R>) -> Result<R, TakeOverError> {
        match decoder.decode(self.message.payload()).await {
            Ok(record) => Ok(record),
            Err(DecodeFailure::Poison(reason)) => Err(self.error(format!("can't be read: {reason}"))),
            Err(DecodeFailure::Unavailable(error)) => Err(error.into()),
        }
    }

    fn refused(&self, kind: Kind, id: CommandId, reason: &str, out: &mut BytesMut) -> Result<Table, TakeOverError> {
        let mut row = self.outcome(kind, id)?;
        let refusal = Refusal::of_reason(reason);
        row.refusal = Some(refusal.ok_or_else(|| self.error(format!("a reason that no handler gives: `{reason}`")))?);
        row.put(out);
        Ok(Table::Outcome)
    }

    fn outcome(&self, kind: Kind, id: CommandId) -> Result<OutcomeRow, TakeOverError> {
        let hash = self.text(header::COMMAND_HASH)?.map(|text| text.parse::<CommandHash>());
        Ok(OutcomeRow {
            kind,
            partition: self.message.partition(),
            offset: self.message.offset(),
            id,
            event: self.number(header::EVENT)?,
            hash: hash.map(|hash| self.parsed(hash)).transpose()?,
            booked_at_us: self.booked_at_us()?,
            repeat: self.header(header::REPEAT).is_some(),
            refusal: None,
            number: None,
            token: None,
            a_type: None,
            legs: None,
        })
    }

    /// When it was decided; where nothing says so, when it was written.
    fn booked_at_us(&self) -> Result<i64, TakeOverError> {
        let written_us = || self.message.timestamp().to_millis().unwrap_or_default().saturating_mul(1_000);
        Ok(self.number(header::BOOKED_AT)?.unwrap_or_else(written_us))
    }

    fn number<N: std::str::FromStr>(&self, key: &str) -> Result<Option<N>, TakeOverError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.error(format!("the header {key} is no number: `{text}`")))
    }

    fn text(&self, key: &str) -> Result<Option<String>, TakeOverError> {
        let Some(value) = self.header(key) else { return Ok(None) };
        match std::str::from_utf8(value) {
            Ok(text) if !text.contains('\0') => Ok(Some(text.to_owned())),
            _ => Err(self.error(format!("the header {key} is no text"))),
        }
    }

    fn header(&self, key: &str) -> Option<&[u8]> {
        header_value(self.message.headers(), key)
    }
}
