//! Which changes of balances the confirmed transfers explain, as a multiset: without headers, two transfers of the same
//! content cannot be told apart, and need not be.

use rustc_hash::FxHashMap;

use super::transfer::Signature;
use crate::check::Tally;
use crate::observation::Place;

/// Changes that wait for their transfer, and transfers that wait for their change. What belongs together leaves.
#[derive(Default)]
pub struct Legs {
    open: FxHashMap<Signature, Open>,
    matched: u64,
    /// By how much all expected changes, seen or not, change the sum of all balances.
    expected_cents: i128,
}

struct Open {
    /// Above zero: changes that were expected and not seen; below zero: changes seen that nobody explained.
    count: i64,
    cents: i64,
    first: Half,
    /// First seen after the cut: not judged.
    late: bool,
}

/// One half of what belongs together.
#[derive(Clone, Copy)]
pub enum Half {
    /// The place among the transfers of one that was confirmed.
    Transfer(u32),
    /// Where a change lies.
    Change(Place),
}

impl Legs {
    /// The confirmed transfer at this place should have made this change.
    pub fn expect(&mut self, signature: Signature, cents: i64, late: bool, transfer: u32) {
        self.expected_cents += i128::from(cents);
        self.count(signature, 1, cents, late, Half::Transfer(transfer));
    }

    /// This change was seen.
    pub fn observe(&mut self, signature: Signature, cents: i64, late: bool, place: Place) {
        self.count(signature, -1, cents, late, Half::Change(place));
    }

    fn count(&mut self, signature: Signature, by: i64, cents: i64, late: bool, first: Half) {
        let open = self.open.entry(signature).or_insert(Open { count: 0, cents, first, late });
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
        self.open.values().filter(|open| !open.late).count()
    }

    /// What the changes that were seen should sum up to, by what the transfers say. Only what came after the cut may lack
    /// its other half.
    pub fn explained_cents(&self) -> i128 {
        let late = self.open.values().filter(|open| open.late);
        let open = late.map(|open| i128::from(open.count) * i128::from(open.cents));
        self.expected_cents - open.sum::<i128>()
    }

    /// `name` names a half.
    pub fn finish(&self, name: impl Fn(Half) -> String, tally: &mut Tally) {
        tally.checked += self.matched;
        for open in self.open.values().filter(|open| !open.late) {
            tally.fails(|| match (open.count, open.cents) {
                (1.., ..0) => format!("{} is confirmed without its debit", name(open.first)),
                (1.., _) => format!("{} is confirmed without its credit", name(open.first)),
                _ => format!("no confirmed transfer explains {}", name(open.first)),
            });
        }
    }
}
