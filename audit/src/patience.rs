//! Waiting for a bank that is still at work, and saying what for.

use std::time::{Duration, Instant};

use service_kit::retry::Reminder;

/// How long there is left to wait.
pub struct Patience {
    end: Instant,
    poll_interval: Duration,
    reminder: Reminder,
}

impl Patience {
    pub fn new(deadline_ms: u64, poll_interval_ms: u64) -> Self {
        Self {
            end: Instant::now() + Duration::from_millis(deadline_ms),
            poll_interval: Duration::from_millis(poll_interval_ms),
            reminder: Reminder::default(),
        }
    }

    /// Lets some time pass and says what for. `false` once the deadline is over.
    pub async fn wait(&mut self, what: &str) -> bool {
        let now = Instant::now();
        if now >= self.end {
            tracing::warn!("no longer waiting for {what}");
            return false;
        }
        if self.reminder.is_due(what, now) {
            tracing::info!("waiting for {what}");
        }
        tokio::time::sleep(self.poll_interval).await;
        true
    }
}
