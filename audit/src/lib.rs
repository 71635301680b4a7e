//! Proves from outside that the books are right.
//!
//! [`books`] is a fold over what the topics show, without I/O; [`topics`] reads them; [`model`] decides everything once more;
//! the handler's and the endpoint's tables are compared with the books; [`endpoint`] is a client as a user would be one.
//! [`service::audit`] brings these together and gives a [`report::Report`].

mod database;
mod digest;
mod error;
mod paged;
mod patience;
mod progress;

pub mod books;
pub mod check;
pub mod config;
pub mod endpoint;
pub mod handler_tables;
pub mod model;
pub mod observation;
pub mod projection;
pub mod report;
pub mod service;
pub mod topics;

pub use config::Settings;
pub use digest::{Digest, Short};
pub use error::AuditError;
