//! A transfer's content in few bytes: what is needed to tell what it should have done.

use std::borrow::Cow;

use topology::command_hash::command_hash;
use topology::{BalanceChanged, ConfirmMoneyTransfer, Iban};

use super::pairing::Content;
use super::reason::Reason;
use crate::digest::{Digest, Short};
use crate::model::Party;

/// What a change of a balance says besides the balance: which account, by how much, with whom, what for.
pub type Signature = Digest;

/// A transfer's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Of the hash of all its fields.
    hash: Short,
    pub token: Short,
    description: Short,
    /// Euro cents.
    pub amount: i64,
    pub from: Side,
    pub to: Side,
}

impl Content for Transfer {
    type Made = ();

    fn hash(&self) -> Short {
        self.hash
    }
}

/// One side of a transfer in eight bytes: below [`CASH`] the ten digits of an IBAN of this bank's form, above it a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Side(u64);

const CASH: u64 = 1 << 63;

impl Side {
    pub fn of(text: &str) -> Self {
        Self(match Party::of(&as_stored(text)) {
            Party::Number(number) => number,
            Party::Cash => CASH,
            Party::Name(name) => name.get() | CASH | 1,
        })
    }

    /// The account, where it has the form of one here; whether it is one is another question.
    pub fn iban(self) -> Option<Iban> {
        Iban::from_number(self.0).ok()
    }

    /// As the model knows it.
    pub fn party(self) -> Party {
        match self.0 {
            CASH => Party::Cash,
            number if number < CASH => Party::Number(number),
            name => Party::Name(Digest::of(name)),
        }
    }
}

impl Transfer {
    pub fn of(command: &ConfirmMoneyTransfer) -> Self {
        Self {
            hash: Short::of(command_hash(command).to_bytes()),
            token: token_of(&command.token),
            description: description_of(&command.description),
            amount: command.amount,
            from: Side::of(&command.from),
            to: Side::of(&command.to),
        }
    }

    /// The sides that have the form of an account here, with the change by which the account would know: debit first.
    pub fn sides(&self) -> impl Iterator<Item = (Leg, Iban, Signature)> {
        let (from, to) = (self.from, self.to);
        [(Leg::Debit, from, to), (Leg::Credit, to, from)].into_iter().filter_map(|(leg, side, other)| {
            let iban = side.iban()?;
            Some((leg, iban, signature_by(iban, self.change(leg), other, self.description)))
        })
    }

    /// By how many cents a side's balance changes. The lowest number has no opposite, and the contract refuses it.
    pub fn change(&self, leg: Leg) -> i64 {
        match leg {
            Leg::Debit => self.amount.wrapping_neg(),
            Leg::Credit => self.amount,
        }
    }

    /// Why the contract refuses it whatever the accounts are.
    pub fn refusal(&self) -> Option<Reason> {
        if self.amount <= 0 {
            Some(Reason::InvalidAmount)
        } else if self.from.0 != CASH && self.from.iban().is_none() {
            Some(Reason::FromIsInvalid)
        } else if self.from == self.to {
            Some(Reason::SameAccount)
        } else {
            None
        }
    }

    /// Whether these are its sides, amount and description.
    pub fn says(&self, from: &str, to: &str, amount: i64, description: &str) -> bool {
        (self.from, self.to, self.amount, self.description)
            == (Side::of(from), Side::of(to), amount, description_of(description))
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

pub fn signature(iban: Iban, changed: &BalanceChanged) -> Signature {
    signature_of(iban, changed.changed_by, &changed.from_to, &changed.description)
}

pub fn signature_of(iban: Iban, changed_by: i64, from_to: &str, description: &str) -> Signature {
    signature_by(iban, changed_by, Side::of(from_to), description_of(description))
}

fn signature_by(iban: Iban, changed_by: i64, other: Side, description: Short) -> Signature {
    Digest::of((iban.number(), changed_by, other.0, description.get()))
}

fn description_of(text: &str) -> Short {
    Short::of(&*as_stored(text))
}

pub fn token_of(token: &str) -> Short {
    Short::of(token)
}

/// Postgres has no U+0000; the endpoint stores the replacement character for it.
fn as_stored(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}
