//! Whether the database still has all that was handed out. A crash may take from it what was committed without waiting
//! for the disk; until that is written again from the topics, its history has a hole.

use crate::projection::Marks;
use std::collections::BTreeMap;

/// What the database keeps of what was handed out.
#[derive(Debug, Default)]
pub struct Kept {
    doubts: u64,
    /// Partitions with a hole, and the offset up to which it goes; `None` while nobody has looked.
    holes: Option<BTreeMap<i32, i64>>,
}

impl Kept {
    /// The database may have crashed.
    pub fn doubt(&mut self) {
        self.doubts += 1;
        self.holes = None;
    }

    /// The database is as far as `written`.
    pub fn compare(&mut self, written: &Marks, handed_out: &Marks) {
        let ends = handed_out.iter().map(|(partition, mark)| (partition, mark.next_offset));
        let holes: BTreeMap<_, _> = ends.filter(|(partition, end)| written.of(*partition).next_offset < *end).collect();
        // There was a crash that nobody has noticed.
        self.doubts += u64::from(!holes.is_empty());
        self.holes = Some(holes);
    }

    /// A partition is written up to this offset.
    pub fn written_to(&mut self, partition: i32, next_offset: i64) {
        if let Some(holes) = &mut self.holes {
            holes.retain(|hole, end| *hole != partition || *end > next_offset);
        }
    }

    /// How often there was doubt, where there is neither doubt nor a hole now. What was read between two equal answers
    /// was whole.
    pub fn as_of(&self) -> Option<u64> {
        self.holes.as_ref().is_some_and(BTreeMap::is_empty).then_some(self.doubts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Marks;

    fn marks(offsets: &[(i32, i64)]) -> Marks {
        let mut marks = Marks::default();
        for (partition, next_offset) in offsets {
            marks.pass_to(*partition, *next_offset);
        }
        marks
    }

    #[test]
    fn a_hole_is_one_until_it_is_written_again() {
        let mut kept = Kept::default();
        assert_eq!(kept.as_of(), None);
        kept.compare(&marks(&[(0, 5)]), &marks(&[(0, 5)]));
        let before = kept.as_of();
        assert!(before.is_some());
        kept.doubt();
        assert_eq!(kept.as_of(), None);
        kept.compare(&marks(&[(0, 3), (2, 9)]), &marks(&[(0, 5), (1, 2), (2, 7)]));
        for (partition, next_offset) in [(0, 4), (2, 9), (1, 2)] {
            kept.written_to(partition, next_offset);
            assert_eq!(kept.as_of(), None, "partition 0 lacks its last");
        }
        kept.written_to(0, 5);
        assert!(kept.as_of().is_some_and(|now| Some(now) != before), "who read meanwhile sees that there was a doubt");
    }
}
