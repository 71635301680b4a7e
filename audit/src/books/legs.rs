//! Which changes of balances the confirmed transfers explain, as a multiset: without headers, two transfers of the same
//! content cannot be told apart, and need not be.

use rustc_hash::FxHashMap;

use super::transfer::Signature;
use crate::check::Tally;
use crate::observation::{Place, Source};

/// Changes that wait for their transfer, and transfers that wait for their change. What belongs together leaves.
#[derive(Default)]
pub struct Legs {
    open: FxHashMap<Signature, Open>,
    matched: u64,
    /// By how much all expected changes, seen or not, change the sum of all balances.
    expected_cents: i128,
}

/// There are as many as transfers while the changes are still to be read, so it is kept small.
struct Open {
    /// Above zero: changes that were expected and not seen; below zero: changes seen that nobody explained.
    count: i32,
    cents: i64,
    first: Half,
}

/// Where one half of what belongs together was seen: in a topic's partition and offset.
#[derive(Clone, Copy)]
struct Half {
    offset: i64,
    partition: i32,
    source: Source,
    /// First seen after the cut: not judged.
    late: bool,
}

impl Legs {
    /// The confirmed transfer that was first seen at this place should have made this change.
    pub fn expect(&mut self, signature: Signature, cents: i64, late: bool, place: Place) {
        self.expected_cents += i128::from(cents);
        self.count(signature, 1, cents, late, place);
    }

    /// This change was seen.
    pub fn observe(&mut self, signature: Signature, cents: i64, late: bool, place: Place) {
        self.count(signature, -1, cents, late, place);
    }

    fn count(&mut self, signature: Signature, by: i32, cents: i64, late: bool, place: Place) {
        let Place { source, partition, offset } = place;
        let first = Half { offset, partition, source, late };
        let open = self.open.entry(signature).or_insert(Open { count: 0, cents, first });
        if open.count.signum() == -by {
            self.matched += 1;
        }
        open.count += by;
        if open.count == 0 {
            self.open.remove(&signature);
        }
    }

    /// How many from before the cut have no counterpart.
    pub fn open(&self) -> usize {
        self.open.values().filter(|open| !open.first.late).count()
    }

    /// What the changes that were seen should sum up to, by what the transfers say.
    pub fn explained_cents(&self) -> i128 {
        let open = self.open.values().map(|open| i128::from(open.count) * i128::from(open.cents));
        self.expected_cents - open.sum::<i128>()
    }

    /// `transfer` names the transfer that was first seen at a place.
    pub fn finish(&self, transfer: impl Fn(Place) -> String, tally: &mut Tally) {
        tally.checked += self.matched;
        for open in self.open.values().filter(|open| !open.first.late) {
            let Half { offset, partition, source, .. } = open.first;
            let place = Place { source, partition, offset };
            tally.fails(|| match (open.count, open.cents) {
                (1.., ..0) => format!("{} is confirmed without its debit", transfer(place)),
                (1.., _) => format!("{} is confirmed without its credit", transfer(place)),
                _ => format!("no confirmed transfer explains the change at {place}"),
            });
        }
    }
}
