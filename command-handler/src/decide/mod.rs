//! The rules of the bank, as pure functions of values: no clock, no database, no Kafka.

mod account;
mod counter_account;
mod party;
mod refusal;
mod transfer;

pub use account::Account;
pub use counter_account::{CounterAccount, CounterBalances};
pub use party::Party;
pub use refusal::Refusal;
pub use transfer::{Booking, CounterLeg, Leg, Transfer, decide};
