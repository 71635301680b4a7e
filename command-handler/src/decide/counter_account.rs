/// An internal account that stands for a part of the outside world, so that money that enters or leaves
/// the bank is booked against something and the sum over all accounts never changes.
///
/// The company's opening balance is booked against a fourth, `capital`, which no transfer touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterAccount {
    /// Notes and coins.
    Cash,
    /// Accounts at other banks, and numbers of this bank's form that nobody has.
    OtherBank,
    /// Whoever is named in words, such as a shop.
    OtherParty,
}

impl CounterAccount {
    /// Each of them, in the order of [`CounterBalances`].
    pub const ALL: [Self; 3] = [Self::Cash, Self::OtherBank, Self::OtherParty];

    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::OtherBank => "other-bank",
            Self::OtherParty => "other-party",
        }
    }

    /// The counter-account of this name in the database.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.name() == name)
    }
}

/// The balances of the counter-accounts, in cents.
///
/// They are wider than an account's: were they not, one absurdly large deposit would make every later one overflow.
/// Each change is below 2^63, so 2^64 of them fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CounterBalances([i128; CounterAccount::ALL.len()]);

impl CounterBalances {
    /// The balance of one of them, in cents.
    #[must_use]
    pub const fn get(&self, counter: CounterAccount) -> i128 {
        self.0[counter as usize]
    }

    /// Sets the balance of one of them, in cents.
    pub const fn set(&mut self, counter: CounterAccount, balance_cents: i128) {
        self.0[counter as usize] = balance_cents;
    }
}
