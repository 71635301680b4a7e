//! The synchronizer against the real Kafka and registry; `scripts/test.sh` brings them up.

mod command;
mod corner;
mod registry;
mod topics;
