//! Waiting until the changes that belong to an outcome are committed in the projection.

use crate::projection::Change;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use topology::Iban;

/// The accounts that somebody waits for, with the highest sequence committed since then. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Legs {
    watched: Arc<Mutex<HashMap<Iban, Watched>>>,
}

#[derive(Debug)]
struct Watched {
    highest: watch::Sender<i64>,
    watchers: usize,
}

/// A look at one account's committed changes, from before its command is sent until it is dropped.
#[derive(Debug)]
pub struct LegWatch {
    account: Iban,
    highest: watch::Receiver<i64>,
    legs: Legs,
}

impl Legs {
    /// Begins to look at an account. What was committed before is not known here.
    #[must_use]
    pub fn watch(&self, account: Iban) -> LegWatch {
        let mut watched = self.lock();
        let entry = watched.entry(account).or_insert_with(|| Watched { highest: watch::Sender::new(0), watchers: 0 });
        entry.watchers += 1;
        LegWatch { account, highest: entry.highest.subscribe(), legs: self.clone() }
    }

    pub(super) fn committed(&self, change: &Change) {
        let Some(seq) = change.account_seq else { return };
        if let Some(watched) = self.lock().get(&change.account) {
            watched.highest.send_if_modified(|highest| {
                let further = seq > *highest;
                *highest = seq.max(*highest);
                further
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Iban, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LegWatch {
    /// The account looked at.
    #[must_use]
    pub fn account(&self) -> Iban {
        self.account
    }

    /// Waits until the account's change with this sequence, or a later one, is committed.
    pub async fn reached(&mut self, seq: i64) {
        // The sender lives as long as anybody watches, so this ends only with the sequence.
        let _ = self.highest.wait_for(|highest| *highest >= seq).await;
    }
}

impl Drop for LegWatch {
    fn drop(&mut self) {
        if let Entry::Occupied(mut watched) = self.legs.lock().entry(self.account) {
            watched.get_mut().watchers -= 1;
            if watched.get().watchers == 0 {
                watched.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::tests_support::change_at;
    use futures_util::FutureExt;

    fn change(seq: i64) -> Change {
        Change { account_seq: Some(seq), ..change_at(0, seq, seq, 1) }
    }

    #[test]
    fn is_reached_by_this_or_a_later_change() {
        let legs = Legs::default();
        legs.committed(&change(1));
        let mut watch = legs.watch(Iban::COMPANY);
        let mut second = legs.watch(Iban::COMPANY);
        assert!(watch.reached(3).now_or_never().is_none());
        legs.committed(&change(2));
        assert!(watch.reached(3).now_or_never().is_none());
        legs.committed(&change(4));
        assert!(watch.reached(3).now_or_never().is_some());
        assert!(second.reached(4).now_or_never().is_some());
    }

    #[test]
    fn an_account_that_nobody_watches_is_forgotten() {
        let legs = Legs::default();
        let watches = (legs.watch(Iban::COMPANY), legs.watch(Iban::COMPANY));
        drop(watches.0);
        assert_eq!(legs.lock().len(), 1);
        drop(watches.1);
        assert!(legs.lock().is_empty());
    }
}
