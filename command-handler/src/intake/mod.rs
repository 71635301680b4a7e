//! Commands in: read from Kafka, decoded, hashed and classified on a thread of its own, handed over in order.

mod consumer;
mod lag;
mod reader;
mod received;

pub use consumer::CommandConsumer;
pub use lag::Lag;
pub use reader::{Intake, IntakeError, Sources, creation, transfer};
pub use received::{Place, Poison, Received};
