//! The handler on a real Kafka, registry and Postgres.

mod bank;
mod crashes;
mod outcomes;
mod takeover;
