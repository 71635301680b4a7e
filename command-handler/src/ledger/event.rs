use topology::{AccountType, CommandHash, CommandId, Iban, Token};

use super::Kind;
use crate::decide::{Booking, Refusal};

/// What was decided about one command: the truth, from which balances and publications derive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 ... without a gap.
    pub number: i64,
    /// Of the command.
    pub id: CommandId,
    /// Of the command's decoded fields.
    pub hash: CommandHash,
    /// When it was decided, in microseconds since 1970 UTC.
    pub booked_at_us: i64,
    /// What was asked and what came of it.
    pub content: Content,
}

/// What was asked and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An account was asked for.
    Creation(Result<Opened, Refusal>),
    /// Money was to be moved.
    Transfer {
        /// The side to debit, as written.
        from: String,
        /// The side to credit, as written.
        to: String,
        /// Cents.
        amount: i64,
        /// Free text.
        description: String,
        /// What it did, or why not.
        outcome: Result<Booking, Refusal>,
    },
}

/// A new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Its number.
    pub iban: Iban,
    /// What its owner shows to debit it.
    pub token: Token,
    /// Who it was made for.
    pub a_type: AccountType,
}

impl Event {
    /// The kind of command that it decided.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.content {
            Content::Creation(_) => Kind::AccountCreation,
            Content::Transfer { .. } => Kind::MoneyTransfer,
        }
    }

    /// What the answer to a repeat is made from. Texts may have a megabyte, and a batch hundreds of repeats of one command.
    #[must_use]
    pub fn without_texts(&self) -> Self {
        let content = match &self.content {
            Content::Creation(outcome) => Content::Creation(*outcome),
            Content::Transfer { amount, outcome, .. } => Content::Transfer {
                from: String::new(),
                to: String::new(),
                amount: *amount,
                description: String::new(),
                outcome: *outcome,
            },
        };
        Self { content, ..*self }
    }

    /// Why it was refused, if it was.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        match self.content {
            Content::Creation(Err(refusal)) | Content::Transfer { outcome: Err(refusal), .. } => Some(refusal),
            _ => None,
        }
    }
}

/// The answer to one command: its event, which is an earlier one, without texts, where the command was a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was decided, now or the first time.
    pub event: Event,
    /// Present where the id was known already.
    pub repeat: Option<Repeat>,
}

/// How a repeated command compares with the first of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The same content.
    Same,
    /// Other content, which changed nothing.
    IdReused,
}
