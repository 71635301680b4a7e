//! What flows through the bank: the topics as data, the records with their Avro bytes, and the values they hold.
//!
//! The values ([`Iban`], [`Token`], [`Cents`], [`CommandId`]) exist only in checked form. The records hold what is on
//! the wire, unchecked, because a command with a wrong value is answered with a refusal and not dropped.

mod account_type;
mod cents;
mod codec;
mod command_id;
mod error;
mod iban;
mod key;
mod record;
mod token;

pub mod command_hash;
pub mod header;
pub mod partition;
pub mod reading;
pub mod topic;
pub mod wire;

pub use account_type::AccountType;
pub use cents::{Cents, InvalidCents};
pub use command_hash::CommandHash;
pub use command_id::{CommandId, InvalidCommandId};
pub use error::DecodeError;
pub use iban::{Iban, IbanText, InvalidIban, is_foreign_iban};
pub use key::{Key, Keyed};
pub use record::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record, parsed_schema,
};
pub use token::{InvalidToken, Token};
