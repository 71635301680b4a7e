//! The ledger in memory: a bounded cache of accounts, and what a batch of commands makes of them. No I/O.

mod batch;
mod cache;
mod command;
mod event;
mod flush;

pub use batch::{Candidates, Firsts, Ledger};
pub use cache::AccountCache;
pub use command::{Body, Command, Kind};
pub use event::{Answer, Content, Event, Opened, Repeat};
pub use flush::Flush;

#[cfg(test)]
mod crash_tests;
