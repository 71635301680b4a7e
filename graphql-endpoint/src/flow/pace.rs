//! How many records a reader is shown, and which are passed over when more come.

use service_kit::kafka::Offsets;
use std::time::Instant;

/// Permission to show so many records a second, of which up to a second's worth is kept for a burst.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Pace {
    /// A whole second's worth is there at the start.
    #[must_use]
    pub fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second: f64::from(per_second), left: f64::from(per_second), at: now }
    }

    /// Whether one more record may be shown.
    pub fn allows_one(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.left = (self.left + seconds * self.per_second).min(self.per_second);
        self.left >= 1.0
    }

    /// One was shown.
    pub fn shown(&mut self) {
        self.left -= 1.0;
    }
}

/// Where to go on so that at most `room` records are ahead, the newest of each partition, in the proportion in which they
/// came; and how many are passed over. `None` when no more than that are ahead anyway.
#[must_use]
pub fn newest(next: &Offsets, ends: &Offsets, room: i64) -> Option<(Offsets, i64)> {
    let ahead = |(partition, next): (&i32, &i64)| (ends.get(partition).copied().unwrap_or_default() - next).max(0);
    let all: i64 = next.iter().map(ahead).sum();
    if all <= room {
        return None;
    }
    let go_on = |of: (&i32, &i64)| {
        let ahead = ahead(of);
        let kept = i128::from(ahead) * i128::from(room) / i128::from(all);
        let kept = i64::try_from(kept).unwrap_or(ahead);
        (*of.0, *of.1 + ahead - kept)
    };
    let places: Offsets = next.iter().map(go_on).collect();
    let passed = places.iter().map(|(partition, place)| place - next[partition]).sum();
    Some((places, passed))
}

/// Where to go on in partitions whose records are these now, and how many between are gone. A partition that ends before the
/// next record is another one of the same name, to be read from its beginning.
#[must_use]
pub fn found_again(next: &Offsets, begins: &Offsets, ends: &Offsets) -> (Offsets, i64) {
    let mut gone = 0;
    let go_on = |(partition, next): (&i32, &i64)| {
        let (Some(begin), Some(end)) = (begins.get(partition), ends.get(partition)) else { return (*partition, *next) };
        if end < next {
            return (*partition, *begin);
        }
        gone += (begin - next).max(0);
        (*partition, *next.max(begin))
    };
    let places = next.iter().map(go_on).collect();
    (places, gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_of_a_second_is_shown_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        let mut shown_at = |ms: u64| {
            let now = start + Duration::from_millis(ms);
            std::iter::from_fn(|| pace.allows_one(now).then(|| pace.shown())).count()
        };
        let rows = [(0, 10), (0, 0), (99, 0), (100, 1), (600, 5), (60_000, 10), (59_000, 0)];
        for (ms, expected) in rows {
            assert_eq!(shown_at(ms), expected, "{ms}");
        }
    }

    #[test]
    fn the_newest_of_each_partition_stay() {
        let offsets = |rows: &[(i32, i64)]| rows.iter().copied().collect::<Offsets>();
        let next = offsets(&[(0, 100), (1, 200), (2, 300)]);
        assert_eq!(newest(&next, &offsets(&[(0, 105), (1, 205), (2, 300)]), 10), None);
        let (places, passed) = newest(&next, &offsets(&[(0, 190), (1, 210), (2, 300)]), 10).expect("too many");
        assert_eq!((places, passed), (offsets(&[(0, 181), (1, 209), (2, 300)]), 90));
        let (places, passed) = newest(&next, &offsets(&[(0, i64::MAX), (1, 201), (2, 0)]), 5).expect("too many");
        assert_eq!((places[&1], places[&2]), (201, 300));
        assert_eq!(passed, (i64::MAX - 100) - 4 + 1);
    }

    #[test]
    fn a_place_is_found_again() {
        // Next, beginning, end, where to go on, how many are gone.
        let rows =
            [(5, 0, 9, 5, 0), (5, 5, 5, 5, 0), (5, 7, 9, 7, 2), (5, 0, 4, 0, 0), (5, 0, 0, 0, 0), (5, 3, 4, 3, 0)];
        for row @ (next, begin, end, place, gone) in rows {
            let of = |offset: i64| Offsets::from([(0, offset)]);
            assert_eq!(found_again(&of(next), &of(begin), &of(end)), (of(place), gone), "{row:?}");
        }
        let silent = Offsets::new();
        assert_eq!(found_again(&Offsets::from([(1, 5)]), &silent, &silent), (Offsets::from([(1, 5)]), 0));
    }
}
