//! Trying again: exponential back-off with jitter, and waiting for a dependency without flooding the log.

use crate::admin::Part;
use std::fmt::Display;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// Between two log lines that say the same dependency is still missing.
const REMINDER_INTERVAL: Duration = Duration::from_secs(30);

/// Delays between attempts: each twice the one before, up to a bound, of which a random half is taken off so that
/// services that failed together do not return together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first delay, in milliseconds.
    pub initial_ms: u64,
    /// No delay is longer than this, in milliseconds.
    pub max_ms: u64,
}

impl Default for Backoff {
    /// 100 ms to 5 s.
    fn default() -> Self {
        Self { initial_ms: 100, max_ms: 5_000 }
    }
}

impl Backoff {
    /// The delay before the attempt after this many failures (1 is the first).
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        self.delay_with(failures, rand::random_range(0.5..=1.0))
    }

    fn delay_with(&self, failures: u32, share: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(32);
        let full_ms = self.initial_ms.saturating_mul(1 << doublings).min(self.max_ms);
        Duration::from_millis(full_ms).mul_f64(share)
    }

    /// Sleeps for [`Backoff::delay`].
    pub async fn sleep(&self, failures: u32) {
        tokio::time::sleep(self.delay(failures)).await;
    }
}

/// The service was asked to stop while it waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("stopped while waiting for a dependency")]
pub struct Stopped;

/// Tries until it works, keeping `part` down meanwhile, and up afterwards.
///
/// `what` names the dependency for people, as `Kafka at localhost:19092`. It is logged when the wait starts, when
/// the reason changes, twice a minute, and when it is over.
///
/// # Errors
/// [`Stopped`] when `shutdown` is cancelled first.
pub async fn wait_for<T, E, F>(
    part: &Part,
    what: &str,
    backoff: Backoff,
    shutdown: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Stopped>
where
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    let waiting = async {
        let mut reminder = Reminder::default();
        let mut failures = 0;
        loop {
            match attempt().await {
                Ok(value) => {
                    if failures > 0 {
                        tracing::info!("{what} is there");
                    }
                    part.up();
                    return value;
                }
                Err(error) => {
                    failures += 1;
                    let reason = error.to_string();
                    part.down(format!("waiting for {what}: {reason}"));
                    if reminder.is_due(&reason, Instant::now()) {
                        tracing::warn!(reason, "waiting for {what}");
                    }
                    backoff.sleep(failures).await;
                }
            }
        }
    };
    tokio::select! {
        value = waiting => Ok(value),
        () = shutdown.cancelled() => Err(Stopped),
    }
}

/// Decides whether a repeated failure is worth a log line: a new reason is, an old one twice a minute.
#[derive(Debug, Default)]
pub struct Reminder {
    last: Option<(String, Instant)>,
}

impl Reminder {
    /// Whether to log this reason now; if so it counts as logged.
    pub fn is_due(&mut self, reason: &str, now: Instant) -> bool {
        let due = match &self.last {
            Some((logged, at)) => logged != reason || now.duration_since(*at) >= REMINDER_INTERVAL,
            None => true,
        };
        if due {
            self.last = Some((reason.to_owned(), now));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::Health;

    const QUICK: Backoff = Backoff { initial_ms: 1, max_ms: 1 };

    #[test]
    fn delays_double_up_to_the_bound() {
        let backoff = Backoff { initial_ms: 100, max_ms: 1_000 };
        let rows = [(0, 100), (1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (1_000, 1_000), (u32::MAX, 1_000)];
        for (failures, expected_ms) in rows {
            assert_eq!(backoff.delay_with(failures, 1.0), Duration::from_millis(expected_ms), "{failures}");
        }
        for failures in 0..100 {
            let delay = backoff.delay(failures);
            assert!(delay >= backoff.delay_with(failures, 0.5) && delay <= backoff.delay_with(failures, 1.0));
        }
    }

    #[test]
    fn a_reason_is_logged_when_new_and_twice_a_minute() {
        let mut reminder = Reminder::default();
        let start = Instant::now();
        let rows =
            [("a", 0, true), ("a", 1, false), ("b", 2, true), ("b", 31, false), ("b", 32, true), ("a", 33, true)];
        for (reason, second, due) in rows {
            assert_eq!(reminder.is_due(reason, start + Duration::from_secs(second)), due, "{reason} at {second}");
        }
    }

    #[tokio::test]
    async fn waiting_keeps_the_part_down_until_it_works() {
        let health = Health::new();
        let part = health.part("kafka");
        let mut outcomes = vec![Ok(2), Err("connection refused")];
        let never = CancellationToken::new();
        let waited = wait_for(&part, "Kafka at a:1", QUICK, &never, || {
            let outcome = outcomes.pop().expect("it ends with the first that works");
            let reason = health.readiness().missing[0].reason.clone();
            let expected = if outcome.is_ok() { "waiting for Kafka at a:1: connection refused" } else { "starting" };
            assert_eq!(reason, expected);
            std::future::ready(outcome)
        });
        assert_eq!(waited.await, Ok(2));
        assert!(part.is_up());
    }

    #[tokio::test]
    async fn waiting_ends_when_asked_to_stop() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let part = Health::new().part("kafka");
        let waited = wait_for(&part, "Kafka", QUICK, &shutdown, async || Err::<(), _>("connection refused"));
        assert_eq!(waited.await, Err(Stopped));
    }
}
