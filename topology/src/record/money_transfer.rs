use std::fmt;

use super::impl_record;
use crate::command_id::CommandId;
use crate::key::{Key, Keyed};
use crate::token::MASK;

/// The command to move money. Its values are as sent: the contract says which are refused, and with what reason.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmMoneyTransfer {
    /// By which a repeat is known.
    pub id: CommandId,
    /// The secret of the account that pays, or `cash`.
    pub token: String,
    /// In euro cents.
    pub amount: i64,
    /// Who pays: an IBAN of this bank's form, or `cash`.
    pub from: String,
    /// Who is paid: an IBAN, `cash`, or a name.
    pub to: String,
    /// What it is for.
    pub description: String,
}

/// The outcome of a [`ConfirmMoneyTransfer`]: the money has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyTransferConfirmed {
    /// The command's id.
    pub id: CommandId,
}

/// The outcome of a [`ConfirmMoneyTransfer`]: nothing has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyTransferFailed {
    /// The command's id.
    pub id: CommandId,
    /// Why, in the contract's words.
    pub reason: String,
}

impl_record!(ConfirmMoneyTransfer { id, token, amount, from, to, description });
impl_record!(MoneyTransferConfirmed { id });
impl_record!(MoneyTransferFailed { id, reason });

impl Keyed for ConfirmMoneyTransfer {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl Keyed for MoneyTransferConfirmed {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl Keyed for MoneyTransferFailed {
    fn key(&self) -> Key {
        self.id.into()
    }
}

impl fmt::Debug for ConfirmMoneyTransfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfirmMoneyTransfer")
            .field("id", &self.id)
            .field("token", &MASK)
            .field("amount", &self.amount)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("description", &self.description)
            .finish()
    }
}
