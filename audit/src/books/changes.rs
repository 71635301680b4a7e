//! The changes of balances by their place in the topic, which is how the endpoint keeps them.

use std::collections::BTreeMap;

use topology::{BalanceChanged, Iban};

use crate::digest::Digest;
use crate::observation::{Headers, Place};

/// A change that was no repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its offset.
    pub offset: i64,
    /// `event * 2 + leg`; `None` where it has no such headers.
    pub id: Option<i64>,
    /// Of all that it says, see [`said`].
    pub said: Digest,
}

/// All of them, per partition by offset.
#[derive(Default)]
pub struct Changes {
    partitions: BTreeMap<i32, Vec<Change>>,
}

impl Changes {
    pub fn add(&mut self, iban: Iban, changed: &BalanceChanged, headers: Headers, place: Place) {
        let id = headers.event.zip(headers.leg).and_then(|(event, leg)| transaction_id(event, leg));
        let said = said(
            iban.number(),
            headers.account_seq,
            changed.new_balance,
            changed.changed_by,
            &changed.from_to,
            &changed.description,
        );
        self.partitions.entry(place.partition).or_default().push(Change { offset: place.offset, id, said });
    }

    /// Those of a partition, by offset.
    pub fn of_partition(&self, partition: i32) -> &[Change] {
        self.partitions.get(&partition).map_or(&[], Vec::as_slice)
    }
}

/// The endpoint's id of a transaction.
fn transaction_id(event: u64, leg: u8) -> Option<i64> {
    i64::try_from(event).ok()?.checked_mul(2)?.checked_add(i64::from(leg))
}

/// A digest of a change, from the topic or from a table.
#[must_use]
pub fn said(
    account: u64,
    account_seq: Option<u64>,
    new_balance: i64,
    changed_by: i64,
    from_to: &str,
    description: &str,
) -> Digest {
    let (from_to, description) = (as_stored(from_to), as_stored(description));
    Digest::of((account, account_seq, new_balance, changed_by, from_to, description))
}

/// Postgres has no U+0000; the endpoint stores the replacement character for it.
fn as_stored(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}
