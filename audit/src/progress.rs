//! Saying how far a long pass is, on standard error.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(2);
/// The clock is looked at once in so many steps.
const STEPS_PER_LOOK: u64 = 1024;

/// How far one pass is.
pub struct Progress {
    what: &'static str,
    total: u64,
    done: u64,
    started: Instant,
    said: Instant,
}

impl Progress {
    /// A pass over `total` things, as `records of the topics`. A pass of less than some seconds says nothing.
    pub fn new(what: &'static str, total: u64) -> Self {
        let now = Instant::now();
        Self { what, total, done: 0, started: now, said: now }
    }

    /// One more is done.
    pub fn step(&mut self) {
        self.done += 1;
        if !self.done.is_multiple_of(STEPS_PER_LOOK) {
            return;
        }
        let now = Instant::now();
        if now - self.said >= INTERVAL {
            self.said = now;
            tracing::info!("{}", self.text(now - self.started));
        }
    }

    fn text(&self, elapsed: Duration) -> String {
        let Self { what, total, done, .. } = self;
        let per_second = u128::from(*done) * 1000 / elapsed.as_millis().max(1);
        format!("{done} of {} {what}, {per_second} a second", total.max(done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_far_and_how_fast() {
        let mut progress = Progress::new("records", 5_000);
        (0..3_000).for_each(|_| progress.step());
        assert_eq!(progress.text(Duration::from_millis(1_500)), "3000 of 5000 records, 2000 a second");
        // More may come than there were at the start.
        progress.total = 10;
        assert_eq!(progress.text(Duration::ZERO), "3000 of 3000 records, 3000000 a second");
    }
}
