//! Events in, queries and subscriptions out; the only thing browsers talk to.
//!
//! A record's way in: `consume` reads it, `projection` writes it, `fanout` hands it to who waits. A client's way in:
//! `http` or `ws` take what it asks, `schema` resolves it with `history` (what has happened), `accounts` (who logs
//! in) and `requests` (transfers), of which the last two send `commands`. `flow` looks at all of it from aside, while
//! somebody wants to see.

mod accounts;
mod commands;
pub mod config;
mod console;
mod consume;
mod error;
mod fanout;
mod flow;
mod history;
mod http;
mod limits;
pub mod order;
mod projection;
mod requests;
mod schema;
mod service;
mod ws;

pub use error::Fault;
pub use schema::sdl;
pub use service::{Service, build};
