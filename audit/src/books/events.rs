//! The handler's event numbers: what each of them led to in the topics.

use rustc_hash::FxHashMap;
use topology::{CommandId, Iban};

use super::transfer::{Leg, Signature};
use crate::check::Tally;
use crate::digest::Digest;
use crate::observation::{LegSet, Place};

fn place_in_page(number: u64) -> usize {
    usize::try_from(number % PAGE).expect("a page fits in memory")
}

/// The two kinds of command, numbered as in the handler's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Creation = 1,
    Transfer = 2,
}

/// Everything that bears one event's number.
#[derive(Debug, Default, Clone, Copy)]
pub struct Event {
    /// The command that it answered.
    pub command: Option<(Kind, CommandId)>,
    /// The changes that the outcome names.
    named: LegSet,
    pub debit: Option<LegSeen>,
    pub credit: Option<LegSeen>,
}

/// A change of a balance, in its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegSeen {
    pub signature: Signature,
    /// Of account, sequence and balance, see [`place_in_account`].
    pub in_account: Digest,
    /// Of the change as `IBAN:account-seq`.
    named: LegSet,
}

/// What a change is to its account: which one, its number there, and the balance it left.
pub fn place_in_account(iban: Iban, seq: u64, new_balance: i64) -> Digest {
    Digest::of((iban.number(), seq, new_balance))
}

impl Event {
    pub fn leg(&self, leg: Leg) -> Option<&LegSeen> {
        match leg {
            Leg::Debit => self.debit.as_ref(),
            Leg::Credit => self.credit.as_ref(),
        }
    }

    /// Whether any record bears its number.
    fn is_named(&self) -> bool {
        self.command.is_some() || self.debit.is_some() || self.credit.is_some()
    }

    fn names_its_changes(&self) -> bool {
        let mut seen = LegSet::default();
        for leg in [self.debit, self.credit].into_iter().flatten() {
            seen.merge(leg.named);
        }
        self.named == seen
    }
}

/// Numbers have no gaps, so events are kept in pages: without the room that a hash map keeps free for each of millions, and
/// a wrong number that is far too high costs one page.
const PAGE: u64 = 256;

/// All events that the topics name.
#[derive(Default)]
pub struct Events {
    pages: FxHashMap<u64, Vec<Event>>,
    highest: u64,
}

impl Events {
    /// The first outcome of a command.
    pub fn outcome(
        &mut self,
        event: Option<u64>,
        named: Option<LegSet>,
        command: (Kind, CommandId),
        place: Place,
        tally: &mut Tally,
    ) {
        let Some(number) = event else {
            tally.fails(|| format!("the outcome at {place} has no event number"));
            return;
        };
        let event = self.entry(number);
        if let Some((_, other)) = event.command {
            tally.fails(|| format!("event {number} is the outcome of {other} and of {} ({place})", command.1));
            return;
        }
        event.command = Some(command);
        event.named = named.unwrap_or_default();
    }

    /// The first appearance of a change.
    pub fn change(&mut self, number: u64, leg: Leg, iban: Iban, seq: u64, new_balance: i64, signature: Signature) {
        let mut named = LegSet::default();
        named.add(&format!("{iban}:{seq}"));
        let seen = LegSeen { signature, in_account: place_in_account(iban, seq, new_balance), named };
        let event = self.entry(number);
        match leg {
            Leg::Debit => event.debit = Some(seen),
            Leg::Credit => event.credit = Some(seen),
        }
    }

    fn entry(&mut self, number: u64) -> &mut Event {
        self.highest = self.highest.max(number);
        let page = self.pages.entry(number / PAGE).or_insert_with(|| (0..PAGE).map(|_| Event::default()).collect());
        &mut page[place_in_page(number)]
    }

    /// What is known of an event, if anything.
    pub fn get(&self, number: u64) -> Option<&Event> {
        self.pages.get(&(number / PAGE)).map(|page| &page[place_in_page(number)]).filter(|event| event.is_named())
    }

    /// The events that any record names, in no order.
    fn iter(&self) -> impl Iterator<Item = (u64, &Event)> {
        self.pages.iter().flat_map(|(page, events)| (page * PAGE..).zip(events)).filter(|(_, event)| event.is_named())
    }

    /// The highest number that any record bears.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// How many events up to this one are not there, with their outcome and the changes that it names.
    pub fn open(&self, through: u64) -> usize {
        let whole = |event: &Event| event.command.is_some() && event.names_its_changes();
        self.missing(through, whole)
    }

    fn missing(&self, through: u64, is_there: impl Fn(&Event) -> bool) -> usize {
        let there = self.iter().filter(|(number, event)| (1..=through).contains(number) && is_there(event));
        usize::try_from(through).unwrap_or(usize::MAX).saturating_sub(there.count())
    }

    /// Judges the events up to one: each is there, and its changes are those that the outcome names.
    pub fn finish(&self, through: u64, tally: &mut Tally) {
        let missing = self.missing(through, |event| event.command.is_some());
        if missing > 0 {
            // A single wrong number may make millions of others missing: the first ones tell enough.
            let numbers = (1..=through).filter(|number| self.get(*number).is_none_or(|event| event.command.is_none()));
            let first: Vec<String> = numbers.take(5).map(|number| number.to_string()).collect();
            tally.fails(|| format!("{missing} events have no outcome, the first are {}", first.join(", ")));
        }
        for (number, event) in self.iter().filter(|(number, _)| *number <= through) {
            tally.judge(event.names_its_changes(), || {
                format!("event {number}: the changes that its outcome names are not those that bear its number")
            });
        }
    }
}
