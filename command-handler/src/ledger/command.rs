use topology::{AccountType, CommandHash, CommandId};

use crate::decide::Transfer;

/// The kinds of command. The ids of one are apart from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `ConfirmAccountCreation`.
    AccountCreation,
    /// `ConfirmMoneyTransfer`.
    MoneyTransfer,
}

impl Kind {
    /// Its number in the event table.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::AccountCreation => 1,
            Self::MoneyTransfer => 2,
        }
    }

    /// Its name as a metric's label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AccountCreation => "account_creation",
            Self::MoneyTransfer => "money_transfer",
        }
    }
}

/// A decoded command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who asked, once: the same id again gets the same outcome.
    pub id: CommandId,
    /// Tells whether a repeated id came with the same content.
    pub hash: CommandHash,
    /// What is asked for.
    pub body: Body,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A new account.
    Creation(AccountType),
    /// Money to be moved.
    Transfer(Transfer),
}

impl Command {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::Creation(_) => Kind::AccountCreation,
            Body::Transfer(_) => Kind::MoneyTransfer,
        }
    }
}
