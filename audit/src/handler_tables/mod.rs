//! The handler's tables, and whether they are what the topics say.

mod compare;
mod repo;

pub(crate) use compare::due_poison;
pub use compare::{Comparison, HandlerTables, Limits};
pub(crate) use repo::HandlerRepo;

use uuid::Uuid;

/// A row of `event`.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its number.
    pub event: i64,
    /// 1 account creation, 2 money transfer.
    pub kind: i16,
    /// The command's id.
    pub id: Uuid,
    /// Hash of the command's decoded fields.
    pub command_hash: Vec<u8>,
    /// Why it was refused; `None` where it was confirmed.
    pub refusal: Option<String>,
    /// Who pays.
    pub from_account: Option<String>,
    /// Who is paid, or the new account.
    pub to_account: Option<String>,
    /// Euro cents.
    pub amount: Option<i64>,
    /// What it was for.
    pub description: Option<String>,
    /// Balance and sequence after it of the side that pays, where that is an account here.
    pub from: Option<(i64, i64)>,
    /// Balance and sequence after it of the side that is paid, where that is an account here.
    pub to: Option<(i64, i64)>,
    /// The counter-account that the outside is booked against, with its balance in euro cents after it.
    pub counter: Option<(String, i128)>,
}

/// A row of `current_account`.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// The account.
    pub iban: String,
    /// 0 AUTO, 1 MANUAL.
    pub a_type: i16,
    /// How far a debit may take the balance, in euro cents.
    pub balance_limit: i64,
    /// The balance in euro cents.
    pub balance: i64,
    /// The number of its last change.
    pub seq: i64,
}

/// A row of `poison`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PoisonRow {
    /// The topic's name.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}
