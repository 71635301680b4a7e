//! Commands in, money moved, events out; the only owner of balances.
//!
//! An event-sourced ledger with one active writer: what has arrived is decided in memory, stored as events in one
//! transaction, and published from memory while the next batch is decided. ARCHITECTURE.md has the map.

mod clients;
mod config;
mod decide;
mod error;
mod intake;
mod lease;
mod ledger;
mod relay;
mod service;
mod session;
mod store;
mod take_over;

pub use config::{Cli, Command, LedgerSettings, Settings};
pub use error::HandlerError;
pub use lease::LeaseSettings;
pub use service::Service;
pub use take_over::{TakeOverError, TakeOverOutcome, TakeOverSettings, take_over};
