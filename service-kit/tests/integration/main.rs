//! The kit against the real Kafka, registry and Postgres; `scripts/test.sh` brings them up.

mod admin;
mod child;
#[cfg(debug_assertions)]
mod fault;
mod fixture;
mod kafka;
mod postgres;
mod registry;
mod registry_in_trouble;
mod service;
mod settings;
