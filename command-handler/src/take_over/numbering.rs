//! Numbers for transfers of another program, which gave them none: an order in which every account's changes follow one
//! another as they do in the topic. No I/O.

use rustc_hash::FxHashMap;

/// Transfers held back at a time, because a change before theirs was not reached yet.
const HELD_BACK_MAX: usize = 1_000_000;

/// A transfer and its changes: account and place among the account's changes, 1, 2, 3 and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered<T> {
    /// What is to be numbered.
    pub transfer: T,
    /// Its changes, two at most.
    pub changes: Vec<(i64, i64)>,
}

/// Takes transfers roughly in their order, and gives them in one that fits.
#[derive(Debug)]
pub struct Numbering<T> {
    /// By account: how many of its changes are given.
    given: FxHashMap<i64, i64>,
    /// By account and place: the transfer that waits for it.
    waiting: FxHashMap<(i64, i64), Numbered<T>>,
}

/// Why there is no such order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoOrder {
    /// Some wait for each other.
    #[error("there is no order of its transfers in which each account's changes follow one another")]
    Circle,
    /// More wait than are held.
    #[error("more than {HELD_BACK_MAX} of its transfers lie before others that must come first")]
    TooMany,
}

impl<T> Numbering<T> {
    /// Nothing numbered yet.
    pub fn new() -> Self {
        Self { given: FxHashMap::default(), waiting: FxHashMap::default() }
    }

    /// Takes the next transfer, and appends to `out` those whose turn it is now.
    ///
    /// # Errors
    /// When too many are held back.
    pub fn take(&mut self, next: Numbered<T>, out: &mut Vec<T>) -> Result<(), NoOrder> {
        let mut free = vec![next];
        while let Some(next) = free.pop() {
            let given = |number: i64| self.given.get(&number).copied().unwrap_or_default();
            let missing = next.changes.iter().copied().find(|&(number, place)| given(number) + 1 < place);
            if let Some((number, place)) = missing {
                self.waiting.insert((number, place - 1), next);
                if self.waiting.len() > HELD_BACK_MAX {
                    return Err(NoOrder::TooMany);
                }
                continue;
            }
            for &(number, place) in &next.changes {
                self.given.insert(number, place);
                free.extend(self.waiting.remove(&(number, place)));
            }
            out.push(next.transfer);
        }
        Ok(())
    }

    /// Tells whether all have had their turn.
    ///
    /// # Errors
    /// When some wait for each other.
    pub fn finish(self) -> Result<(), NoOrder> {
        if self.waiting.is_empty() { Ok(()) } else { Err(NoOrder::Circle) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(transfers: Vec<Numbered<usize>>) -> Result<Vec<usize>, NoOrder> {
        let (mut numbering, mut out) = (Numbering::new(), Vec::new());
        for transfer in transfers {
            numbering.take(transfer, &mut out)?;
        }
        numbering.finish().map(|()| out)
    }

    proptest! {
        #[test]
        fn changes_follow_one_another_however_transfers_come(
            (transfers, shuffled) in prop::collection::vec((0..5_i64, 0..5_i64), 0..60).prop_flat_map(|sides| {
                let mut places = [0; 5];
                let mut change = |number: i64| {
                    let place = &mut places[usize::try_from(number).unwrap()];
                    *place += 1;
                    (number, *place)
                };
                let transfers: Vec<_> = sides
                    .into_iter()
                    .enumerate()
                    .map(|(transfer, (from, to))| {
                        let sides = if from == to { vec![from] } else { vec![from, to] };
                        Numbered { transfer, changes: sides.into_iter().map(&mut change).collect() }
                    })
                    .collect();
                (Just(transfers.clone()), Just(transfers).prop_shuffle())
            }),
        ) {
            let ordered = order(shuffled).unwrap();
            prop_assert_eq!(ordered.len(), transfers.len());
            let mut given: FxHashMap<i64, i64> = FxHashMap::default();
            for transfer in ordered {
                for &(number, place) in &transfers[transfer].changes {
                    prop_assert_eq!(given.insert(number, place).unwrap_or_default() + 1, place);
                }
            }
        }
    }

    #[test]
    fn transfers_that_wait_for_each_other_have_no_order() {
        let first = Numbered { transfer: 0, changes: vec![(1, 1), (2, 2)] };
        let second = Numbered { transfer: 1, changes: vec![(2, 1), (1, 2)] };
        assert_eq!(order(vec![first, second]), Err(NoOrder::Circle));
    }
}
