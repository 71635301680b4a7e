//! The database: the event table that is the truth, the snapshot of balances, and what publishing needs to go on
//! after a crash.

mod copy;
mod error;
mod numeric;
mod repo;
mod row;
mod text;

pub use error::StoreError;
pub use repo::{Progress, Published, PublishedPartition, Store, Write};
