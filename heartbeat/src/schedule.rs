//! When the next batch is due.
//!
//! A batch is due one sleep-time after the batch before it was *due*, so that the time it takes to send a batch, and
//! a timer that wakes a little late, do not slow the pace down. That memory ends at a tenth of the sleep-time:
//! whoever is later than that has lost the time for good. The schedule then starts anew from now, so two batches are
//! never closer together than nine tenths of the sleep-time and nothing is ever made up for in a burst.

use std::time::{Duration, Instant};

/// Lateness up to `sleep-time / TOLERANCE_DIVISOR` is evened out by the next batch; more is lost.
const TOLERANCE_DIVISOR: u32 = 10;

/// The rhythm of the batches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schedule {
    /// When the last batch was due; none before the first and after a pause.
    last_due: Option<Instant>,
}

impl Schedule {
    /// When the next batch is due; none means at once.
    #[must_use]
    pub fn next_due(&self, sleep_time: Duration) -> Option<Instant> {
        self.last_due.map(|last_due| last_due + sleep_time)
    }

    /// Notes that a batch starts now, and returns how much time the pace has lost by starting no sooner.
    pub fn begin_batch(&mut self, now: Instant, sleep_time: Duration) -> Duration {
        let due = self.next_due(sleep_time).unwrap_or(now);
        let late = now.saturating_duration_since(due);
        if late <= sleep_time / TOLERANCE_DIVISOR {
            self.last_due = Some(due);
            Duration::ZERO
        } else {
            self.last_due = Some(now);
            late
        }
    }

    /// Forgets the rhythm: the next batch is due at once and owes nothing to the past.
    pub fn pause(&mut self) {
        self.last_due = None;
    }
}

/// Counts the batches that were never sent: one for each whole sleep-time lost.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissedBatches {
    lost: Duration,
}

impl MissedBatches {
    /// Adds lost time and returns how many more whole batches that makes; the rest is kept for the next call.
    pub fn add(&mut self, lost: Duration, sleep_time: Duration) -> u64 {
        self.lost += lost;
        let missed = self.lost.as_nanos() / sleep_time.as_nanos().max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.lost = self.lost.saturating_sub(sleep_time.saturating_mul(missed));
        u64::from(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEP: Duration = Duration::from_millis(100);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn time_spent_sending_and_small_delays_do_not_slow_the_pace() {
        let start = Instant::now();
        let mut schedule = Schedule::default();
        assert_eq!(schedule.begin_batch(start, SLEEP), Duration::ZERO);
        for batch in 1..1_000_u32 {
            let due = schedule.next_due(SLEEP).unwrap();
            assert_eq!(due, start + SLEEP * batch, "batch {batch}");
            assert_eq!(schedule.begin_batch(due + ms(10), SLEEP), Duration::ZERO);
        }
    }

    #[test]
    fn what_is_lost_is_never_made_up_for() {
        let start = Instant::now();
        let mut schedule = Schedule::default();
        schedule.begin_batch(start, SLEEP);
        assert_eq!(schedule.begin_batch(start + ms(5_000), SLEEP), ms(4_900));
        assert_eq!(schedule.next_due(SLEEP), Some(start + ms(5_100)));
        assert_eq!(schedule.begin_batch(start + ms(5_111), SLEEP), ms(11));
        assert_eq!(schedule.next_due(SLEEP), Some(start + ms(5_211)));
    }

    #[test]
    fn a_new_sleep_time_counts_from_the_last_batch() {
        let start = Instant::now();
        let mut schedule = Schedule::default();
        schedule.begin_batch(start, SLEEP);
        assert_eq!(schedule.next_due(ms(7)), Some(start + ms(7)));
        schedule.pause();
        assert_eq!(schedule.next_due(SLEEP), None);
        assert_eq!(schedule.begin_batch(start + ms(60_000), SLEEP), Duration::ZERO);
    }

    #[test]
    fn missed_batches_are_whole_and_none_is_forgotten() {
        let mut missed = MissedBatches::default();
        let counts = [40, 40, 40, 0, 4_900, 80].map(|lost| missed.add(ms(lost), SLEEP));
        assert_eq!(counts, [0, 0, 1, 0, 49, 1]);
    }
}
