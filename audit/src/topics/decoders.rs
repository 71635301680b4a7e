//! From Kafka's messages to what they say.

use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use service_kit::kafka::readable_headers;
use service_kit::registry::{DecodeFailure, Decoder, Registry};
use topology::partition::murmur2_partition;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Keyed, MoneyTransferConfirmed, MoneyTransferFailed,
};

use crate::digest::Short;
use crate::error::AuditError;
use crate::observation::{Headers, Observation, Observed, Place, Source};

/// A decoder for each source.
pub struct Decoders {
    creation_command: Decoder<ConfirmAccountCreation>,
    creation_confirmed: Decoder<AccountCreationConfirmed>,
    creation_failed: Decoder<AccountCreationFailed>,
    transfer_command: Decoder<ConfirmMoneyTransfer>,
    transfer_confirmed: Decoder<MoneyTransferConfirmed>,
    transfer_failed: Decoder<MoneyTransferFailed>,
    changed: Decoder<BalanceChanged>,
}

impl Decoders {
    pub fn new(registry: &Registry) -> Self {
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

    /// A record with all that the audit looks at; `partitions` is how many its topic has.
    pub async fn observe(
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
            value: Short::of(message.payload()),
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
