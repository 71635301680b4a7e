//! GraphQL over `WebSockets`, in both subprotocols.

mod fields;
mod message;
mod operations;
mod session;

pub use message::SUBPROTOCOLS;
pub use session::Session;
