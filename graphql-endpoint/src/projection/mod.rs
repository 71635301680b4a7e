//! The events of the topics, in a form that can be asked: read, written once, and handed to those who wait.

mod change;
pub mod config;
mod copy;
mod headers;
mod lag;
mod marks;
mod order;
mod projector;
mod readers;
mod rebuild;
mod repo;
mod source;
mod sources;
mod trail;

pub use change::{Change, EventLeg, MAX_EVENT, Place, event_of, id_of_event, storable};
pub use headers::{Leg, OutcomeHeaders};
pub use lag::{LagMeter, Progress};
pub use marks::Marks;
pub use order::{await_order, order_rebuild};
pub use projector::{Parts, Projector};
pub use readers::ReaderParts;
pub use sources::{Created, Creation};
pub use trail::{Times, Trail};

#[cfg(test)]
pub(crate) use change::tests_support;
