//! Proves from outside that the books are right.
//!
//! [`books`] is a fold over what the topics show, without I/O; [`topics`] reads them; the handler's and the endpoint's
//! tables are compared with the books. [`service::audit`] brings these together and gives a [`report::Report`].

mod digest;
mod error;
mod patience;

pub mod books;
pub mod check;
pub mod config;
pub mod handler_tables;
pub mod observation;
pub mod projection;
pub mod report;
pub mod service;
pub mod topics;

pub use config::Settings;
pub use digest::Digest;
pub use error::AuditError;
