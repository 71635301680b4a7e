//! How fast the bank is, and what it costs.
//!
//! [`plan`] says what is sent, without I/O; [`load`] sends it and reads the answers; [`bank`] looks at what that costs the
//! processes, the database and the disk; [`watch`] at what the endpoint makes of it. [`commands`] and
//! [`make_accounts`] bring these together; [`floor`] measures what is under the bank; [`browser`] what a person in front of it waits for,
//! and [`report`] puts that side by side.

mod error;
mod interrupt;
mod output;
mod progress;
mod thread;

pub mod bank;
pub mod browser;
pub mod commands;
pub mod config;
pub mod floor;
pub mod load;
pub mod make_accounts;
pub mod plan;
pub mod report;
pub mod watch;

pub use config::{Cli, Command};
pub use error::BenchmarkError;
pub use interrupt::Interrupt;
