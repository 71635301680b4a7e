//! The whole history of some accounts, for whoever follows them at the endpoint afterwards.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use topology::Iban;

use super::events::LegSeen;
use crate::digest::Digest;

/// Which accounts to watch.
#[derive(Debug, Clone, Copy, Default)]
pub struct WatchSettings {
    /// How many, the company's among them.
    pub accounts: usize,
    /// How many of an account's first changes are kept.
    pub transactions: usize,
    /// Another seed draws other accounts.
    pub seed: u64,
}

/// The accounts that are watched: the company's, and of all others that change those with the lowest digest of seed and
/// number. An account's first change says whether it is in, so nothing has to be read twice.
pub struct Watch {
    settings: WatchSettings,
    by_draw: BTreeMap<u64, Iban>,
    histories: FxHashMap<Iban, Vec<Watched>>,
}

/// A change of an account that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The endpoint's id; `None` where it has no number.
    pub id: Option<i64>,
    /// What it says.
    pub said: LegSeen,
}

impl Watch {
    pub fn new(settings: WatchSettings) -> Self {
        Self { settings, by_draw: BTreeMap::new(), histories: FxHashMap::default() }
    }

    /// Adds a change that is no repeat; `is_first` says whether it is its account's first one.
    pub fn observe(&mut self, iban: Iban, id: Option<i64>, said: LegSeen, is_first: bool) {
        if is_first && self.is_drawn(iban) {
            self.histories.insert(iban, Vec::new());
        }
        if let Some(history) = self.histories.get_mut(&iban)
            && history.len() < self.settings.transactions
        {
            history.push(Watched { id, said });
        }
    }

    fn is_drawn(&mut self, iban: Iban) -> bool {
        let draw = if iban == Iban::COMPANY { 0 } else { Digest::of((self.settings.seed, iban.number())).get() };
        self.by_draw.insert(draw, iban);
        if self.by_draw.len() <= self.settings.accounts {
            return true;
        }
        let out = self.by_draw.pop_last().map(|(_, iban)| iban);
        if let Some(out) = out {
            self.histories.remove(&out);
        }
        out != Some(iban)
    }

    /// The accounts with their changes, in the order of their partitions.
    pub fn histories(&self) -> impl Iterator<Item = (Iban, &[Watched])> {
        self.by_draw.values().filter_map(|iban| Some((*iban, self.histories.get(iban)?.as_slice())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Short;

    fn watched(settings: WatchSettings) -> Vec<(u64, usize)> {
        let mut watch = Watch::new(settings);
        for round in 0..5 {
            for number in 0..100 {
                let said = LegSeen::new(Digest::of(round), Short::of(number));
                watch.observe(Iban::from_number(number).unwrap(), Some(1), said, round == 0);
            }
        }
        let mut found: Vec<_> = watch.histories().map(|(iban, history)| (iban.number(), history.len())).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn some_accounts_are_watched_from_their_first_change_up_to_a_bound() {
        let first = watched(WatchSettings { accounts: 10, transactions: 3, seed: 1 });
        assert_eq!((first.len(), first[0].0), (10, 0), "the company is among them");
        assert!(first.iter().all(|(_, changes)| *changes == 3), "{first:?}");
        assert_eq!(watched(WatchSettings { accounts: 10, transactions: 3, seed: 1 }), first);
        assert_ne!(watched(WatchSettings { accounts: 10, transactions: 3, seed: 2 }), first);
        let all = watched(WatchSettings { accounts: 1_000, transactions: 9, seed: 1 });
        assert_eq!(all, (0..100).map(|number| (number, 5)).collect::<Vec<_>>());
        assert_eq!(watched(WatchSettings { accounts: 0, transactions: 9, seed: 1 }), []);
    }
}
