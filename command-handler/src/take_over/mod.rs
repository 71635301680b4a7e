//! Taking over from the topics: the handler's database is made again from the commands and events that Kafka holds.

mod complete;
mod config;
mod error;
mod numbering;
mod other_program;
mod plan;
mod repo;
mod rows;
mod service;
mod tail;
mod topics;

pub use config::TakeOverSettings;
pub use error::TakeOverError;
pub use service::{TakeOverOutcome, take_over};
