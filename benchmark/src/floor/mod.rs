//! `benchmark floor`: what Postgres alone and Kafka alone take for the rows and records that the bank writes.
//!
//! Both work with what a bank has written before: the rows of its own tables and the records of its own topics, so that sizes,
//! columns and indexes are those of the bank, whatever they are at the time.

mod config;
mod kafka;
mod repo;
mod report;
mod rows;
mod service;
mod tables;

pub use config::FloorSettings;
pub use report::FloorReport;
pub use service::{measure, run};
