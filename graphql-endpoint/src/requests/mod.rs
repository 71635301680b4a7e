//! Transfers asked for through GraphQL, from the request to its outcome.

pub mod answer;
pub mod config;
mod outcomes;
mod repo;
mod service;
mod tasks;

pub use answer::{Answer, Outcome};
pub use repo::Repo;
pub use service::{OpenTransfers, Parts, Requests};
pub use tasks::{OutcomeReader, keep_outcomes, send_again};
