//! The way of one transfer through the bank, hop by hop: found again in the topics, the database, and what the endpoint
//! remembers of its newest batches.

mod hops;
mod lookup;
mod repo;
mod search;

pub use hops::{Hop, Kind};
pub use lookup::{By, Fate, Journey, Lookup, Parts};
