//! How far each partition was taken, and whether a record in it repeats an earlier one.

use super::change::{Change, EventLeg};
use service_kit::fault;
use std::collections::BTreeMap;

/// How far one partition was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The offset of the first record that was not taken.
    pub next_offset: i64,
    /// The highest event and leg taken.
    pub highest: EventLeg,
}

/// How far each partition of a topic was taken. A partition that is absent was not begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks(BTreeMap<i32, Mark>);

impl Marks {
    /// From partitions and their marks.
    #[must_use]
    pub fn new(marks: impl IntoIterator<Item = (i32, Mark)>) -> Self {
        Self(marks.into_iter().collect())
    }

    /// The mark of a partition.
    #[must_use]
    pub fn of(&self, partition: i32) -> Mark {
        self.0.get(&partition).copied().unwrap_or_default()
    }

    /// All marks, by partition.
    pub fn iter(&self) -> impl Iterator<Item = (i32, Mark)> + '_ {
        self.0.iter().map(|(partition, mark)| (*partition, *mark))
    }

    /// Takes a change; `false` when it was taken before: by its offset, or, published again, by its event and leg.
    pub fn admit(&mut self, change: &Change) -> bool {
        if change.place.offset < self.of(change.place.partition).next_offset {
            return false;
        }
        self.pass_to(change.place.partition, change.place.offset + 1);
        let mark = self.0.entry(change.place.partition).or_default();
        match change.event_leg {
            Some(event_leg) if event_leg <= mark.highest && !fault::mutant("repeats-projected") => false,
            Some(event_leg) => {
                mark.highest = event_leg;
                true
            }
            None => true,
        }
    }

    /// Goes on to an offset, unless it is further already.
    pub fn pass_to(&mut self, partition: i32, next_offset: i64) {
        let mark = self.0.entry(partition).or_default();
        mark.next_offset = mark.next_offset.max(next_offset);
    }

    /// Gives every partition a mark.
    pub fn begin(&mut self, partitions: impl IntoIterator<Item = i32>) {
        for partition in partitions {
            self.0.entry(partition).or_default();
        }
    }

    /// These marks, each put back to where `other` is if that is less far.
    #[must_use]
    pub fn no_further_than(&self, other: &Self) -> Self {
        let back = |(partition, mark): (i32, Mark)| {
            let next_offset = mark.next_offset.min(other.of(partition).next_offset);
            (partition, Mark { next_offset, ..mark })
        };
        Self::new(self.iter().map(back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::change::tests_support::change_at;

    #[test]
    fn takes_each_change_once() {
        let mut marks = Marks::default();
        // partition, offset, (event, leg) or (0, 0) for none; taken or not
        let rows = [
            (0, 0, (1, 1), true),
            (0, 0, (1, 1), false), // the same record read again
            (0, 1, (1, 2), true),
            (0, 2, (1, 1), false), // published again
            (0, 3, (1, 2), false),
            (0, 4, (5, 1), true),
            (1, 0, (1, 1), true), // another partition has its own
            (0, 5, (0, 0), true), // without headers only the offset tells
            (0, 5, (0, 0), false),
            (0, 6, (4, 2), false),
        ];
        for (partition, offset, (event, leg), taken) in rows {
            let change = change_at(partition, offset, event, leg);
            assert_eq!(marks.admit(&change), taken, "{partition} {offset} {event} {leg}");
        }
        assert_eq!(marks.of(0), Mark { next_offset: 7, highest: EventLeg { event: 5, leg: 1 } });
    }

    #[test]
    fn reading_starts_where_the_less_far_of_two_is() {
        let mark = |next_offset| Mark { next_offset, highest: EventLeg { event: next_offset, leg: 1 } };
        let written = Marks::new([(0, mark(5)), (1, mark(5)), (2, mark(5))]);
        let handed_out = Marks::new([(0, mark(3)), (1, mark(9))]);
        let starts: Vec<_> = written.no_further_than(&handed_out).iter().map(|(_, mark)| mark.next_offset).collect();
        assert_eq!(starts, [3, 5, 0]);
    }
}
