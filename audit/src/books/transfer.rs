//! A transfer's content in few bytes: what is needed to tell what it should have done.

use topology::command_hash::command_hash;
use topology::{BalanceChanged, ConfirmMoneyTransfer, Iban};

use crate::digest::Digest;

/// What a change of a balance says besides the balance: which account, by how much, with whom, what for.
pub type Signature = Digest;

/// A transfer's content.
#[derive(Debug, Clone, Copy)]
pub struct Transfer {
    /// Of the hash of all its fields.
    pub hash: Digest,
    pub amount: i64,
    pub token: Digest,
    pub from: Side,
    pub to: Side,
    /// Why the contract refuses it whatever the accounts are.
    pub refusal: Option<Refusal>,
}

/// The contract's refusals that need no account to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    InvalidAmount,
    FromIsInvalid,
    SameAccount,
}

/// One side of a transfer.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    /// Has the form of an account here; whether it is one is another question.
    Form(Iban, Signature),
    /// The outside.
    Outside,
}

impl Transfer {
    pub fn of(command: &ConfirmMoneyTransfer) -> Self {
        let debit = command.amount.wrapping_neg();
        let side = |iban: &str, changed_by, other: &str| match Iban::parse(iban) {
            Ok(account) => Side::Form(account, signature_of(iban, changed_by, other, &command.description)),
            Err(_) => Side::Outside,
        };
        Self {
            hash: Digest::of(command_hash(command).to_bytes()),
            amount: command.amount,
            token: token_of(&command.token),
            from: side(&command.from, debit, &command.to),
            to: side(&command.to, command.amount, &command.from),
            refusal: refusal(command),
        }
    }

    /// The sides that have the form of an account here, with the change by which the account would know: debit first.
    pub fn sides(&self) -> impl Iterator<Item = (Leg, Iban, Signature)> {
        [(Leg::Debit, self.from), (Leg::Credit, self.to)].into_iter().filter_map(|(leg, side)| match side {
            Side::Form(iban, signature) => Some((leg, iban, signature)),
            Side::Outside => None,
        })
    }

    /// By how many cents a side's balance changes. The lowest number has no opposite, and the contract refuses it.
    pub fn change(&self, leg: Leg) -> i64 {
        match leg {
            Leg::Debit => self.amount.wrapping_neg(),
            Leg::Credit => self.amount,
        }
    }
}

/// The two legs that a transfer can have, numbered as in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    Debit = 1,
    Credit = 2,
}

impl Leg {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }

    pub const fn of_header(leg: u8) -> Option<Self> {
        match leg {
            1 => Some(Self::Debit),
            2 => Some(Self::Credit),
            _ => None,
        }
    }
}

pub fn signature(changed: &BalanceChanged) -> Signature {
    signature_of(&changed.iban, changed.changed_by, &changed.from_to, &changed.description)
}

fn signature_of(iban: &str, changed_by: i64, from_to: &str, description: &str) -> Signature {
    Digest::of((iban, changed_by, from_to, description))
}

pub fn token_of(token: &str) -> Digest {
    Digest::of(token)
}

/// The rows of the contract's table that need no account.
fn refusal(command: &ConfirmMoneyTransfer) -> Option<Refusal> {
    if command.amount <= 0 {
        Some(Refusal::InvalidAmount)
    } else if command.from != "cash" && Iban::parse(&command.from).is_err() {
        Some(Refusal::FromIsInvalid)
    } else if command.from == command.to {
        Some(Refusal::SameAccount)
    } else {
        None
    }
}
