use service_kit::kafka::Metadata;
use service_kit::registry::{Encoder, Registry};
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, MoneyTransferConfirmed, MoneyTransferFailed,
};

use super::RelayError;

/// The names of the topics that events go to, each as its setting says.
#[derive(Debug, Clone)]
pub struct OutputTopics {
    /// `account_creation_confirmed`
    pub creation_confirmed: String,
    /// `account_creation_failed`
    pub creation_failed: String,
    /// `money_transfer_confirmed`
    pub transfer_confirmed: String,
    /// `money_transfer_failed`
    pub transfer_failed: String,
    /// `balance_changed`
    pub balance_changed: String,
}

/// One of the topics that events go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    CreationConfirmed,
    CreationFailed,
    TransferConfirmed,
    TransferFailed,
    BalanceChanged,
}

impl Output {
    /// Each of them, in the order of [`Outputs::names`].
    pub const ALL: [Self; OUTPUTS] = [
        Self::CreationConfirmed,
        Self::CreationFailed,
        Self::TransferConfirmed,
        Self::TransferFailed,
        Self::BalanceChanged,
    ];
}

const OUTPUTS: usize = 5;

/// Where events go: names, partitions and encoders.
#[derive(Debug, Clone)]
pub struct Outputs {
    names: [String; OUTPUTS],
    partitions: [i32; OUTPUTS],
    pub(super) encoders: Encoders,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Encoders {
    pub creation_confirmed: Encoder<AccountCreationConfirmed>,
    pub creation_failed: Encoder<AccountCreationFailed>,
    pub transfer_confirmed: Encoder<MoneyTransferConfirmed>,
    pub transfer_failed: Encoder<MoneyTransferFailed>,
    pub balance_changed: Encoder<BalanceChanged>,
}

impl Outputs {
    /// Asks Kafka and the registry about the topics.
    ///
    /// # Errors
    /// When one of them doesn't answer, or a topic is missing.
    pub async fn discover(topics: &OutputTopics, metadata: &Metadata, registry: &Registry) -> Result<Self, RelayError> {
        let encoders = Encoders {
            creation_confirmed: registry.encoder(&topics.creation_confirmed).await?,
            creation_failed: registry.encoder(&topics.creation_failed).await?,
            transfer_confirmed: registry.encoder(&topics.transfer_confirmed).await?,
            transfer_failed: registry.encoder(&topics.transfer_failed).await?,
            balance_changed: registry.encoder(&topics.balance_changed).await?,
        };
        let names = [
            topics.creation_confirmed.clone(),
            topics.creation_failed.clone(),
            topics.transfer_confirmed.clone(),
            topics.transfer_failed.clone(),
            topics.balance_changed.clone(),
        ];
        let mut partitions = [0; OUTPUTS];
        for (name, partitions) in names.iter().zip(&mut partitions) {
            *partitions = metadata.partition_count(name).await?;
        }
        Ok(Self { names, partitions, encoders })
    }

    /// The same topics with other numbers of partitions.
    #[must_use]
    pub fn with_partitions(&self, partitions_of: impl Fn(&str) -> i32) -> Self {
        let mut outputs = self.clone();
        for (name, partitions) in self.names.iter().zip(&mut outputs.partitions) {
            *partitions = partitions_of(name);
        }
        outputs
    }

    /// Whether some topic has no partition, so that nothing could be sent to it.
    pub(super) fn has_empty_topic(&self) -> bool {
        self.partitions.contains(&0)
    }

    /// The names of the topics.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Topic and partition of each place, in the order of [`Self::place`].
    pub fn places(&self) -> impl Iterator<Item = (&str, i32)> {
        self.names
            .iter()
            .zip(self.partitions)
            .flat_map(|(name, partitions)| (0..partitions).map(move |partition| (name.as_str(), partition)))
    }

    pub(super) fn name(&self, output: Output) -> &str {
        &self.names[output as usize]
    }

    pub(super) const fn partitions(&self, output: Output) -> i32 {
        self.partitions[output as usize]
    }

    /// The number of a partition among all output partitions.
    pub(super) fn place(&self, output: Output, partition: i32) -> usize {
        let before: i32 = self.partitions[..output as usize].iter().sum();
        usize::try_from(before + partition).expect("partitions are counted from 0")
    }
}
