//! Compares the handler's rows with the books that the topics tell. No I/O.

use rustc_hash::{FxHashMap, FxHashSet};
use topology::{AccountType, CommandId, Iban};

use super::{AccountRow, EventRow, PoisonRow};
use crate::books::{
    Answer, Books, COMPANY_OPENING_CENTS, Content as _, DEFAULT_LIMIT_CENTS, Event, Kind, Leg, LegSeen, Reason,
    Verdict, place_in_account, token_of,
};
use crate::check::{Check, Tally};
use crate::digest::Short;
use crate::observation::{Place, Source};
use crate::paged::PagedMap;

/// What the contract gives counter-account `capital` at the start, so that everything sums up to zero.
const CAPITAL: (&str, i128) = ("capital", -(COMPANY_OPENING_CENTS as i128));

/// The comparison under way: events first, in order, then accounts, then poison.
pub struct HandlerTables<'a> {
    books: &'a Books,
    /// The balance and sequence that the events leave each account with.
    last: PagedMap<Iban, (i64, i64)>,
    /// The balances that the events leave the counter-accounts with.
    counters: FxHashMap<String, i128>,
    /// Of all accounts and counter-accounts, by the events.
    sum_cents: i128,
    next_event: i64,
    accounts: usize,
    max_examples: usize,
    ledger: Tally,
    sum: Tally,
    balances: Tally,
    limits: Limits,
}

/// How far a debit may take each account's balance, in euro cents.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Of the accounts whose limit is not the default one.
    others: FxHashMap<Iban, i64>,
}

impl Limits {
    /// The limit of one account.
    #[must_use]
    pub fn of(&self, iban: Iban) -> i64 {
        self.others.get(&iban).copied().unwrap_or(DEFAULT_LIMIT_CENTS)
    }
}

/// How the comparison of the handler's tables went.
pub struct Comparison {
    /// By check.
    pub tallies: Vec<Tally>,
    /// What the tables say of limits.
    pub limits: Limits,
}

impl<'a> HandlerTables<'a> {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(books: &'a Books, max_examples: usize) -> Self {
        let mut last = PagedMap::default();
        last.insert_if_absent(Iban::COMPANY, || (COMPANY_OPENING_CENTS, 0));
        Self {
            books,
            last,
            counters: [(CAPITAL.0.to_owned(), CAPITAL.1)].into_iter().collect(),
            sum_cents: 0,
            next_event: 1,
            accounts: 0,
            max_examples,
            ledger: Tally::new(Check::Ledger, max_examples),
            sum: Tally::new(Check::Sum, max_examples),
            balances: Tally::new(Check::Balances, max_examples),
            limits: Limits::default(),
        }
    }

    /// The next event by its number.
    pub fn event(&mut self, row: &EventRow) {
        let objection = self.objection(row);
        self.next_event = row.event + 1;
        let id = row.id;
        self.add_up(row);
        match objection {
            None => self.ledger.holds(),
            Some(objection) => self.ledger.fails(|| format!("event {} ({id}): {objection}", row.event)),
        }
    }

    /// What came after the cut may be kept already, or not.
    fn judge_poison(&self, poison: &[PoisonRow], name: impl Fn(Source) -> String) -> Tally {
        let mut tally = Tally::new(Check::Poison, self.max_examples);
        let kept: FxHashSet<&PoisonRow> = poison.iter().collect();
        let mut unreadable = FxHashSet::default();
        for command in &self.books.unreadable_commands {
            let row = row_of(command.place, &name);
            tally.judge(command.late || kept.contains(&row), || {
                format!("{} is not kept: {}", command.place, command.reason)
            });
            unreadable.insert(row);
        }
        for row in poison {
            let PoisonRow { topic, partition, offset } = row;
            tally.judge(unreadable.contains(row), || format!("{topic} {partition}@{offset} is kept and can be read"));
        }
        tally
    }

    /// Follows the balances that the rows tell, and judges their sum.
    fn add_up(&mut self, row: &EventRow) {
        if row.kind == Kind::Creation as i16
            && row.refusal.is_none()
            && let Some(iban) = iban_of(row.to_account.as_deref())
        {
            self.last.insert_if_absent(iban, || (0, 0));
        }
        for (account, after) in [(&row.from_account, row.from), (&row.to_account, row.to)] {
            if let (Some(iban), Some((balance, seq))) = (iban_of(account.as_deref()), after) {
                let (place, _) = self.last.insert_if_absent(iban, || (0, 0));
                let Some(last) = self.last.at_mut(place) else { continue };
                self.sum_cents += i128::from(balance) - i128::from(last.0);
                *last = (balance, seq);
            }
        }
        if let Some((name, balance)) = &row.counter {
            // Only a name's first event costs an allocation.
            if !self.counters.contains_key(name) {
                self.counters.insert(name.clone(), 0);
            }
            if let Some(last) = self.counters.get_mut(name) {
                self.sum_cents += balance - std::mem::replace(last, *balance);
            }
        }
        let sum_cents = self.sum_cents;
        self.sum.judge(sum_cents == 0, || {
            format!("after event {} ({}) all balances sum up to {sum_cents} cents", row.event, row.id)
        });
    }

    fn objection(&self, row: &EventRow) -> Option<String> {
        if row.event != self.next_event {
            return Some(format!("comes where {} should be", self.next_event));
        }
        let id = CommandId::from_uuid(row.id);
        let number = u64::try_from(row.event).ok()?;
        let Some(event) = self.books.events.get(number) else {
            return Some("is in no topic".to_owned());
        };
        let Some(OfTopics { hash, answer, made }) = self.of_topics(event, row.kind, id) else {
            return Some("answers another command in the topics".to_owned());
        };
        let (Some(hash), Some(answer)) = (hash, answer) else {
            return Some("has no command in the topics".to_owned());
        };
        if command_hash_of(row) != Some(hash) {
            return Some("was another command by its hash".to_owned());
        }
        if let Some(objection) = outcome_objection(row, &answer, made) {
            return Some(objection);
        }
        if row.kind == Kind::Creation as i16 { None } else { self.transfer_objection(row, event) }
    }

    /// What the topics have of the command that an event answered, if that is the one of this kind and id.
    fn of_topics(&self, event: &Event, kind: i16, id: CommandId) -> Option<OfTopics> {
        let (found, of_topics) = match event.command()? {
            (Kind::Creation, place) if kind == Kind::Creation as i16 => {
                let (found, pair) = self.books.creations.at(place)?;
                (found, OfTopics { hash: pair.command.map(|it| it.hash()), answer: pair.answer(), made: pair.made })
            }
            (Kind::Transfer, place) if kind == Kind::Transfer as i16 => {
                let (found, pair) = self.books.transfers.at(place)?;
                (found, OfTopics { hash: pair.command.map(|it| it.hash()), answer: pair.answer(), made: None })
            }
            _ => return None,
        };
        (found == id).then_some(of_topics)
    }

    fn transfer_objection(&self, row: &EventRow, event: &Event) -> Option<String> {
        let (_, place) = event.command()?;
        let transfer = self.books.transfers.at(place).and_then(|(_, pair)| pair.command)?;
        let (Some(from), Some(to), Some(amount), Some(description)) =
            (&row.from_account, &row.to_account, row.amount, &row.description)
        else {
            return Some("lacks a side, the amount or the description".to_owned());
        };
        if !transfer.says(from, to, amount, description) {
            return Some("has other sides, amount or description than its command".to_owned());
        }
        for (leg, account, after) in [(Leg::Debit, &row.from_account, row.from), (Leg::Credit, &row.to_account, row.to)]
        {
            let expected = match after {
                None => None,
                Some((balance, seq)) => {
                    let Some(iban) = iban_of(account.as_deref()) else {
                        return Some(format!("has a {} of no account", leg.name()));
                    };
                    Some(place_in_account(iban, u64::try_from(seq).unwrap_or_default(), balance))
                }
            };
            if event.leg(leg).map(LegSeen::in_account) != expected {
                return Some(format!("its {} is not the one in the topic", leg.name()));
            }
        }
        None
    }

    /// An account, with its balance at the moment of the last event.
    pub fn account(&mut self, row: &AccountRow) {
        self.accounts += 1;
        let Some(iban) = iban_of(Some(&row.iban)) else {
            self.balances.fails(|| format!("`{}` is no account's IBAN", row.iban));
            return;
        };
        if row.balance_limit != DEFAULT_LIMIT_CENTS {
            self.limits.others.insert(iban, row.balance_limit);
        }
        let last = self.last.get(iban).copied();
        self.balances.judge(last == Some((row.balance, row.seq)), || match last {
            Some((balance, seq)) => format!(
                "{iban} has {} cents after change {}, by its events {balance} after {seq}",
                row.balance, row.seq
            ),
            None => format!("{iban} has no event that created it"),
        });
        let a_type = AccountType::from_ordinal(i64::from(row.a_type));
        let created = self.books.accounts.get(iban).map(|account| account.a_type);
        self.ledger.judge(a_type == created, || format!("{iban} has another type than in the topic, or is not there"));
    }

    /// A counter-account, with its balance at the moment of the last event.
    pub fn counter(&mut self, name: &str, cents: i128) {
        let by_events = self.counters.get(name).copied().unwrap_or_default();
        self.balances.judge(cents == by_events, || format!("{name} has {cents} cents, by the events {by_events}"));
    }

    /// The token of an account, by the ten digits of its number. What the token is, is told nowhere.
    pub fn token(&mut self, number: i64, token: &str) {
        let iban = u64::try_from(number).ok().and_then(|number| Iban::from_number(number).ok());
        let known = iban.and_then(|iban| self.books.accounts.get(iban)).map(|account| account.token);
        self.ledger.judge(known == Some(token_of(token)), || {
            format!("account {number:010} has another token than in the topic")
        });
    }

    /// The last things: the sum of all balances in euro cents, and the commands that could not be read; `name` is how the
    /// handler calls a topic.
    #[must_use]
    pub fn finish(mut self, sum: &str, poison: &[PoisonRow], name: impl Fn(Source) -> String) -> Comparison {
        self.balances
            .judge(sum == "0", || format!("all balances, the outside's too, sum up to {sum} cents and not to 0"));
        let (accounts, last) = (self.accounts, self.last.len());
        self.balances.judge(accounts == last, || format!("{accounts} accounts, by the events there are {last}"));
        let poisoned = self.judge_poison(poison, name);
        Comparison { tallies: vec![self.ledger, self.sum, self.balances, poisoned], limits: self.limits }
    }
}

/// A command, as far as the topics know it.
struct OfTopics {
    hash: Option<Short>,
    answer: Option<Answer>,
    made: Option<Iban>,
}

/// The places of the commands that could not be read before the cut, as the handler should have kept them.
pub fn due_poison(books: &Books, name: impl Fn(Source) -> String) -> Vec<PoisonRow> {
    let due = books.unreadable_commands.iter().filter(|command| !command.late);
    due.map(|command| row_of(command.place, &name)).collect()
}

fn row_of(place: Place, name: impl Fn(Source) -> String) -> PoisonRow {
    PoisonRow { topic: name(place.source), partition: place.partition, offset: place.offset }
}

fn outcome_objection(row: &EventRow, answer: &Answer, made: Option<Iban>) -> Option<String> {
    let (is_same, found) = match (&row.refusal, answer.verdict) {
        (None, Verdict::Confirmed) if row.kind == 1 => (iban_of(row.to_account.as_deref()) == made, "another account"),
        (None, Verdict::Confirmed) => (true, ""),
        (Some(refusal), Verdict::Failed(reason)) => (Reason::of(refusal) == reason, "another reason"),
        (Some(_), Verdict::Confirmed) => (false, "confirmed"),
        (None, Verdict::Failed(_)) => (false, "failed"),
    };
    (!is_same).then(|| format!("its outcome in the topic has {found}"))
}

fn command_hash_of(row: &EventRow) -> Option<Short> {
    let bytes: [u8; 16] = row.command_hash.as_slice().try_into().ok()?;
    Some(Short::of(bytes))
}

fn iban_of(text: Option<&str>) -> Option<Iban> {
    Iban::parse(text?).ok()
}
