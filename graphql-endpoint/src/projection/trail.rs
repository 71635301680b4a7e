//! When the newest batches of changes were projected and handed out: noted once per batch, forgotten when newer ones come.

use super::change::Place;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When a change was projected and handed out, in microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Committed in the projection, or seen to be, where another instance writes it.
    pub projected_us: i64,
    /// Handed to those who follow.
    pub delivered_us: i64,
}

/// The times of the newest batches of each partition. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub struct Trail {
    partitions: Arc<Mutex<BTreeMap<i32, Stretch>>>,
    max_batches: usize,
}

/// Batches of a partition, one behind the other.
#[derive(Debug, Default)]
struct Stretch {
    /// The first offset of the oldest batch.
    from: i64,
    /// The offset behind each batch, with its times.
    batches: VecDeque<(i64, Times)>,
}

impl Trail {
    /// Remembers so many batches of each partition.
    #[must_use]
    pub fn new(max_batches: u32) -> Self {
        let max_batches = usize::try_from(max_batches).unwrap_or(usize::MAX).max(1);
        Self { partitions: Arc::default(), max_batches }
    }

    /// Says from which offset on a partition is taken in; what was noted of it stays.
    pub fn begin(&self, partition: i32, offset: i64) {
        let stretch = || Stretch { from: offset, batches: VecDeque::new() };
        self.lock().entry(partition).or_insert_with(stretch);
    }

    /// Notes a batch that ends before these offsets.
    pub fn note(&self, next_offsets: impl Iterator<Item = (i32, i64)>, times: Times) {
        let mut partitions = self.lock();
        for (partition, next_offset) in next_offsets {
            // A partition that was not begun is noted from its next batch on.
            let stretch =
                partitions.entry(partition).or_insert_with(|| Stretch { from: next_offset, ..Stretch::default() });
            if next_offset <= stretch.batches.back().map_or(stretch.from, |(end, _)| *end) {
                continue; // taken in before
            }
            if stretch.batches.len() >= self.max_batches
                && let Some((end, _)) = stretch.batches.pop_front()
            {
                stretch.from = end;
            }
            stretch.batches.push_back((next_offset, times));
        }
    }

    /// When the change at this place was taken in; `None` when that is not remembered.
    #[must_use]
    pub fn of(&self, place: Place) -> Option<Times> {
        let partitions = self.lock();
        let stretch = partitions.get(&place.partition).filter(|stretch| place.offset >= stretch.from)?;
        let index = stretch.batches.partition_point(|(end, _)| *end <= place.offset);
        stretch.batches.get(index).map(|(_, times)| *times)
    }

    // A panic elsewhere cannot have left it half changed in a way that matters: at worst a batch is not noted.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Stretch>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(us: i64) -> Times {
        Times { projected_us: us, delivered_us: us + 1 }
    }

    #[test]
    fn a_change_has_the_times_of_its_batch_as_long_as_that_is_remembered() {
        let trail = Trail::new(2);
        trail.begin(0, 10);
        trail.note([(0, 12), (1, 5)].into_iter(), times(100));
        trail.note([(0, 12)].into_iter(), times(150)); // read again after a fault
        trail.note([(0, 20), (1, 6)].into_iter(), times(200));
        trail.begin(0, 20);
        // partition, offset, and the times of what
        let rows = [
            (0, 9, None),
            (0, 10, Some(100)),
            (0, 11, Some(100)),
            (0, 12, Some(200)),
            (0, 19, Some(200)),
            (0, 20, None),
            (1, 4, None), // where its first batch began is not known
            (1, 5, Some(200)),
            (2, 0, None),
        ];
        for (partition, offset, expected) in rows {
            let found = trail.of(Place { partition, offset });
            assert_eq!(found, expected.map(times), "{partition} {offset}");
        }
        trail.note([(0, 30)].into_iter(), times(300));
        for (offset, expected) in [(11, None), (12, Some(200)), (20, Some(300)), (29, Some(300)), (30, None)] {
            assert_eq!(trail.of(Place { partition: 0, offset }), expected.map(times), "{offset}");
        }
    }
}
