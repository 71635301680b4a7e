//! The database: the event table that is the truth, the snapshot of balances, and what publishing needs to go on
//! after a crash.

pub mod copy;
mod error;
pub mod numeric;
mod repo;
pub mod row;
pub mod text;

pub use error::StoreError;
pub use repo::{Progress, Published, PublishedPartition, Store, Write};
