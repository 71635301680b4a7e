//! What every service of the bank needs: settings, Kafka, registry, Postgres, health, metrics, logs, shutdown.
//!
//! A service's `main` parses its settings ([`settings::parse`]) and hands its body to [`service::run`]; the rest of
//! the modules are the parts it is built from. Nothing here knows what money is.

pub mod admin;
pub mod fault;
#[cfg(feature = "fixture")]
pub mod fixture;
pub mod kafka;
pub mod local_time;
pub mod logs;
pub mod postgres;
pub mod registry;
pub mod retry;
pub mod service;
pub mod settings;
pub mod shutdown;
pub mod trace;
