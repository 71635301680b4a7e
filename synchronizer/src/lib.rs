//! Makes a Kafka cluster and schema registry equal to the topology.
//!
//! [`wanted`] is what should be, [`found`] what is; [`plan`] is the difference as a pure function of the two, and the
//! rest reads and applies. What cannot be mended here (too many partitions, too few replicas) is an obstacle: it is
//! said, and the exit code is not 0.

mod cluster;
pub mod config;
mod error;
pub mod found;
pub mod plan;
mod service;
mod subjects;
pub mod wanted;

pub use config::Settings;
pub use error::Error;
pub use service::{Outcome, synchronize};
