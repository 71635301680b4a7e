//! Records per second, from how many there were at two moments.

use std::time::Instant;

/// How many records each topic had when they were last counted.
#[derive(Debug, Default)]
pub struct Rates {
    before: Vec<Option<(Instant, i64)>>,
}

impl Rates {
    /// The records per second of each topic since the count before; `None` where that or this one is not known, or a topic
    /// has fewer than before, which makes it another one.
    pub fn since_before(&mut self, now: Instant, records: &[Option<i64>]) -> Vec<Option<f64>> {
        self.before.resize(records.len(), None);
        let rates = self.before.iter().zip(records).map(|(before, records)| {
            let ((at, before), records) = ((*before)?, (*records)?);
            let seconds = now.saturating_duration_since(at).as_secs_f64();
            let more = u32::try_from(records - before).ok()?;
            (seconds > 0.0).then(|| f64::from(more) / seconds)
        });
        let rates = rates.collect();
        self.before = records.iter().map(|records| records.map(|records| (now, records))).collect();
        rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    type Row = (u64, [Option<i64>; 2], [Option<f64>; 2]);

    #[test]
    fn a_rate_needs_two_counts_in_a_row() {
        let mut rates = Rates::default();
        let start = Instant::now();
        let rows: [Row; 7] = [
            (0, [Some(100), Some(5)], [None, None]),
            (2, [Some(150), Some(5)], [Some(25.0), Some(0.0)]),
            (3, [None, Some(4)], [None, None]),
            (4, [Some(160), Some(5)], [None, Some(1.0)]),
            (4, [Some(170), Some(5)], [None, None]),
            (5, [Some(180), None], [Some(10.0), None]),
            (6, [None, None], [None, None]),
        ];
        for (second, records, expected) in rows {
            assert_eq!(rates.since_before(start + Duration::from_secs(second), &records), expected, "{second}");
        }
    }
}
