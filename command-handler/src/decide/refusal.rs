/// Why a command was refused: the customer is told no, nothing is broken. The texts are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The amount is not positive, or a balance would leave the 64-bit range.
    InvalidAmount,
    /// `from` is neither `cash` nor a valid number of this bank's form.
    InvalidFrom,
    /// Both sides are the same.
    SameAccount,
    /// The token is not that of `from`.
    InvalidToken,
    /// The debit would take `from` below its limit.
    InsufficientFunds,
    /// Neither side is an account here.
    UnknownAccounts,
    /// Every number drawn for a new account was taken.
    IbanExists,
}

impl Refusal {
    const ALL: [Self; 7] = [
        Self::InvalidAmount,
        Self::InvalidFrom,
        Self::SameAccount,
        Self::InvalidToken,
        Self::InsufficientFunds,
        Self::UnknownAccounts,
        Self::IbanExists,
    ];

    /// The reason as the contract words it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InvalidAmount => "invalid amount",
            Self::InvalidFrom => "from is invalid",
            Self::SameAccount => "from and to can't be same for transfer",
            Self::InvalidToken => "invalid token",
            Self::InsufficientFunds => "insufficient funds",
            Self::UnknownAccounts => "both to and from not known at this bank",
            Self::IbanExists => "generated iban already exists, try again",
        }
    }

    /// The refusal that has this reason.
    #[must_use]
    pub fn of_reason(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.reason() == reason)
    }
}
