use std::fmt;

use super::impl_record;
use crate::account_type::AccountType;
use crate::command_id::CommandId;
use crate::key::{Key, Keyed};
use crate::token::MASK;

/// The command to make an account with balance 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfirmAccountCreation {
    /// By which a repeat is known.
    pub id: CommandId,
    /// Who will act for the account.
    pub a_type: AccountType,
}

/// The outcome of a [`ConfirmAccountCreation`]: there is an account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountCreationConfirmed {
    /// The command's id.
    pub id: CommandId,
    /// The new account's number.
    pub iban: String,
    /// The new account's secret.
    pub token: String,
    /// As in the first command with this id.
    pub a_type: AccountType,
}

/// The outcome of a [`ConfirmAccountCreation`]: there is no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCreationFailed {
    /// The command's id.
    pub id: CommandId,
    /// Why, in the contract's words.
    pub reason: String,
}

impl_record!(ConfirmAccountCreation { id, a_type });
impl_record!(AccountCreationConfirmed { id, iban, token, a_type });
impl_record!(AccountCreationFailed { id, reason });

impl Keyed for ConfirmAccountCreation {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl Keyed for AccountCreationConfirmed {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl Keyed for AccountCreationFailed {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl fmt::Debug for AccountCreationConfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountCreationConfirmed")
            .field("id", &self.id)
            .field("iban", &self.iban)
            .field("token", &MASK)
            .field("a_type", &self.a_type)
            .finish()
    }
}
