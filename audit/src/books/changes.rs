//! The changes of balances by their place in the topic, which is how the endpoint keeps them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::events::LegSeen;
use super::transfer::Leg;
use crate::observation::{Headers, Place};
use crate::paged::Paged;

/// At this offset there is no change that was not there before.
const NOTHING: i64 = 0;
/// Here is one without number or leg.
const UNNUMBERED: i64 = -1;

/// All of them, per partition by offset.
#[derive(Default)]
pub struct Changes {
    partitions: BTreeMap<i32, Paged<i64>>,
    /// What those say that have no number, and so are in no event.
    unnumbered: FxHashMap<(i32, i64), LegSeen>,
}

/// A change that was no repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is in its event.
    Numbered {
        /// The endpoint's id of it, `event * 2 + leg`.
        id: i64,
        event: u64,
        leg: Leg,
    },
    /// It has no number.
    Unnumbered(LegSeen),
}

impl Changes {
    /// Adds a change that is no repeat. Gives the endpoint's id of it.
    pub fn add(&mut self, seen: LegSeen, headers: &Headers, place: Place) -> Option<i64> {
        let Place { partition, offset, .. } = place;
        let index = usize::try_from(offset).ok()?;
        let offsets = self.partitions.entry(partition).or_default();
        // Offsets without a change of their own: repeats, and markers of transactions.
        while offsets.len() < index {
            offsets.push(NOTHING);
        }
        let id = headers.event.zip(headers.leg).and_then(|(event, leg)| transaction_id(event, leg));
        if id.is_none() {
            self.unnumbered.insert((partition, offset), seen);
        }
        match offsets.get_mut(index) {
            Some(known) => *known = id.unwrap_or(UNNUMBERED),
            None => offsets.push(id.unwrap_or(UNNUMBERED)),
        }
        id
    }

    pub fn at(&self, partition: i32, offset: i64) -> Option<Change> {
        match *self.partitions.get(&partition)?.get(usize::try_from(offset).ok()?)? {
            NOTHING => None,
            UNNUMBERED => self.unnumbered.get(&(partition, offset)).copied().map(Change::Unnumbered),
            id => {
                let (event, leg) = event_and_leg(id)?;
                Some(Change::Numbered { id, event, leg })
            }
        }
    }

    /// The offsets of a partition's changes, of all those from one offset up to, not including, another.
    pub fn between(&self, partition: i32, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let end = self.partitions.get(&partition).map_or(0, |offsets| i64::try_from(offsets.len()).unwrap_or(i64::MAX));
        (from.max(0)..to.min(end)).filter(move |offset| self.at(partition, *offset).is_some())
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.partitions.values().map(|offsets| offsets.iter().filter(|id| **id != NOTHING).count() as u64).sum()
    }
}

/// The endpoint's id of a transaction.
fn transaction_id(event: u64, leg: u8) -> Option<i64> {
    let leg = Leg::of_header(leg)?;
    i64::try_from(event).ok()?.checked_mul(2)?.checked_add(leg as i64)
}

fn event_and_leg(id: i64) -> Option<(u64, Leg)> {
    let behind_debit = u64::try_from(id).ok()?.checked_sub(Leg::Debit as u64)?;
    Some((behind_debit / 2, if behind_debit.is_multiple_of(2) { Leg::Debit } else { Leg::Credit }))
}
