//! Commands out, answers in, and what became of each.

mod accounts;
mod answers;
mod pace;
mod reader;
mod sender;

pub use accounts::{Created, CreationReader, read_accounts};
pub use answers::{Answers, Comparison, Heard, Verdict};
pub use pace::Pace;
pub use reader::{Outcome, OutcomeReader, Starts, consumer_at, ends};
pub use sender::{Outbox, Waiting};
