use super::impl_record;
use crate::key::{Key, Keyed};

/// The balance of an account here has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceChanged {
    /// The account.
    pub iban: String,
    /// Its balance after the change, in euro cents.
    pub new_balance: i64,
    /// The change in euro cents; negative for a debit.
    pub changed_by: i64,
    /// The other side, as the command named it.
    pub from_to: String,
    /// The command's description.
    pub description: String,
}

impl_record!(BalanceChanged { iban, new_balance, changed_by, from_to, description });

impl Keyed for BalanceChanged {
    fn key(&self) -> Key {
        self.iban.as_str().into()
    }
}
