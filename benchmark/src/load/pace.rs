//! When each command should be sent. Latency counts from then, so that waiting to be sent is counted too.

use std::time::{Duration, Instant};

/// A sender that has nothing to send yet sleeps at least this long, so that it does not spin at high rates; what it adds to a
/// latency is no more than this.
const NAP_MIN: Duration = Duration::from_micros(200);

/// An even rate from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    started: Instant,
    per_second: f64,
}

impl Pace {
    /// So many a second from this moment on.
    #[must_use]
    pub const fn new(started: Instant, per_second: f64) -> Self {
        Self { started, per_second }
    }

    /// When the command at a position should be sent.
    #[must_use]
    pub fn due(&self, position: u32) -> Instant {
        self.started + Duration::from_secs_f64(f64::from(position) / self.per_second)
    }

    /// How long an answer took that came at `now`.
    #[must_use]
    pub fn latency(&self, position: u32, now: Instant) -> Duration {
        now.saturating_duration_since(self.due(position))
    }

    /// How long to sleep before the command at this position; `None` when it is due.
    #[must_use]
    pub fn wait(&self, position: u32, now: Instant) -> Option<Duration> {
        let left = self.due(position).saturating_duration_since(now);
        (!left.is_zero()).then(|| left.max(NAP_MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_counts_from_the_time_it_should_have_been_sent() {
        let start = Instant::now();
        let pace = Pace::new(start, 1_000.0);
        // The sender was held up for a second and then sent 1,000 at once, each answered within a millisecond: the first of them
        // waited a second, and only the last did not.
        let answered = start + Duration::from_millis(1_001);
        assert_eq!(pace.latency(0, answered), Duration::from_millis(1_001));
        assert_eq!(pace.latency(500, answered), Duration::from_millis(501));
        assert_eq!(pace.latency(1_000, answered), Duration::from_millis(1));
        // An answer before its time would be a broken clock, not a negative latency.
        assert_eq!(pace.latency(2_000, answered), Duration::ZERO);
    }

    #[test]
    fn what_is_due_does_not_wait() {
        let start = Instant::now();
        let pace = Pace::new(start, 50.0);
        assert_eq!(pace.wait(0, start), None);
        assert_eq!(pace.wait(1, start), Some(Duration::from_millis(20)));
        assert_eq!(pace.wait(1, start + Duration::from_millis(20)), None);
        assert_eq!(pace.wait(1, start + Duration::from_micros(19_990)), Some(NAP_MIN));
    }
}
