//! The handler on a real Kafka, registry and Postgres.

// An unwrap that fails is a test that fails.
#![allow(clippy::unwrap_used)]

mod bank;
mod crashes;
mod failures;
mod from_topics;
mod lost_records;
mod outcomes;
mod takeover;
