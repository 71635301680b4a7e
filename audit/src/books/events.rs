//! The handler's event numbers: what each of them led to in the topics.

use std::num::NonZeroU32;

use rustc_hash::FxHashMap;
use topology::{CommandId, Iban};

use super::transfer::{Leg, Signature};
use crate::check::Tally;
use crate::digest::Short;
use crate::observation::{LegSet, Place};

/// The two kinds of command, numbered as in the handler's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Creation = 1,
    Transfer = 2,
}

/// Everything that bears one event's number, in 28 bytes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Event {
    /// The command that it answered: its kind, and its place among those plus one.
    command: Option<(Kind, NonZeroU32)>,
    /// The changes that the outcome names, less those that were seen.
    unseen: LegSet,
    debit: Option<LegSeen>,
    credit: Option<LegSeen>,
}

/// A change of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegSeen {
    signature: Short,
    in_account: Short,
}

impl LegSeen {
    pub fn new(signature: Signature, in_account: Short) -> Self {
        Self { signature: signature.short(), in_account }
    }

    /// Of what it says besides the balance.
    pub fn signature(self) -> Short {
        self.signature
    }

    /// Of account, sequence and balance, see [`place_in_account`].
    pub fn in_account(self) -> Short {
        self.in_account
    }
}

/// What a change is to its account: which one, its number there, and the balance it left.
pub fn place_in_account(iban: Iban, seq: u64, new_balance: i64) -> Short {
    Short::of((iban.number(), seq, new_balance))
}

impl Event {
    /// The command that it answered: its kind, and its place among those.
    pub fn command(&self) -> Option<(Kind, u32)> {
        self.command.map(|(kind, place)| (kind, place.get() - 1))
    }

    pub fn leg(&self, leg: Leg) -> Option<LegSeen> {
        match leg {
            Leg::Debit => self.debit,
            Leg::Credit => self.credit,
        }
    }

    /// Whether any record bears its number.
    fn is_named(&self) -> bool {
        self.command.is_some() || self.debit.is_some() || self.credit.is_some()
    }

    fn names_its_changes(&self) -> bool {
        self.unseen == LegSet::default()
    }

    fn is_whole(&self) -> bool {
        self.command.is_some() && self.names_its_changes()
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
    /// The first outcome of a command; `place` is that of the command among those of its kind.
    pub fn outcome(
        &mut self,
        number: Option<u64>,
        named: Option<LegSet>,
        command: (Kind, CommandId),
        place: u32,
        at: Place,
        tally: &mut Tally,
    ) {
        let (kind, id) = command;
        let Some(number) = number else {
            tally.fails(|| format!("the outcome at {at} has no event number"));
            return;
        };
        let event = self.entry(number);
        if event.command.is_some() {
            tally.fails(|| format!("event {number} is the outcome of {id} ({at}) and of another command"));
            return;
        }
        event.command = NonZeroU32::new(place + 1).map(|place| (kind, place));
        event.unseen.merge(named.unwrap_or_default());
    }

    /// The first appearance of a change.
    pub fn change(&mut self, number: u64, leg: Leg, iban: Iban, seq: u64, seen: LegSeen) {
        let mut named = LegSet::default();
        named.add(&format!("{iban}:{seq}"));
        let event = self.entry(number);
        event.unseen.take_away(named);
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

    /// The numbers up to one that any record may bear, in order: a number that is far too high brings no others with it.
    pub fn numbers_through(&self, through: u64) -> impl Iterator<Item = u64> {
        let mut pages: Vec<u64> = self.pages.keys().copied().collect();
        pages.sort_unstable();
        pages.into_iter().flat_map(|page| page * PAGE..(page + 1) * PAGE).filter(move |number| *number <= through)
    }

    /// The highest number that any record bears.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// How many events up to this one are not there, with their outcome and the changes that it names.
    pub fn open(&self, through: u64) -> u64 {
        self.missing(through, Event::is_whole)
    }

    fn missing(&self, through: u64, is_there: impl Fn(&Event) -> bool) -> u64 {
        let there = self.iter().filter(|(number, event)| (1..=through).contains(number) && is_there(event));
        through.saturating_sub(there.count() as u64)
    }

    /// The first numbers up to one of which something is not there.
    pub fn first_open(&self, through: u64) -> Vec<String> {
        self.first_without(through, Event::is_whole)
    }

    /// A single wrong number may make millions of others missing: the first ones tell enough.
    fn first_without(&self, through: u64, is_there: impl Fn(&Event) -> bool) -> Vec<String> {
        let numbers = (1..=through).filter(|number| !self.get(*number).is_some_and(&is_there));
        numbers.take(5).map(|number| number.to_string()).collect()
    }

    /// Judges the events up to one: each is there, and its changes are those that the outcome names.
    pub fn finish(&self, through: u64, tally: &mut Tally) {
        let has_outcome = |event: &Event| event.command.is_some();
        let missing = self.missing(through, has_outcome);
        if missing > 0 {
            tally.fails(|| {
                let first = self.first_without(through, has_outcome).join(", ");
                format!("{missing} events have no outcome, the first are {first}")
            });
        }
        for (number, event) in self.iter().filter(|(number, _)| *number <= through) {
            tally.judge(event.names_its_changes(), || {
                format!("event {number}: the changes that its outcome names are not those that bear its number")
            });
        }
    }
}

fn place_in_page(number: u64) -> usize {
    usize::try_from(number % PAGE).expect("a page fits in memory")
}
