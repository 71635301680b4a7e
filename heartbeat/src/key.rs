//! The key of a beat: the local time of sending.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};

/// Writes local times, one text per millisecond: at 50,000 beats a second most beats share theirs with the one before.
#[derive(Debug)]
pub struct SendingTime {
    zone: TimeZone,
    written_ms: Option<i64>,
    text: String,
}

impl SendingTime {
    /// Times in this zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, written_ms: None, text: String::new() }
    }

    /// The local time, to the millisecond: `2026-11-22T14:03:07.042`.
    pub fn text(&mut self, at: Timestamp) -> &str {
        let at_ms = at.as_millisecond();
        if self.written_ms != Some(at_ms) {
            self.text.clear();
            let local = self.zone.to_datetime(at);
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{local:.3}");
            self.written_ms = Some(at_ms);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_local_time_to_the_millisecond() {
        let mut time = SendingTime::new(TimeZone::fixed(jiff::tz::offset(1)));
        for (at, text) in [
            ("2026-11-22T13:03:07.042999Z", "2026-11-22T14:03:07.042"),
            ("2026-11-22T13:03:07.042Z", "2026-11-22T14:03:07.042"),
            ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00.000"),
        ] {
            assert_eq!(time.text(at.parse().unwrap()), text);
        }
    }
}
