use topology::{AccountType, Cents, Iban, Token};

/// The limit of every new account, in cents: a debit takes the balance no lower.
const DEFAULT_LIMIT: Cents = Cents::new(-50_000);

/// An account of this bank as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub iban: Iban,
    /// What a debit must show.
    pub token: Token,
    /// Who it was made for.
    pub a_type: AccountType,
    /// The balance that a debit may not go below.
    pub limit: Cents,
    /// What is on it.
    pub balance: Cents,
    /// How many changes it has had: 1 after the first.
    pub seq: i64,
}

impl Account {
    /// A new account: nothing on it, nothing happened yet.
    #[must_use]
    pub const fn opened(iban: Iban, token: Token, a_type: AccountType) -> Self {
        Self { iban, token, a_type, limit: DEFAULT_LIMIT, balance: Cents::ZERO, seq: 0 }
    }
}
