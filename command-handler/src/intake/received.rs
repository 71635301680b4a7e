use service_kit::trace::TraceParent;
use tokio::sync::OwnedSemaphorePermit;

use crate::ledger::{Command, Kind};

/// A record of a command topic, decoded or not.
#[derive(Debug)]
pub struct Received {
    /// Where it came from.
    pub place: Place,
    /// The step after the one that sent it.
    pub trace: TraceParent,
    /// The command, or why it is none.
    pub content: Result<Command, Box<Poison>>,
    /// Its share of the bound on memory.
    pub memory: OwnedSemaphorePermit,
}

/// Where a command lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which of the two command topics.
    pub topic: Kind,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// A record of a command topic that can't be decoded, as it is kept for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Why it can't be decoded.
    pub reason: String,
    /// Its key, as it came.
    pub key: Option<Vec<u8>>,
    /// Its value, as it came.
    pub value: Option<Vec<u8>>,
}
