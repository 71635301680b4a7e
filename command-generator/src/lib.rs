//! Turns beats into commands, by the contract's distribution, so that a beat read twice is the same command twice.
//!
//! [`command`] is the rule, of [`draw`]n numbers and known [`accounts`]; [`promise`] and [`reservation`] settle which
//! accounts a beat may know; [`progress`] says what is done and [`decode`] reads. [`group`], [`account_feed`] and [`outbox`] are Kafka's three
//! sides; [`active`] is the loop between them, and [`service`] starts it and starts it again.

pub mod account_feed;
pub mod accounts;
pub mod active;
pub mod command;
pub mod config;
pub mod decode;
pub mod draw;
mod error;
pub mod group;
pub mod outbox;
pub mod progress;
pub mod promise;
pub mod reservation;
mod service;
pub mod trace;

pub use config::{Cli, Settings};
pub use error::{Error, Interruption};
pub use service::{Service, build};
