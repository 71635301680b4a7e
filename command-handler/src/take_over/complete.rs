//! The last events, of which not every record is in the topics: what they did follows from their commands, the
//! balances before them and the records that are there. No I/O.
//!
//! Each partition holds a beginning of what was to be published to it, in the order of events, and some partitions were
//! further than others when the database was lost. So an event may have its outcome without its changes, a change
//! without its outcome, or nothing at all while later events are there. An event without outcome is given to one of the
//! commands without outcome, such that everything that is published stays true and nothing has to be published to a
//! partition before what is there. What really happened is one such way, so there is one; where several are, nobody
//! can have seen the difference.

use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};
use topology::{Iban, Token, partition::murmur2_partition};

use super::error::Contradiction;
use crate::decide::{Account, Booking, CounterBalances, Leg, Refusal, decide};
use crate::ledger::{Body, Command, Content, Event, Opened};
use crate::relay::{Output, legs};

/// The outcome's place in an event, before its debit (1) and its credit (2).
const OUTCOME: i16 = 0;
/// Tries for each event before it is given up; nearly all succeed at the first.
const STEPS_PER_EVENT: usize = 50;
const STEPS_MIN: usize = 100_000;

/// One of the last events, as far as the topics tell of it.
#[derive(Debug, Clone)]
pub struct TailEvent {
    /// Its number.
    pub number: i64,
    /// Its outcome, and the command that it answers.
    pub outcome: Option<(Command, Verdict)>,
    /// The debit and the credit that are in the topic.
    pub legs: [Option<SeenLeg>; 2],
    /// When it was decided, where a record says so.
    pub booked_at_us: Option<i64>,
}

/// What an outcome in a topic says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// An account was opened.
    Opened(Opened),
    /// The command was refused.
    Refused(Refusal),
    /// Money was moved; by the header `legs`, these accounts' changes.
    Moved(String),
}

/// A change of a balance in the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLeg {
    /// The account after it.
    pub leg: Leg,
    /// Cents, below 0 for a debit.
    pub changed_by: i64,
    /// The other side.
    pub from_to: String,
    /// Free text.
    pub description: String,
}

/// A command without outcome.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// The command.
    pub command: Command,
    /// For an account creation: a number that nobody has, and a token.
    pub drawn: Option<(Iban, Token)>,
    /// The last event that answers a command before it in its partition: it was decided after that.
    pub behind: i64,
    /// The first event that answers a command behind it in its partition: it was most likely decided before that.
    pub before: i64,
}

/// The accounts and counter-accounts between two events.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// By the ten digits.
    pub accounts: FxHashMap<u64, Account>,
    /// The outside.
    pub counters: CounterBalances,
}

/// How far each output partition is: the highest (event, leg) in it.
#[derive(Debug, Clone)]
pub struct Reach(pub [Vec<(i64, i16)>; Output::ALL.len()]);

/// The last events, completed.
#[derive(Debug, Default)]
pub struct Completed {
    /// All of them, ascending.
    pub events: Vec<Event>,
    /// The accounts opened by events that had no outcome, with the event that did.
    pub opened: Vec<(Account, i64)>,
}

/// Completes the last events. `unanswered` holds, for each partition of the command topics, its commands without
/// outcome in their order.
///
/// # Errors
/// The first event that could not be made to fit what the topics hold.
pub fn complete(
    tail: &[TailEvent],
    unanswered: &[Vec<Unanswered>],
    state: State,
    reach: &Reach,
    now_us: i64,
) -> Result<Completed, Contradiction> {
    let mut search = Search {
        tail,
        unanswered,
        reach,
        now_us,
        told: told_sequences(tail),
        state,
        heads: vec![0; unanswered.len()],
        done: Completed::default(),
        undo: Vec::new(),
        choices: Vec::new(),
        changed: 0,
        dead: FxHashSet::default(),
    };
    search.run()?;
    Ok(search.done)
}

/// The sequences that records tell, by account: event and sequence, ascending.
fn told_sequences(tail: &[TailEvent]) -> FxHashMap<u64, Vec<(i64, i64)>> {
    let mut told: FxHashMap<u64, Vec<(i64, i64)>> = FxHashMap::default();
    for event in tail {
        let seen = event.legs.iter().flatten().map(|seen| (seen.leg.iban, seen.leg.seq));
        let in_header = match &event.outcome {
            Some((_, Verdict::Moved(text))) => parse_legs(text),
            _ => Vec::new(),
        };
        for (iban, seq) in in_header.into_iter().chain(seen) {
            let of_account = told.entry(iban.number()).or_default();
            if of_account.last() != Some(&(event.number, seq)) {
                of_account.push((event.number, seq));
            }
        }
    }
    told
}

/// The header `legs`; what is not of its form is left aside, and found when it is compared.
fn parse_legs(text: &str) -> Vec<(Iban, i64)> {
    let leg = |leg: &str| {
        let (iban, seq) = leg.rsplit_once(':')?;
        Some((Iban::parse(iban).ok()?, seq.parse().ok()?))
    };
    text.split(',').filter_map(leg).collect()
}

/// A depth-first search over which command an event without outcome decided. Most orders of the same commands lead to
/// the same balances, so what is left to try behind them is tried once.
struct Search<'a> {
    tail: &'a [TailEvent],
    unanswered: &'a [Vec<Unanswered>],
    reach: &'a Reach,
    now_us: i64,
    told: FxHashMap<u64, Vec<(i64, i64)>>,
    state: State,
    /// The next command of each queue.
    heads: Vec<usize>,
    done: Completed,
    /// Accounts before they were changed, in the order of the changes.
    undo: Vec<(u64, Option<Account>)>,
    choices: Vec<Choice>,
    /// Stands for all balances: the hashes of the accounts, added up; 0 at the beginning.
    changed: u64,
    /// Where no choice leads to the end, each place by its hash.
    dead: FxHashSet<u64>,
}

/// Where the search can go back to.
struct Choice {
    at: usize,
    taken: usize,
    /// Queues that were not tried yet, the best last.
    left: Vec<usize>,
    changes: usize,
    opened: usize,
    counters: CounterBalances,
    changed: u64,
    place: u64,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), Contradiction> {
        let mut farthest = Contradiction { event: 0, what: String::new() };
        let steps = STEPS_MIN + STEPS_PER_EVENT * self.tail.len();
        for _ in 0..steps {
            let at = self.done.events.len();
            let Some(event) = self.tail.get(at) else { return Ok(()) };
            let stuck = if let Some((command, verdict)) = &event.outcome {
                self.follow(event, command, verdict).err()
            } else {
                let options = if self.dead.contains(&self.place()) { Vec::new() } else { self.options(event) };
                (!self.choose(at, options)).then(|| "no command without outcome fits it".to_owned())
            };
            if let Some(what) = stuck {
                if event.number > farthest.event {
                    farthest = Contradiction { event: event.number, what };
                }
                if !self.go_back() {
                    return Err(farthest);
                }
            }
        }
        farthest.what.push_str(", after as many tries as are made");
        Err(farthest)
    }

    /// An event whose outcome is there: what it did is computed, and must be what the topics say.
    fn follow(&mut self, event: &TailEvent, command: &Command, verdict: &Verdict) -> Result<(), String> {
        let content = match (&command.body, verdict) {
            (Body::Creation(_), Verdict::Opened(opened)) => Content::Creation(Ok(*opened)),
            (Body::Creation(_), Verdict::Refused(refusal)) => Content::Creation(Err(*refusal)),
            (Body::Transfer(_), Verdict::Refused(refusal)) => transferred(command, Err(*refusal)),
            (Body::Transfer(_), Verdict::Moved(told)) => {
                let booking = self.decided(command).map_err(|refusal| {
                    format!("it is confirmed, and by the balances before it, it would be refused: {}", refusal.reason())
                })?;
                if legs(&booking) != *told {
                    return Err(format!("its changes are {}, by its outcome {told}", legs(&booking)));
                }
                transferred(command, Ok(booking))
            }
            _ => return Err("its outcome is of another kind than its command".to_owned()),
        };
        if !agrees_with_legs(event, command, &content) {
            return Err("the changes of balances under its number are not its own".to_owned());
        }
        self.apply(event, command, content);
        Ok(())
    }

    /// The queues whose next command this event may have decided, the best last.
    fn options(&self, event: &TailEvent) -> Vec<usize> {
        let mut options: Vec<(i64, usize)> = Vec::new();
        for (queue, &head) in self.heads.iter().enumerate() {
            let Some(next) = self.unanswered[queue].get(head) else { continue };
            if next.behind > event.number {
                continue;
            }
            if let Some(content) = self.possible(event, next) {
                options.push((self.due(event.number, next, &content), queue));
            }
        }
        options.sort_unstable_by(|one, other| other.cmp(one));
        options.into_iter().map(|(_, queue)| queue).collect()
    }

    /// What deciding the command here comes to, if nothing that is published speaks against it.
    fn possible(&self, event: &TailEvent, next: &Unanswered) -> Option<Content> {
        let command = &next.command;
        let is_free = |output, key: &str, leg| self.reach.is_free(output, key, (event.number, leg));
        let id = command.id.to_string();
        let content = match &command.body {
            Body::Creation(a_type) => {
                if is_free(Output::CreationConfirmed, &id, OUTCOME) {
                    let (iban, token) = next.drawn?;
                    Content::Creation(Ok(Opened { iban, token, a_type: *a_type }))
                } else if is_free(Output::CreationFailed, &id, OUTCOME) {
                    Content::Creation(Err(Refusal::IbanExists))
                } else {
                    return None;
                }
            }
            Body::Transfer(_) => {
                let outcome = self.decided(command);
                let output = if outcome.is_ok() { Output::TransferConfirmed } else { Output::TransferFailed };
                if !is_free(output, &id, OUTCOME) {
                    return None;
                }
                for (leg, seen, number) in legs_of(outcome.as_ref().ok(), event) {
                    let Some(leg) = leg else { continue };
                    if seen.is_none() && !is_free(Output::BalanceChanged, &leg.iban.text(), number) {
                        return None;
                    }
                    if !self.leaves_room(event.number, leg) {
                        return None;
                    }
                }
                transferred(command, outcome)
            }
        };
        agrees_with_legs(event, command, &content).then_some(content)
    }

    /// Whether the account's next told sequence is still ahead.
    fn leaves_room(&self, event: i64, leg: Leg) -> bool {
        self.next_told(event, leg.iban).is_none_or(|(_, seq)| leg.seq < seq)
    }

    fn next_told(&self, event: i64, iban: Iban) -> Option<(i64, i64)> {
        let told = self.told.get(&iban.number())?;
        told.get(told.partition_point(|(told, _)| *told <= event)).copied()
    }

    /// By when the command should have had its turn: the next event that counts on it.
    fn due(&self, event: i64, next: &Unanswered, content: &Content) -> i64 {
        let booking = match content {
            Content::Transfer { outcome, .. } => outcome.as_ref().ok(),
            Content::Creation(_) => None,
        };
        let counted_on = booking
            .into_iter()
            .flat_map(|booking| [booking.from, booking.to])
            .flatten()
            .filter_map(|leg| self.next_told(event, leg.iban).map(|(told, _)| told));
        counted_on.fold(next.before, i64::min)
    }

    fn decided(&self, command: &Command) -> Result<Booking, Refusal> {
        let Body::Transfer(transfer) = &command.body else { return Err(Refusal::InvalidAmount) };
        let account = |iban: Option<Iban>| self.state.accounts.get(&iban?.number());
        decide(transfer, account(transfer.from_party.iban()), account(transfer.to_party.iban()), &self.state.counters)
    }

    fn choose(&mut self, at: usize, mut left: Vec<usize>) -> bool {
        let Some(queue) = left.pop() else { return false };
        self.choices.push(Choice {
            at,
            taken: queue,
            left,
            changes: self.undo.len(),
            opened: self.done.opened.len(),
            counters: self.state.counters,
            changed: self.changed,
            place: self.place(),
        });
        let (event, next) = (&self.tail[at], &self.unanswered[queue][self.heads[queue]]);
        let content = self.possible(event, next).expect("it was an option, and nothing changed since");
        self.heads[queue] += 1;
        if let (Content::Creation(Ok(opened)), number) = (&content, event.number) {
            let account = Account::opened(opened.iban, opened.token, opened.a_type);
            self.done.opened.push((account, number));
        }
        self.apply(event, &next.command, content);
        true
    }

    /// Takes back the last choice that leaves another; false where there is none.
    fn go_back(&mut self) -> bool {
        while let Some(choice) = self.choices.pop() {
            for (number, before) in self.undo.drain(choice.changes..).rev() {
                match before {
                    Some(account) => self.state.accounts.insert(number, account),
                    None => self.state.accounts.remove(&number),
                };
            }
            self.state.counters = choice.counters;
            self.done.events.truncate(choice.at);
            self.done.opened.truncate(choice.opened);
            self.heads[choice.taken] -= 1;
            self.changed = choice.changed;
            if self.choose(choice.at, choice.left) {
                return true;
            }
            self.dead.insert(choice.place);
        }
        false
    }

    /// How far the queues are, and the balances.
    fn place(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.heads, self.changed, self.state.counters).hash(&mut hasher);
        hasher.finish()
    }

    fn set(&mut self, account: Account) {
        let number = account.iban.number();
        self.changed = self.changed.wrapping_add(hash_of(&account));
        let before = self.state.accounts.insert(number, account);
        self.changed = self.changed.wrapping_sub(before.as_ref().map_or(0, hash_of));
        self.undo.push((number, before));
    }

    fn apply(&mut self, event: &TailEvent, command: &Command, content: Content) {
        match &content {
            Content::Creation(Ok(opened)) => {
                let account = Account::opened(opened.iban, opened.token, opened.a_type);
                self.set(account);
            }
            Content::Transfer { outcome: Ok(booking), .. } => {
                for leg in [booking.from, booking.to].into_iter().flatten() {
                    if let Some(account) = self.state.accounts.get(&leg.iban.number()) {
                        self.set(Account { balance: leg.balance, seq: leg.seq, ..account.clone() });
                    }
                }
                if let Some(counter) = booking.counter {
                    self.state.counters.set(counter.counter, counter.balance_cents);
                }
            }
            Content::Creation(Err(_)) | Content::Transfer { .. } => {}
        }
        self.done.events.push(Event {
            number: event.number,
            id: command.id,
            hash: command.hash,
            booked_at_us: event.booked_at_us.unwrap_or(self.now_us),
            content,
        });
    }
}

fn hash_of(account: &Account) -> u64 {
    let mut hasher = DefaultHasher::new();
    (account.iban.number(), account.balance.get(), account.seq).hash(&mut hasher);
    hasher.finish()
}

/// Whether the changes that are in the topic under the event's number are those of the content.
fn agrees_with_legs(event: &TailEvent, command: &Command, content: &Content) -> bool {
    let (booking, transfer) = match (content, &command.body) {
        (Content::Transfer { outcome, .. }, Body::Transfer(transfer)) => (outcome.as_ref().ok(), transfer),
        _ => return event.legs.iter().all(Option::is_none),
    };
    legs_of(booking, event).all(|(leg, seen, number)| {
        let Some(seen) = seen else { return true };
        let (changed_by, from_to) =
            if number == 1 { (-transfer.amount, &transfer.to) } else { (transfer.amount, &transfer.from) };
        leg == Some(seen.leg)
            && seen.changed_by == changed_by
            && seen.from_to == *from_to
            && seen.description == transfer.description
    })
}

impl Reach {
    /// Whether a record of this (event, leg) would come behind what is in its partition.
    fn is_free(&self, output: Output, key: &str, position: (i64, i16)) -> bool {
        let highest = &self.0[output as usize];
        let partitions = i32::try_from(highest.len()).unwrap_or(i32::MAX);
        let partition = usize::try_from(murmur2_partition(key.as_bytes(), partitions)).unwrap_or_default();
        highest.get(partition).is_none_or(|highest| position > *highest)
    }
}

fn legs_of<'a>(
    booking: Option<&Booking>,
    event: &'a TailEvent,
) -> impl Iterator<Item = (Option<Leg>, Option<&'a SeenLeg>, i16)> {
    let [debit, credit] = &event.legs;
    let (from, to) = booking.map_or((None, None), |booking| (booking.from, booking.to));
    [(from, debit.as_ref(), 1), (to, credit.as_ref(), 2)].into_iter()
}

fn transferred(command: &Command, outcome: Result<Booking, Refusal>) -> Content {
    match &command.body {
        Body::Transfer(transfer) => Content::Transfer {
            from: transfer.from.clone(),
            to: transfer.to.clone(),
            amount: transfer.amount,
            description: transfer.description.clone(),
            outcome,
        },
        Body::Creation(_) => Content::Creation(Err(Refusal::IbanExists)),
    }
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
