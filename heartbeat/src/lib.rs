//! Gives the bank its pace: sends numbered beats, so many at a time and so often as it is told.
//!
//! [`pace`] and [`schedule`] are the rules; [`control`] is where those who change the pace meet the
//! [`sender`], whose [`deliveries`] are counted; [`resume`] finds the number to go on with; [`api`] and [`client`]
//! are the two ends of the pace API; [`service`] puts it together.

pub mod api;
pub mod client;
pub mod config;
pub mod control;
pub mod deliveries;
mod error;
pub mod pace;
pub mod resume;
pub mod schedule;
pub mod sender;
mod service;

pub use config::{Cli, Command, Settings};
pub use error::{Error, Interruption};
pub use service::{Service, build};
