//! Breaks a bank on purpose while it works, then asks the auditor.
//!
//! [`faults`] is the table of what can be broken, a folder per kind; a [`plan`] says when, as a pure function of fault and
//! seed; a [`trial`] is one run: load, fault, heal, catch up, audit; a [`report`] keeps a row of each. Whatever a fault
//! breaks is held by a value that heals it when dropped, so that an interrupted run leaves nothing broken.

pub mod bank;
mod config;
mod error;
pub mod faults;
pub mod load;
pub mod plan;
pub mod proxy;
pub mod report;
pub mod service;
pub mod trial;

pub use config::{Cli, Command};
pub use error::ChaosError;
