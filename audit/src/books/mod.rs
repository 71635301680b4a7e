//! The books as the topics tell them: a fold over what is seen, without any I/O.
//!
//! Topics are read one after another while the bank goes on, so at any moment something is half seen. The cut says when to
//! judge: what was seen before it must become whole, and [`Books::open`] says what does not yet; what was seen after it
//! only serves to make the rest whole.

mod accounts;
mod chain;
mod changes;
mod decisions;
mod events;
mod judge;
mod legs;
mod pairing;
mod reason;
mod transfer;
mod watch;

use rustc_hash::FxHashMap;
use topology::{AccountCreationConfirmed, BalanceChanged, CommandId, Iban};

use crate::check::{Check, Tally};
use crate::digest::Short;
use crate::observation::{Headers, Observation, Observed, Place};

pub(crate) use accounts::{Accounts, Creation};
pub(crate) use chain::{COMPANY_OPENING_CENTS, Chains, DEFAULT_LIMIT_CENTS};
pub(crate) use changes::{Change, Changes};
pub(crate) use events::{Event, Events, Kind, LegSeen, place_in_account};
pub(crate) use pairing::{Answer, Content, Pair, Pairing, Verdict};
pub(crate) use reason::Reason;
pub(crate) use transfer::{Leg, Transfer, signature_of, token_of};
pub use watch::WatchSettings;
pub(crate) use watch::{Watch, Watched};

use legs::Legs;
use transfer::signature;

/// How many failures of one check are told in words.
#[derive(Debug, Clone, Copy)]
pub struct Examples(pub usize);

/// A command that cannot be read.
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    pub(crate) reason: String,
    /// Seen after the cut.
    pub(crate) late: bool,
}

/// All that was seen, and what did not hold at once.
pub struct Books {
    /// The commands to create accounts.
    pub(crate) creations: Pairing<Creation>,
    /// The commands to transfer money.
    pub(crate) transfers: Pairing<Transfer>,
    /// The accounts here.
    pub(crate) accounts: Accounts,
    /// Their balances.
    pub(crate) chains: Chains,
    /// The changes by place.
    pub(crate) changes: Changes,
    /// The handler's events.
    pub(crate) events: Events,
    /// Commands that cannot be read.
    pub(crate) unreadable_commands: Vec<Unreadable>,
    /// The accounts whose whole history is kept.
    pub(crate) watch: Watch,
    legs: Legs,
    /// Confirmed transfers with a side that has the form of an account here and is none, as far as was read.
    strangers: FxHashMap<Iban, Vec<(u32, Leg)>>,
    /// The highest (event, leg) of each partition of changes: what is not above it is a repeat.
    highest_change: FxHashMap<i32, (u64, u8)>,
    /// The highest event before the cut; `None` before the cut.
    cut: Option<u64>,
    records: Tally,
    outcomes: Tally,
    created: Tally,
    amounts: Tally,
    chained: Tally,
    numbered: Tally,
    sequenced: Tally,
    reused: Tally,
    examples: Examples,
}

impl Books {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(examples: Examples, watch: WatchSettings) -> Self {
        let tally = |check| Tally::new(check, examples.0);
        Self {
            creations: Pairing::default(),
            transfers: Pairing::default(),
            accounts: Accounts::default(),
            chains: Chains::default(),
            changes: Changes::default(),
            events: Events::default(),
            unreadable_commands: Vec::new(),
            watch: Watch::new(watch),
            legs: Legs::default(),
            strangers: FxHashMap::default(),
            highest_change: FxHashMap::default(),
            cut: None,
            records: tally(Check::Records),
            outcomes: tally(Check::Outcomes),
            created: tally(Check::Accounts),
            amounts: tally(Check::Amounts),
            chained: tally(Check::Chain),
            numbered: tally(Check::Events),
            sequenced: tally(Check::Sequences),
            reused: tally(Check::Reuse),
            examples,
        }
    }

    /// Enters one record. Those of a partition must come in its order.
    pub fn observe(&mut self, seen: Observed) {
        let Observed { place, in_its_place, headers, value, observation } = seen;
        if !place.source.holds_commands() {
            self.records.judge(
                in_its_place && !matches!(observation, Observation::Unreadable(_)),
                || match &observation {
                    Observation::Unreadable(reason) => format!("{place} cannot be read: {reason}"),
                    _ => format!("{place} does not have the contract's key, or not the partition of its key"),
                },
            );
        }
        let outcome = Outcome { headers, value, place };
        match observation {
            Observation::CreationCommand(command) => {
                let late = self.is_late();
                self.creations.command(command.id, Creation::of(&command), late);
            }
            Observation::TransferCommand(command) => {
                let late = self.is_late();
                let whole = self.transfers.command(command.id, Transfer::of(&command), late);
                self.expect_legs(whole);
            }
            Observation::CreationConfirmed(created) => self.creation_confirmed(&created, &outcome),
            Observation::CreationFailed(failed) => {
                let verdict = Verdict::Failed(Reason::of(&failed.reason));
                self.creation_answered(failed.id, verdict, &outcome);
            }
            Observation::TransferConfirmed(confirmed) => {
                self.transfer_answered(confirmed.id, Verdict::Confirmed, &outcome);
            }
            Observation::TransferFailed(failed) => {
                let verdict = Verdict::Failed(Reason::of(&failed.reason));
                self.transfer_answered(failed.id, verdict, &outcome);
            }
            Observation::Changed(changed) => self.changed(&changed, &headers, place),
            Observation::Unreadable(reason) if place.source.holds_commands() => {
                self.unreadable_commands.push(Unreadable { place, reason, late: self.is_late() });
            }
            Observation::Unreadable(_) => {}
        }
    }

    fn creation_confirmed(&mut self, created: &AccountCreationConfirmed, outcome: &Outcome) {
        let late = self.is_late();
        let is_first = self.creations.is_unanswered(created.id);
        self.creation_answered(created.id, Verdict::Confirmed, outcome);
        if !is_first {
            return;
        }
        if let Some(pair) = self.creations.get_mut(created.id) {
            pair.made = Iban::parse(&created.iban).ok();
        }
        let Some(iban) = self.accounts.create(created, outcome.headers.event, late, &mut self.created) else { return };
        for (transfer, leg) in self.strangers.remove(&iban).unwrap_or_default() {
            self.expect_leg(transfer, leg);
        }
    }

    fn creation_answered(&mut self, id: CommandId, verdict: Verdict, outcome: &Outcome) {
        let late = self.is_late();
        let Outcome { headers, value, place: at } = outcome;
        let is_first = self.creations.is_unanswered(id);
        let answer = Answer::new(*value, headers.event, verdict);
        self.creations.answer(id, answer, headers, *at, late, &mut self.outcomes);
        let Some(place) = self.creations.place_of(id).filter(|_| is_first) else { return };
        self.judge_first_mark(id, outcome);
        self.events.outcome(headers.event, None, (Kind::Creation, id), place, *at, &mut self.numbered);
    }

    fn transfer_answered(&mut self, id: CommandId, verdict: Verdict, outcome: &Outcome) {
        let late = self.is_late();
        let Outcome { headers, value, place: at } = outcome;
        let is_first = self.transfers.is_unanswered(id);
        let answer = Answer::new(*value, headers.event, verdict);
        let whole = self.transfers.answer(id, answer, headers, *at, late, &mut self.outcomes);
        self.expect_legs(whole);
        let Some(place) = self.transfers.place_of(id).filter(|_| is_first) else { return };
        self.judge_first_mark(id, outcome);
        self.events.outcome(headers.event, headers.legs, (Kind::Transfer, id), place, *at, &mut self.numbered);
    }

    /// Whoever sent the first content must know the outcome as its own.
    fn judge_first_mark(&mut self, id: CommandId, outcome: &Outcome) {
        let Outcome { headers, place, .. } = outcome;
        self.reused.judge(!headers.id_reused, || format!("the first outcome of {id}, at {place}, is marked id-reused"));
    }

    /// Expects the changes of a transfer that has become whole, if it is confirmed.
    fn expect_legs(&mut self, transfer: Option<u32>) {
        let Some(place) = transfer else { return };
        let answer = self.transfers.at(place).and_then(|(_, pair)| pair.answer());
        if answer.is_some_and(|answer| answer.verdict == Verdict::Confirmed) {
            self.expect_leg(place, Leg::Debit);
            self.expect_leg(place, Leg::Credit);
        }
    }

    /// Expects the change of one side, if that is an account here, and remembers it if it may turn out to be one.
    fn expect_leg(&mut self, place: u32, leg: Leg) {
        let Some((_, pair)) = self.transfers.at(place) else { return };
        let (Some(transfer), Some(answer)) = (pair.command, pair.answer()) else { return };
        let Some((_, iban, signature)) = transfer.sides().find(|(side, ..)| *side == leg) else { return };
        match self.accounts.get(iban) {
            Some(account) if account.exists_at(answer.event()) => {
                self.legs.expect(signature, transfer.change(leg), self.is_late(), place);
            }
            Some(_) => {}
            None => self.strangers.entry(iban).or_default().push((place, leg)),
        }
    }

    fn changed(&mut self, changed: &BalanceChanged, headers: &Headers, place: Place) {
        let late = self.is_late();
        let Ok(iban) = Iban::parse(&changed.iban) else {
            self.records.fails(|| format!("the change at {place} is of `{}`, which is no account", changed.iban));
            return;
        };
        let signature = signature(iban, changed);
        let seq = headers.account_seq.unwrap_or_default();
        let seen = LegSeen::new(signature, place_in_account(iban, seq, changed.new_balance));
        if let Some(appearance) = headers.event.zip(headers.leg) {
            let highest = self.highest_change.entry(place.partition).or_default();
            if appearance <= *highest {
                self.repeated(seen, headers, place);
                return;
            }
            *highest = appearance;
        } else {
            self.numbered.fails(|| format!("the change at {place} has no event or no leg"));
        }
        let leg = headers.leg.and_then(Leg::of_header);
        let has_its_sign = match leg {
            Some(Leg::Debit) => changed.changed_by < 0,
            Some(Leg::Credit) => changed.changed_by > 0,
            None => changed.changed_by != 0,
        };
        self.amounts.judge(has_its_sign, || format!("the change at {place} of {iban} is {} cents", changed.changed_by));
        let is_first = self.chains.observe(iban, changed, place, late, &mut self.chained);
        self.chains.follow_sequence(iban, headers, place, &mut self.sequenced);
        self.legs.observe(signature, changed.changed_by, late, place);
        let id = self.changes.add(seen, headers, place);
        if !late {
            self.watch.observe(iban, id, seen, is_first);
        }
        match (headers.event, leg) {
            (Some(event), Some(leg)) => self.events.change(event, leg, iban, seq, seen),
            (Some(_), None) if headers.leg.is_some() => {
                self.numbered.fails(|| format!("the change at {place} has a leg that is none"));
            }
            _ => {}
        }
    }

    /// A publication may be repeated, with the same content.
    fn repeated(&mut self, seen: LegSeen, headers: &Headers, place: Place) {
        let first = headers
            .event
            .and_then(|event| self.events.get(event))
            .and_then(|event| event.leg(Leg::of_header(headers.leg?)?));
        let is_repeat = first == Some(seen);
        let what = || {
            format!(
                "the change at {place} comes late: its event and leg are behind others, and it repeats none of them"
            )
        };
        self.sequenced.judge(is_repeat, what);
        // It is in no chain, so that must not look whole: not all audits look at sequences.
        if !is_repeat {
            self.chained.fails(what);
        }
    }

    fn is_late(&self) -> bool {
        self.cut.is_some()
    }

    /// From here on, what is seen is not judged.
    pub fn cut(&mut self) {
        self.cut.get_or_insert(self.events.highest());
    }

    /// The highest event that is judged.
    #[must_use]
    pub fn last_event(&self) -> u64 {
        self.cut.unwrap_or(self.events.highest())
    }

    /// What was seen before the cut and is not whole yet, in words; by event numbers too where `headers` are looked at.
    #[must_use]
    pub fn open(&self, headers: bool) -> Vec<String> {
        let strangers = self.chains.strangers(|iban| self.accounts.get(iban).is_some());
        let mut halves = vec![
            (self.creations.open() as u64, "account creations without command or outcome"),
            (self.transfers.open() as u64, "transfers without command or outcome"),
            (self.legs.open() as u64, "changes of balances without their transfer, or the other way round"),
            (strangers as u64, "accounts that were not created"),
        ];
        if headers {
            let reused = self.creations.open_reused() + self.transfers.open_reused();
            halves.push((self.events.open(self.last_event()), "events without their outcome or changes"));
            halves.push((reused as u64, "ids with other content that was not answered with a mark"));
        }
        halves.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }
}

/// An outcome's record, besides what it says.
struct Outcome {
    headers: Headers,
    value: Short,
    place: Place,
}
