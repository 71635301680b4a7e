//! The people who log in, and the accounts that are made for them.

mod attempts;
pub mod config;
mod password;
mod repo;
mod service;

pub use repo::Repo;
pub use service::{Answer, CreationSink, Users};
