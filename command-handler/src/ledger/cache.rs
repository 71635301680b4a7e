use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use topology::Iban;

use crate::decide::{Account, Leg};

/// A bounded cache of accounts that remembers which balances the database does not have yet.
///
/// At its bound the clean accounts that were not used lately leave it; a dirty account stays until it is flushed,
/// an account of the current batch until the next batch.
#[derive(Debug)]
pub struct AccountCache {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_number: FxHashMap<u64, u32>,
    /// Dirty slots, the one that has been dirty longest first.
    dirty: VecDeque<u32>,
    hand: usize,
    max_accounts: usize,
    batch: u64,
}

#[derive(Debug)]
struct Slot {
    account: Account,
    occupied: bool,
    /// The first event that the database's balance lacks; 0 when it lacks none.
    dirty_since: i64,
    used: bool,
    batch: u64,
}

/// An account to be flushed: number, balance in cents, sequence.
pub type FlushedAccount = (i64, i64, i64);

impl AccountCache {
    /// An empty cache that holds up to `max_accounts`.
    #[must_use]
    pub fn new(max_accounts: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_number: FxHashMap::default(),
            dirty: VecDeque::new(),
            hand: 0,
            max_accounts,
            batch: 0,
        }
    }

    /// How many accounts it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// How many accounts the database does not have the balance of.
    #[must_use]
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// The first event that some balance in the database lacks.
    #[must_use]
    pub fn dirty_since(&self) -> Option<i64> {
        self.dirty.front().map(|&slot| self.slots[slot as usize].dirty_since)
    }

    /// Begins a batch: accounts touched from now on stay until the next one.
    pub const fn begin_batch(&mut self) {
        self.batch += 1;
    }

    /// Whether it holds the account, which then stays for this batch.
    pub fn pin(&mut self, iban: Iban) -> bool {
        let Some(&slot) = self.by_number.get(&iban.number()) else { return false };
        let slot = &mut self.slots[slot as usize];
        slot.used = true;
        slot.batch = self.batch;
        true
    }

    /// The account, if the cache holds it.
    #[must_use]
    pub fn get(&self, iban: Iban) -> Option<&Account> {
        self.by_number.get(&iban.number()).map(|&slot| &self.slots[slot as usize].account)
    }

    /// Makes place for `accounts` more. False when only flushing could: what could leave, has left.
    pub fn make_room(&mut self, accounts: usize) -> bool {
        let wanted = self.max_accounts.saturating_sub(accounts);
        // Twice around: once to take the mark of recent use, once to evict.
        let mut steps = self.slots.len() * 2;
        while self.by_number.len() > wanted && steps > 0 {
            steps -= 1;
            self.hand = (self.hand + 1) % self.slots.len();
            let slot = &mut self.slots[self.hand];
            if !slot.occupied || slot.dirty_since != 0 || slot.batch == self.batch {
                continue;
            }
            if slot.used {
                slot.used = false;
                continue;
            }
            slot.occupied = false;
            self.by_number.remove(&slot.account.iban.number());
            self.free.push(u32::try_from(self.hand).expect("slots are numbered by u32"));
        }
        self.by_number.len() <= wanted
    }

    /// Evicts every clean account that is not of the current batch.
    pub fn forget_clean(&mut self) {
        self.make_room(self.max_accounts);
    }

    /// Puts a clean account into the cache, for this batch at least.
    pub fn insert(&mut self, account: Account) {
        let number = account.iban.number();
        let slot = Slot { account, occupied: true, dirty_since: 0, used: true, batch: self.batch };
        let index = if let Some(index) = self.free.pop() {
            self.slots[index as usize] = slot;
            index
        } else {
            self.slots.push(slot);
            u32::try_from(self.slots.len() - 1).expect("the bound of the cache is below 2^32 accounts")
        };
        self.by_number.insert(number, index);
    }

    /// Sets an account to what it is after the event. The account must be in the cache.
    pub fn apply(&mut self, leg: &Leg, event: i64) {
        let Some(&index) = self.by_number.get(&leg.iban.number()) else {
            debug_assert!(false, "a leg of an account that no batch loaded");
            return;
        };
        let slot = &mut self.slots[index as usize];
        slot.account.balance = leg.balance;
        slot.account.seq = leg.seq;
        if slot.dirty_since == 0 {
            slot.dirty_since = event;
            self.dirty.push_back(index);
        }
    }

    /// Takes up to `max` accounts that are dirty since before `event`, longest first, and marks them clean.
    pub fn take_dirty(&mut self, event: i64, max: usize) -> Vec<FlushedAccount> {
        let mut taken = Vec::new();
        while taken.len() < max {
            let Some(&index) = self.dirty.front() else { break };
            let slot = &mut self.slots[index as usize];
            if slot.dirty_since >= event {
                break;
            }
            slot.dirty_since = 0;
            self.dirty.pop_front();
            let number = i64::try_from(slot.account.iban.number()).expect("ten digits fit");
            taken.push((number, slot.account.balance.get(), slot.account.seq));
        }
        taken.sort_unstable();
        taken
    }
}

#[cfg(test)]
mod tests {
    use topology::{AccountType, Cents, Token};

    use super::*;

    fn iban(number: u64) -> Iban {
        Iban::from_number(number).unwrap()
    }

    fn cache_of(max_accounts: usize, numbers: std::ops::Range<u64>) -> AccountCache {
        let mut cache = AccountCache::new(max_accounts);
        for number in numbers {
            cache.insert(Account::opened(iban(number), Token::COMPANY, AccountType::Auto));
        }
        cache
    }

    fn change(cache: &mut AccountCache, number: u64, event: i64) {
        cache.apply(&Leg { iban: iban(number), balance: Cents::new(event), seq: event }, event);
    }

    #[test]
    fn only_clean_accounts_of_earlier_batches_leave() {
        let mut cache = cache_of(4, 0..4);
        change(&mut cache, 0, 1);
        cache.begin_batch();
        assert!(cache.pin(iban(1)));
        assert!(cache.make_room(2));
        assert_eq!(cache.len(), 2);
        assert!(cache.get(iban(0)).is_some(), "a dirty account stays");
        assert!(cache.get(iban(1)).is_some(), "an account of the batch stays");
        assert!(!cache.make_room(3), "the rest can only be flushed");
        assert_eq!(cache.take_dirty(2, 10), [(0, 1, 1)]);
        cache.begin_batch();
        assert!(cache.make_room(4));
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn the_longest_dirty_is_flushed_first_with_its_newest_balance() {
        let mut cache = cache_of(10, 0..3);
        for (number, event) in [(2, 1), (0, 2), (2, 3), (1, 4)] {
            change(&mut cache, number, event);
        }
        assert_eq!(cache.dirty_since(), Some(1));
        assert_eq!(cache.take_dirty(4, 1), [(2, 3, 3)]);
        assert_eq!(cache.dirty_since(), Some(2));
        assert_eq!(cache.take_dirty(4, 10), [(0, 2, 2)]);
        assert_eq!(cache.dirty_since(), Some(4));
        change(&mut cache, 2, 5);
        assert_eq!(cache.take_dirty(i64::MAX, 10), [(1, 4, 4), (2, 5, 5)]);
        assert_eq!(cache.dirty_since(), None);
    }

    #[test]
    fn a_freed_place_is_used_again() {
        let mut cache = cache_of(3, 0..3);
        cache.begin_batch();
        assert!(cache.make_room(3));
        for number in 10..13 {
            cache.insert(Account::opened(iban(number), Token::COMPANY, AccountType::Auto));
        }
        assert_eq!((cache.len(), cache.slots.len()), (3, 3));
    }
}
