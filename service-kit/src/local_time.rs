//! Local times as the bank writes them: the key of a beat, the description of a generated command.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Writes local times, one text per millisecond: at 50,000 records a second most share theirs with the one before.
#[derive(Debug)]
pub struct LocalTime {
    zone: TimeZone,
    written_ms: Option<i64>,
    text: String,
}

impl LocalTime {
    /// Times in the zone of this process (`TZ`, else the machine's).
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(TimeZone::system())
    }

    /// Times in this zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, written_ms: None, text: String::new() }
    }

    /// The local time of so many milliseconds since 1970 UTC: `2026-11-22T14:03:07.042`. What lies outside of the
    /// calendar (years -9999 to 9999) is taken for 1970.
    pub fn text(&mut self, at_ms: i64) -> &str {
        if self.written_ms != Some(at_ms) {
            let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
            self.text.clear();
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{:.3}", self.zone.to_datetime(at));
            self.written_ms = Some(at_ms);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_to_the_millisecond() {
        let mut time = LocalTime::new(TimeZone::fixed(jiff::tz::offset(1)));
        for (at_ms, text) in [
            (1_795_352_587_042, "2026-11-22T14:03:07.042"),
            (1_795_352_587_042, "2026-11-22T14:03:07.042"),
            (-1, "1970-01-01T00:59:59.999"),
            (i64::MAX, "1970-01-01T01:00:00.000"),
        ] {
            assert_eq!(time.text(at_ms), text);
        }
    }
}
