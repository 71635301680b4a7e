//! What the flow page shows: what flows and what is down, the newest records of a topic, and the way of one transfer. It
//! costs nothing while nobody looks, and little and bounded when somebody does.

mod cluster;
pub mod config;
mod error;
mod journey;
mod masking;
mod pace;
mod part;
mod rates;
mod readiness;
mod service;
mod shown;
mod snapshot;
mod stores;
mod tail;
mod view;
mod watch;

pub use error::Refused;
pub use journey::{By, Fate, Hop, Journey, Kind as HopKind};
pub use part::{Kind as PartKind, Part};
pub use service::{Flow, NotAnswered, Parts};
pub use snapshot::{GroupLag, Snapshot, TopicFlow};
pub use tail::Records;
pub use view::RecordView;
