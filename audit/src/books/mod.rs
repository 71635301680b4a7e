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
mod transfer;

use rustc_hash::FxHashMap;
use topology::{AccountCreationConfirmed, BalanceChanged, CommandId, Iban};

use crate::check::{Check, Tally};
use crate::digest::Digest;
use crate::observation::{Headers, Observation, Observed, Place};

pub(crate) use accounts::{Accounts, Creation};
pub(crate) use chain::{COMPANY_OPENING_CENTS, Chains, DEFAULT_LIMIT_CENTS};
pub(crate) use changes::{Change, Changes, said};
pub(crate) use events::{Events, Kind, place_in_account};
pub(crate) use pairing::{Answer, Content, Pair, Pairing, Verdict};
pub(crate) use transfer::{Leg, Transfer};

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
    legs: Legs,
    /// Confirmed transfers with a side that has the form of an account here and is none, as far as was read.
    strangers: FxHashMap<Iban, Vec<(CommandId, Leg)>>,
    /// The highest (event, leg) of each partition of changes: what is not above it is a repeat.
    highest_change: FxHashMap<i32, (u64, u8)>,
    /// The highest event before the cut; `None` before the cut.
    cut: Option<u64>,
    records: Tally,
    outcomes: Tally,
    created: Tally,
    chained: Tally,
    numbered: Tally,
    sequenced: Tally,
    examples: Examples,
}

impl Books {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(examples: Examples) -> Self {
        let tally = |check| Tally::new(check, examples.0);
        Self {
            creations: Pairing::default(),
            transfers: Pairing::default(),
            accounts: Accounts::default(),
            chains: Chains::default(),
            changes: Changes::default(),
            events: Events::default(),
            unreadable_commands: Vec::new(),
            legs: Legs::default(),
            strangers: FxHashMap::default(),
            highest_change: FxHashMap::default(),
            cut: None,
            records: tally(Check::Records),
            outcomes: tally(Check::Outcomes),
            created: tally(Check::Accounts),
            chained: tally(Check::Chain),
            numbered: tally(Check::Events),
            sequenced: tally(Check::Sequences),
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
        match observation {
            Observation::CreationCommand(command) => {
                let late = self.is_late();
                self.creations.command(command.id, Creation::of(&command), place, late);
            }
            Observation::TransferCommand(command) => {
                let late = self.is_late();
                let whole = self.transfers.command(command.id, Transfer::of(&command), place, late);
                if let Some((transfer, answer)) = whole.and_then(confirmed) {
                    self.expect_legs(command.id, transfer, answer);
                }
            }
            Observation::CreationConfirmed(created) => self.creation_confirmed(&created, headers, value, place),
            Observation::CreationFailed(failed) => {
                let verdict = Verdict::Failed(Digest::of(failed.reason.as_str()));
                self.creation_answered(failed.id, verdict, headers, value, place);
            }
            Observation::TransferConfirmed(confirmed) => {
                self.transfer_answered(confirmed.id, Verdict::Confirmed, headers, value, place);
            }
            Observation::TransferFailed(failed) => {
                let verdict = Verdict::Failed(Digest::of(failed.reason.as_str()));
                self.transfer_answered(failed.id, verdict, headers, value, place);
            }
            Observation::Changed(changed) => self.changed(&changed, headers, place),
            Observation::Unreadable(reason) if place.source.holds_commands() => {
                self.unreadable_commands.push(Unreadable { place, reason, late: self.is_late() });
            }
            Observation::Unreadable(_) => {}
        }
    }

    fn creation_confirmed(
        &mut self,
        created: &AccountCreationConfirmed,
        headers: Headers,
        value: Digest,
        place: Place,
    ) {
        let late = self.is_late();
        if self.creations.is_unanswered(created.id)
            && let Some(iban) = self.accounts.create(created, headers.event, late, &mut self.created)
        {
            for (id, leg) in self.strangers.remove(&iban).unwrap_or_default() {
                if let Some((transfer, answer)) = self.transfers.get(id).and_then(confirmed) {
                    self.expect_leg(id, transfer, answer, leg);
                }
            }
        }
        self.creation_answered(created.id, Verdict::Confirmed, headers, value, place);
    }

    fn creation_answered(&mut self, id: CommandId, verdict: Verdict, headers: Headers, value: Digest, place: Place) {
        let late = self.is_late();
        let is_first = self.creations.is_unanswered(id);
        let answer = Answer::new(value, headers.event, verdict);
        self.creations.answer(id, answer, decided(headers), place, late, &mut self.outcomes);
        if is_first {
            self.events.outcome(headers.event, None, (Kind::Creation, id), place, &mut self.numbered);
        }
    }

    fn transfer_answered(&mut self, id: CommandId, verdict: Verdict, headers: Headers, value: Digest, place: Place) {
        let late = self.is_late();
        let is_first = self.transfers.is_unanswered(id);
        let answer = Answer::new(value, headers.event, verdict);
        let whole = self.transfers.answer(id, answer, decided(headers), place, late, &mut self.outcomes);
        if let Some((transfer, answer)) = whole.and_then(confirmed) {
            self.expect_legs(id, transfer, answer);
        }
        if is_first {
            self.events.outcome(headers.event, headers.legs, (Kind::Transfer, id), place, &mut self.numbered);
        }
    }

    fn expect_legs(&mut self, id: CommandId, transfer: Transfer, answer: Answer) {
        for leg in [Leg::Debit, Leg::Credit] {
            self.expect_leg(id, transfer, answer, leg);
        }
    }

    /// Expects the change of one side, if that is an account here, and remembers it if it may turn out to be one.
    fn expect_leg(&mut self, id: CommandId, transfer: Transfer, answer: Answer, leg: Leg) {
        let Some((_, iban, signature)) = transfer.sides().find(|(side, ..)| *side == leg) else { return };
        match self.accounts.get(iban) {
            Some(account) if account.exists_at(answer.event()) => {
                let Some(pair) = self.transfers.get(id) else { return };
                self.legs.expect(signature, transfer.change(leg), self.is_late(), pair.place());
            }
            Some(_) => {}
            None => self.strangers.entry(iban).or_default().push((id, leg)),
        }
    }

    fn changed(&mut self, changed: &BalanceChanged, headers: Headers, place: Place) {
        let late = self.is_late();
        let Ok(iban) = Iban::parse(&changed.iban) else {
            self.records.fails(|| format!("the change at {place} is of `{}`, which is no account", changed.iban));
            return;
        };
        if let Some(appearance) = headers.event.zip(headers.leg) {
            let highest = self.highest_change.entry(place.partition).or_default();
            if appearance <= *highest {
                self.repeated(iban, changed, headers, place);
                return;
            }
            *highest = appearance;
        } else {
            self.numbered.fails(|| format!("the change at {place} has no event or no leg"));
        }
        self.chains.observe(iban, changed, place, late, &mut self.chained);
        self.chains.follow_sequence(iban, headers, place, &mut self.sequenced);
        self.legs.observe(signature(changed), changed.changed_by, late, place);
        self.changes.add(iban, changed, headers, place);
        if let Some((event, leg)) = headers.event.zip(headers.leg) {
            match Leg::of_header(leg) {
                Some(leg) => {
                    let seq = headers.account_seq.unwrap_or_default();
                    self.events.change(event, leg, iban, seq, changed.new_balance, signature(changed));
                }
                None => self.numbered.fails(|| format!("the change at {place} has the leg {leg}, which is none")),
            }
        }
    }

    /// A publication may be repeated, with the same content.
    fn repeated(&mut self, iban: Iban, changed: &BalanceChanged, headers: Headers, place: Place) {
        let first = headers
            .event
            .and_then(|event| self.events.get(event))
            .and_then(|event| event.leg(Leg::of_header(headers.leg?)?));
        let in_account = place_in_account(iban, headers.account_seq.unwrap_or_default(), changed.new_balance);
        let is_same =
            first.is_some_and(|first| first.signature == signature(changed) && first.in_account == in_account);
        self.sequenced.judge(is_same, || {
            format!(
                "the change at {place} comes late: its event and leg are behind others, and it repeats none of them"
            )
        });
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
        let events = if headers { self.events.open(self.last_event()) } else { 0 };
        let halves = [
            (self.creations.open(), "account creations without command or outcome"),
            (self.transfers.open(), "transfers without command or outcome"),
            (self.legs.open(), "changes of balances without their transfer, or the other way round"),
            (self.chains.strangers(|iban| self.accounts.get(iban).is_some()), "accounts that were not created"),
            (events, "events without their outcome or changes"),
        ];
        halves.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }
}

fn confirmed(pair: &Pair<Transfer>) -> Option<(Transfer, Answer)> {
    let answer = pair.answer.filter(|answer| matches!(answer.verdict, Verdict::Confirmed))?;
    Some((pair.command?, answer))
}

/// By which an outcome says which content it decided, where an id came with several.
fn decided(headers: Headers) -> Option<Digest> {
    headers.command_hash.map(|hash| Digest::of(hash.to_bytes()))
}

impl Content for Transfer {
    fn hash(&self) -> Digest {
        self.hash
    }
}
