//! Commands on their way: sent to their topics, and waited for.

mod open;
mod sender;

pub use open::{Entered, Open, Told, told};
pub use sender::{CommandProducer, CommandSender};
