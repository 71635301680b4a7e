//! What has happened: transactions and accounts, read from the projection.

mod account;
pub mod repo;

pub use account::{AccountRow, Search};
pub use repo::{Repo, Stretch, number_of};
