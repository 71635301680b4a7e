//! Result files side by side: charts, tables, a page.
//!
//! [`mapping`] says which files make up which category; [`runs`] and [`original`] read them; [`figures`] makes figures per load of
//! them; [`charts`] says what is shown, without knowing how; [`scale`], [`draw`], [`table`] and [`page`] show it.
//! [`compare`](compare()) puts two implementations against each other.

mod charts;
mod compare;
mod config;
mod draw;
pub mod figures;
mod mapping;
mod original;
mod page;
pub mod runs;
mod scale;
mod service;
mod table;

pub use compare::{CompareSettings, run as compare};
pub use config::ReportSettings;
pub use service::run;
