//! What a person wants to know right after a run.

use std::fmt;

use super::config::RunSettings;
use super::protocol::{Protocol, quantile};
use super::rows::{End, InteractionRow, Reason};

/// The figures of a run.
pub struct Summary {
    category: String,
    protocol: Protocol,
    latencies_ms: Vec<f64>,
    late_ms: Vec<f64>,
    /// Without made-up customers, or at the least load of the run; inside the page and from outside.
    idle_ms: Vec<f64>,
    idle_polled_ms: Vec<f64>,
    idle_load_per_s: Option<f64>,
    end: Option<End>,
}

impl Summary {
    /// Of nothing yet.
    #[must_use]
    pub fn new(settings: &RunSettings) -> Self {
        Self {
            category: settings.category.clone(),
            protocol: settings.protocol,
            latencies_ms: Vec::new(),
            late_ms: Vec::new(),
            idle_ms: Vec::new(),
            idle_polled_ms: Vec::new(),
            idle_load_per_s: None,
            end: None,
        }
    }

    /// Takes in an interaction. Those of the least load come first.
    pub fn add(&mut self, row: &InteractionRow) {
        self.latencies_ms.push(row.latency_ms);
        self.late_ms.push(row.late_ms.unwrap_or_default());
        let idle = *self.idle_load_per_s.get_or_insert(row.load_per_s);
        if row.load_per_s <= idle {
            self.idle_ms.push(row.latency_ms);
            self.idle_polled_ms.extend(row.polled_ms);
        }
    }

    /// Takes in how it ended.
    pub fn end(&mut self, end: End) {
        self.end = Some(end);
    }

    /// How many interactions were taken in.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.latencies_ms.len()
    }

    /// The latencies of those taken in after the first `count`, and how late they were clicked, in milliseconds.
    #[must_use]
    pub fn since(&self, count: usize) -> (&[f64], &[f64]) {
        (&self.latencies_ms[count..], &self.late_ms[count..])
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} protocol", self.category, self.protocol)?;
        let idle = self.idle_load_per_s.unwrap_or_default();
        for (how, latencies) in [("in the page", &self.idle_ms), ("looked at every 50 ms", &self.idle_polled_ms)] {
            let of = |q| quantile(latencies, q);
            if let (Some(p50), Some(p99)) = (of(0.5), of(0.99)) {
                let count = latencies.len();
                writeln!(f, "at {idle:.0} messages/s, {how}: median {p50:.1} ms, p99 {p99:.1} ms (of {count})")?;
            }
        }
        let Some(End { reason, interactions, timeouts, highest_load_per_s }) = &self.end else { return Ok(()) };
        let why = match reason {
            Reason::TimeOuts => "the third time-out",
            Reason::Finished => "all interactions were made",
            Reason::NotHeld => "a step was too slow",
            Reason::LoadNotReached => "the heartbeat sends no more, or the generator makes no more of it",
            Reason::Interrupted => "interrupted",
        };
        write!(
            f,
            "{interactions} interactions, {timeouts} timed out; ended: {why}; highest load held: {highest_load_per_s:.0} messages/s"
        )
    }
}
