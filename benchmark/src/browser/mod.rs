//! The browser benchmark: what a person in front of a page waits for, under rising load.
//!
//! [`protocol`] says what is done when, and when a run ends, without I/O; [`driver`] starts a browser; [`page`] works the pages by
//! the contract's selectors and measures inside them; [`bank`] sets the pace of made-up customers and asks what it costs, [`log`]
//! how far the modules are; [`rows`] is what is written down.

mod bank;
mod config;
mod driver;
mod log;
mod page;
mod protocol;
mod recorder;
pub mod rows;
mod service;
mod summary;

pub use config::BrowserSettings;
pub use protocol::{Protocol, SENT_SHARE_MIN, quantile};
pub use service::run;
