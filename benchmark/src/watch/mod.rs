//! The rest of the bank while commands flow: how far the endpoint's projection is behind, and what a subscriber gets.

mod lag;
mod subscriber;

pub use lag::{Lag, LagWatch};
pub use subscriber::{Streamed, Subscriber};
