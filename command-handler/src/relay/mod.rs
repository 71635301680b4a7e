//! Events out: what each event says to which topic, sent in the order of the events, and what is needed so that
//! a crash at any point neither loses a record nor puts two into a different order.

mod acks;
mod error;
mod line;
mod outputs;
mod publisher;
mod records;
mod recovery;
mod rewritten;
mod scan;

pub use acks::Settled;
pub use error::RelayError;
pub use line::Line;
pub use outputs::{Output, OutputTopics, Outputs};
pub use publisher::{ANSWER_TIMEOUT, ASK_AFTER, Job, Publisher};
pub use records::legs;
pub use recovery::recover;
pub use scan::Scanner;
