//! Each account's balances, one following from the other.

use topology::{BalanceChanged, Cents, Iban};

use crate::check::Tally;
use crate::observation::{Headers, Place, Source};
use crate::paged::PagedMap;

/// What the company has before anything happens.
pub const COMPANY_OPENING_CENTS: i64 = 100_000_000_000_000_000;
/// How far a debit may take a balance where nobody says otherwise.
pub const DEFAULT_LIMIT_CENTS: i64 = -50_000;

/// The accounts of which a balance changed.
#[derive(Default)]
pub struct Chains {
    chains: PagedMap<Iban, Chain>,
}

/// Where an account's balances have come to.
#[derive(Debug, Clone, Copy)]
struct Chain {
    balance: i64,
    /// The number of the last change, by its header.
    seq: u64,
    /// The lowest balance that a debit left; the highest number while none did.
    lowest: i64,
    /// Where its first change lies.
    offset: i64,
    partition: i32,
    late: bool,
}

impl Chains {
    /// Adds a change that is no repeat, in the order of its partition. Gives whether it is its account's first one.
    pub fn observe(
        &mut self,
        iban: Iban,
        changed: &BalanceChanged,
        place: Place,
        late: bool,
        tally: &mut Tally,
    ) -> bool {
        let Place { partition, offset, .. } = place;
        let (at, is_first) = self.chains.insert_if_absent(iban, || Chain {
            balance: opening(iban),
            seq: 0,
            lowest: i64::MAX,
            offset,
            partition,
            late,
        });
        let Some(chain) = self.chains.at_mut(at) else { return is_first };
        let expected = chain.balance.checked_add(changed.changed_by);
        tally.judge(expected == Some(changed.new_balance) && chain.partition == place.partition, || {
            if chain.partition == place.partition {
                let (was, by) = (Cents::new(chain.balance), Cents::new(changed.changed_by));
                format!("{iban}: {was} and a change of {by} give {} at {place}", Cents::new(changed.new_balance))
            } else {
                format!("{iban}: its changes lie in partition {} and at {place}", chain.partition)
            }
        });
        chain.balance = changed.new_balance;
        if changed.changed_by < 0 {
            chain.lowest = chain.lowest.min(changed.new_balance);
        }
        is_first
    }

    /// Follows the account's own numbering.
    pub fn follow_sequence(&mut self, iban: Iban, headers: &Headers, place: Place, tally: &mut Tally) {
        let Some(chain) = self.chains.get_mut(iban) else { return };
        let expected = chain.seq + 1;
        tally.judge(headers.account_seq == Some(expected), || match headers.account_seq {
            Some(found) => format!("{iban}: change {found} at {place} should be number {expected}"),
            None => format!("{iban}: the change at {place} has no account-seq"),
        });
        chain.seq = headers.account_seq.unwrap_or(expected);
    }

    /// The sum of what all changes have added, by the balances they led to.
    pub fn gained_cents(&self) -> i128 {
        self.chains.iter().map(|(iban, chain)| i128::from(chain.balance) - i128::from(opening(iban))).sum()
    }

    /// How many accounts from before the cut are still to be created, by what was read so far.
    pub fn strangers(&self, is_account: impl Fn(Iban) -> bool) -> usize {
        self.chains.iter().filter(|(iban, chain)| !chain.late && !is_account(*iban)).count()
    }

    /// An account must have been created before its balance can change.
    pub fn finish(&self, is_account: impl Fn(Iban) -> bool, tally: &mut Tally) {
        for (iban, chain) in self.chains.iter().filter(|(_, chain)| !chain.late) {
            let Chain { partition, offset, .. } = *chain;
            let first = Place { source: Source::Changes, partition, offset };
            tally.judge(is_account(iban), || format!("{iban} changes at {first} and was never created"));
        }
    }

    /// Judges the lowest balance that a debit left, by the limit of each account.
    pub fn judge_limits(&self, limit: impl Fn(Iban) -> i64, tally: &mut Tally) {
        for (iban, chain) in self.chains.iter() {
            let limit = limit(iban);
            tally.judge(chain.lowest >= limit, || {
                let (lowest, limit) = (Cents::new(chain.lowest), Cents::new(limit));
                format!("{iban}: a debit left {lowest}, the limit is {limit}")
            });
        }
    }
}

fn opening(iban: Iban) -> i64 {
    if iban == Iban::COMPANY { COMPANY_OPENING_CENTS } else { 0 }
}
