//! `benchmark commands`: transfers into Kafka, outcomes out of it.

mod closed;
mod config;
mod latency;
mod meter;
mod open;
mod report;
mod service;

pub use config::{CommandsSettings, LoadSettings, Mode};
pub use report::Report;
pub use service::{measure, run};
