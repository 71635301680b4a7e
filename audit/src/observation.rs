//! What is seen in the topics, before anything is made of it.

use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, CommandHash, ConfirmAccountCreation,
    ConfirmMoneyTransfer, MoneyTransferConfirmed, MoneyTransferFailed, header,
};

use crate::digest::Short;

/// The topics that an audit reads, in the order it reads them: what explains comes before what is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Commands to create an account.
    CreationCommands,
    /// Accounts created.
    CreationsConfirmed,
    /// Accounts not created.
    CreationsFailed,
    /// Commands to transfer money.
    TransferCommands,
    /// Transfers made.
    TransfersConfirmed,
    /// Transfers refused.
    TransfersFailed,
    /// Changes of balances.
    Changes,
}

impl Source {
    /// All of them, in the order of reading.
    pub const ALL: [Self; 7] = [
        Self::CreationCommands,
        Self::CreationsConfirmed,
        Self::CreationsFailed,
        Self::TransferCommands,
        Self::TransfersConfirmed,
        Self::TransfersFailed,
        Self::Changes,
    ];

    /// Whether it holds commands, of which one that cannot be read is nobody's fault here.
    #[must_use]
    pub const fn holds_commands(self) -> bool {
        matches!(self, Self::CreationCommands | Self::TransferCommands)
    }

    /// The contract's name of the topic.
    #[must_use]
    pub const fn topic(self) -> &'static str {
        use topology::topic::names;
        match self {
            Self::CreationCommands => names::CONFIRM_ACCOUNT_CREATION,
            Self::CreationsConfirmed => names::ACCOUNT_CREATION_CONFIRMED,
            Self::CreationsFailed => names::ACCOUNT_CREATION_FAILED,
            Self::TransferCommands => names::CONFIRM_MONEY_TRANSFER,
            Self::TransfersConfirmed => names::MONEY_TRANSFER_CONFIRMED,
            Self::TransfersFailed => names::MONEY_TRANSFER_FAILED,
            Self::Changes => names::BALANCE_CHANGED,
        }
    }
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its topic.
    pub source: Source,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}@{}", self.source.topic(), self.partition, self.offset)
    }
}

/// The contract's headers on a record; `None` where it is absent or no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers {
    /// Event number.
    pub event: Option<u64>,
    /// 1 debit, 2 credit.
    pub leg: Option<u8>,
    /// The account's own sequence.
    pub account_seq: Option<u64>,
    /// The changes that belong to the outcome, as a digest of their set.
    pub legs: Option<LegSet>,
    /// Hash of the command's decoded fields.
    pub command_hash: Option<CommandHash>,
    /// Whether it says that the id came with other content than the first time.
    pub id_reused: bool,
}

impl Headers {
    /// Takes over one header; one that the contract does not know is left alone.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        let text = std::str::from_utf8(value).unwrap_or_default();
        match name {
            header::EVENT => self.event = text.parse().ok(),
            header::LEG => self.leg = text.parse().ok(),
            header::ACCOUNT_SEQ => self.account_seq = text.parse().ok(),
            header::LEGS => self.legs = Some(LegSet::parse(text)),
            header::COMMAND_HASH => self.command_hash = text.parse().ok(),
            header::ID_REUSED => self.id_reused = true,
            _ => {}
        }
    }
}

/// A set of accounts' changes, `IBAN:account-seq` each, in any order: the sum of their digests' halves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LegSet(u32);

impl LegSet {
    /// Of the header's comma-separated text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        for leg in text.split(',').filter(|leg| !leg.is_empty()) {
            set.add(leg);
        }
        set
    }

    /// Puts one more in, as `IBAN:account-seq`.
    pub fn add(&mut self, leg: &str) {
        self.0 = self.0.wrapping_add(Short::of(leg).get());
    }

    /// Puts all of another set in.
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }

    /// Takes all of another set out.
    pub fn take_away(&mut self, other: Self) {
        self.0 = self.0.wrapping_sub(other.0);
    }
}

/// A record of one of the topics.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// A command to create an account.
    CreationCommand(ConfirmAccountCreation),
    /// An account that was created.
    CreationConfirmed(AccountCreationConfirmed),
    /// An account that was not created.
    CreationFailed(AccountCreationFailed),
    /// A command to transfer money.
    TransferCommand(ConfirmMoneyTransfer),
    /// A transfer that was made.
    TransferConfirmed(MoneyTransferConfirmed),
    /// A transfer that was refused.
    TransferFailed(MoneyTransferFailed),
    /// A balance that changed.
    Changed(BalanceChanged),
    /// A value that is no record, with the reason.
    Unreadable(String),
}

/// A record with all that the audit looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Where it lies.
    pub place: Place,
    /// Whether key and partition are those of the contract.
    pub in_its_place: bool,
    /// Its headers.
    pub headers: Headers,
    /// The bytes of its value.
    pub value: Short,
    /// What it says.
    pub observation: Observation,
}
