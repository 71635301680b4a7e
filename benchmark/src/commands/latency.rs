//! How long outcomes took.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::bank::{durations_us, microseconds};

/// Latencies of a run as they come in.
pub struct Latencies {
    histogram: Histogram<u64>,
    last_heard: Option<Instant>,
    longest_silence: Duration,
}

/// Latencies in milliseconds, from the time a command should have been sent until its first outcome was read.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LatencyMs {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// The longest time between two outcomes, warm-up left out.
    pub longest_silence: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { histogram: durations_us(), last_heard: None, longest_silence: Duration::ZERO }
    }
}

impl Latencies {
    /// Notes an outcome that came at `now`.
    pub fn add(&mut self, latency: Duration, now: Instant) {
        self.histogram.saturating_record(microseconds(latency));
        if let Some(last_heard) = self.last_heard.replace(now) {
            self.longest_silence = self.longest_silence.max(now.saturating_duration_since(last_heard));
        }
    }

    /// What they were; `None` where there were none.
    #[must_use]
    pub fn summary(&self) -> Option<LatencyMs> {
        let ms = |us: u64| {
            #[allow(clippy::cast_precision_loss)] // far below 2^53
            let us = us as f64;
            us / 1_000.0
        };
        let at = |quantile| ms(self.histogram.value_at_quantile(quantile));
        (!self.histogram.is_empty()).then(|| LatencyMs {
            count: self.histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: ms(self.histogram.max()),
            longest_silence: ms(microseconds(self.longest_silence)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_the_longest_silence_are_those_of_what_was_added() {
        assert!(Latencies::default().summary().is_none());
        let mut latencies = Latencies::default();
        let start = Instant::now();
        for ms in 1..=1_000 {
            let pause = if ms > 500 { 700 } else { 0 };
            latencies.add(Duration::from_millis(ms), start + Duration::from_millis(ms + pause));
        }
        let found = latencies.summary().unwrap();
        for (found, wanted) in [
            (found.p50, 500.0),
            (found.p90, 900.0),
            (found.p99, 990.0),
            (found.max, 1_000.0),
            (found.longest_silence, 701.0),
        ] {
            assert!((found - wanted).abs() <= wanted / 500.0, "{found} instead of {wanted}");
        }
        assert_eq!(found.count, 1_000);
    }
}
