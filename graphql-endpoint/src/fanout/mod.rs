//! From a commit of the projection to those who wait for it: subscribers, each through a bounded buffer of its own, and
//! outcomes that may only be told once their changes can be asked for.

pub mod config;
mod cursor;
mod dispatch;
mod filter;
mod follow;
mod kept;
mod legs;

pub use cursor::Offsets;
pub use dispatch::Fanout;
pub use filter::{Direction, Filter};
pub use follow::{FellBehind, Follower, From, behind_place};
pub use legs::{LegWatch, Legs};
