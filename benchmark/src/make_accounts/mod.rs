//! `benchmark make-accounts`: accounts through the bank's own front door.

mod config;
mod service;

pub use config::MakeAccountsSettings;
pub use service::{Made, make, run};
