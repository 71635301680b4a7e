//! Compares the handler's rows with the books that the topics tell. No I/O.

use rustc_hash::{FxHashMap, FxHashSet};
use topology::{AccountType, CommandId, Iban};

use super::{AccountRow, EventRow, PoisonRow};
use crate::books::{
    Answer, Books, COMPANY_OPENING_CENTS, Content as _, DEFAULT_LIMIT_CENTS, Kind, Leg, Verdict, place_in_account,
};
use crate::check::{Check, Tally};
use crate::digest::Digest;
use crate::observation::{Place, Source};

/// The comparison under way: events first, in order, then accounts, then poison.
pub struct HandlerTables<'a> {
    books: &'a Books,
    /// The balance and sequence that the events leave each account with.
    last: FxHashMap<Iban, (i64, i64)>,
    next_event: i64,
    accounts: usize,
    max_examples: usize,
    ledger: Tally,
    balances: Tally,
    limits: FxHashMap<Iban, i64>,
}

impl<'a> HandlerTables<'a> {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(books: &'a Books, max_examples: usize) -> Self {
        let company = (Iban::COMPANY, (COMPANY_OPENING_CENTS, 0));
        Self {
            books,
            last: [company].into_iter().collect(),
            next_event: 1,
            accounts: 0,
            max_examples,
            ledger: Tally::new(Check::Ledger, max_examples),
            balances: Tally::new(Check::Balances, max_examples),
            limits: FxHashMap::default(),
        }
    }

    /// The next event by its number.
    pub fn event(&mut self, row: &EventRow) {
        let objection = self.objection(row);
        self.next_event = row.event + 1;
        let id = row.id;
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

    fn objection(&mut self, row: &EventRow) -> Option<String> {
        if row.event != self.next_event {
            return Some(format!("comes where {} should be", self.next_event));
        }
        let id = CommandId::from_uuid(row.id);
        let number = u64::try_from(row.event).ok()?;
        let Some(event) = self.books.events.get(number) else {
            return Some("is in no topic".to_owned());
        };
        let answered = match row.kind {
            1 if event.command == Some((Kind::Creation, id)) => {
                let pair = self.books.creations.get(id);
                pair.and_then(|pair| Some((pair.command?.hash(), pair.answer?)))
            }
            2 if event.command == Some((Kind::Transfer, id)) => {
                let pair = self.books.transfers.get(id);
                pair.and_then(|pair| Some((pair.command?.hash(), pair.answer?)))
            }
            _ => return Some("answers another command in the topics".to_owned()),
        };
        let Some((hash, answer)) = answered else {
            return Some("has no command in the topics".to_owned());
        };
        if command_hash_of(row) != Some(hash) {
            return Some("was another command by its hash".to_owned());
        }
        if let Some(objection) = outcome_objection(row, &answer, self.books.accounts.made_by(id)) {
            return Some(objection);
        }
        if row.kind == 1 && row.refusal.is_none() {
            if let Some(iban) = iban_of(row.to_account.as_deref()) {
                self.last.insert(iban, (0, 0));
            }
            return None;
        }
        for (leg, account, after) in [(Leg::Debit, &row.from_account, row.from), (Leg::Credit, &row.to_account, row.to)]
        {
            let expected = match after {
                None => None,
                Some((balance, seq)) => {
                    let Some(iban) = iban_of(account.as_deref()) else {
                        return Some(format!("has a {} of no account", leg.name()));
                    };
                    self.last.insert(iban, (balance, seq));
                    Some(place_in_account(iban, u64::try_from(seq).unwrap_or_default(), balance))
                }
            };
            if event.leg(leg).map(|seen| seen.in_account) != expected {
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
        self.limits.insert(iban, row.balance_limit);
        let last = self.last.get(&iban).copied();
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

    /// The last things: the sum of all balances in euro cents, and the commands that could not be read; `name` is how the
    /// handler calls a topic. Gives how limits, ledger, balances and poison went.
    #[must_use]
    pub fn finish(mut self, sum: &str, poison: &[PoisonRow], name: impl Fn(Source) -> String) -> Vec<Tally> {
        self.balances
            .judge(sum == "0", || format!("all balances, the outside's too, sum up to {sum} cents and not to 0"));
        let (accounts, last) = (self.accounts, self.last.len());
        self.balances.judge(accounts == last, || format!("{accounts} accounts, by the events there are {last}"));
        let poisoned = self.judge_poison(poison, name);
        let mut limits = Tally::new(Check::Limits, self.max_examples);
        let of_table = self.limits;
        self.books.chains.judge_limits(|iban| of_table.get(&iban).copied().unwrap_or(DEFAULT_LIMIT_CENTS), &mut limits);
        vec![limits, self.ledger, self.balances, poisoned]
    }
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
        (Some(refusal), Verdict::Failed(reason)) => (Digest::of(refusal.as_str()) == reason, "another reason"),
        (Some(_), Verdict::Confirmed) => (false, "confirmed"),
        (None, Verdict::Failed(_)) => (false, "failed"),
    };
    (!is_same).then(|| format!("its outcome in the topic has {found}"))
}

fn command_hash_of(row: &EventRow) -> Option<Digest> {
    let bytes: [u8; 16] = row.command_hash.as_slice().try_into().ok()?;
    Some(Digest::of(bytes))
}

fn iban_of(text: Option<&str>) -> Option<Iban> {
    Iban::parse(text?).ok()
}
