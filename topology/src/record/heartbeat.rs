use super::impl_record;

/// A beat, which the command generator makes a command of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Counts up from 0.
    pub beat: i64,
}

impl_record!(Heartbeat { beat });
