//! The contract's reasons for which a command fails.

/// Why a command failed, by the words of its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    InvalidAmount,
    FromIsInvalid,
    SameAccount,
    InvalidToken,
    InsufficientFunds,
    UnknownAccounts,
    /// The only one for which an account is not created.
    NoFreeIban,
    /// Words that the contract does not have.
    Foreign,
}

impl Reason {
    const OF_THE_CONTRACT: [Self; 7] = [
        Self::InvalidAmount,
        Self::FromIsInvalid,
        Self::SameAccount,
        Self::InvalidToken,
        Self::InsufficientFunds,
        Self::UnknownAccounts,
        Self::NoFreeIban,
    ];

    pub fn of(words: &str) -> Self {
        Self::OF_THE_CONTRACT.into_iter().find(|reason| reason.words() == words).unwrap_or(Self::Foreign)
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::InvalidAmount => "invalid amount",
            Self::FromIsInvalid => "from is invalid",
            Self::SameAccount => "from and to can't be same for transfer",
            Self::InvalidToken => "invalid token",
            Self::InsufficientFunds => "insufficient funds",
            Self::UnknownAccounts => "both to and from not known at this bank",
            Self::NoFreeIban => "generated iban already exists, try again",
            Self::Foreign => "words that the contract does not have",
        }
    }
}
