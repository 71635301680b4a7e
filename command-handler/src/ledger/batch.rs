use rustc_hash::FxHashMap;
use service_kit::fault;
use topology::{CommandId, Iban, Token};

use super::{AccountCache, Answer, Body, Command, Content, Event, Flush, Kind, Opened, Repeat};
use crate::decide::{Account, CounterBalances, Refusal, Transfer, decide};

/// The events of commands that were decided before, by kind and id; their texts may be missing.
pub type Firsts = FxHashMap<(Kind, CommandId), Event>;

/// Numbers and tokens drawn for the account creations of a batch, by id: those that no account in the database has.
pub type Candidates = FxHashMap<CommandId, Vec<(Iban, Token)>>;

/// What a batch of commands came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// One per command, in their order.
    pub answers: Vec<Answer>,
    /// The accounts that were opened, with the event that did.
    pub opened: Vec<(Account, i64)>,
}

/// The state of the bank in memory: what is committed, and nothing else once a batch is through.
#[derive(Debug)]
pub struct Ledger {
    cache: AccountCache,
    counters: CounterBalances,
    last_event: i64,
    flushed_through: i64,
}

impl Ledger {
    /// The ledger after `last_event`, which the database's balances are exact for.
    #[must_use]
    pub fn new(last_event: i64, counters: CounterBalances, cache_max_accounts: usize) -> Self {
        Self { cache: AccountCache::new(cache_max_accounts), counters, last_event, flushed_through: last_event }
    }

    /// The last event's number; 0 before the first.
    #[must_use]
    pub const fn last_event(&self) -> i64 {
        self.last_event
    }

    /// The accounts held in memory.
    #[must_use]
    pub const fn cache(&self) -> &AccountCache {
        &self.cache
    }

    /// Begins a batch and tells which accounts must be loaded before it can be decided, ascending.
    /// Commands that `firsts` knows need none.
    pub fn missing(&mut self, commands: &[Command], firsts: &Firsts) -> Vec<Iban> {
        self.cache.begin_batch();
        let mut missing = Vec::new();
        for command in commands {
            let Body::Transfer(transfer) = &command.body else { continue };
            if firsts.contains_key(&(Kind::MoneyTransfer, command.id)) {
                continue;
            }
            for party in [transfer.from_party, transfer.to_party] {
                if let Some(iban) = party.iban()
                    && !self.cache.pin(iban)
                {
                    missing.push(iban);
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Makes place in the cache for `accounts` more. False when a flush must come first.
    pub fn make_room(&mut self, accounts: usize) -> bool {
        self.cache.make_room(accounts)
    }

    /// Takes in an account as the database has it.
    pub fn admit(&mut self, account: Account) {
        self.cache.insert(account);
    }

    /// Decides a batch, one command after the other. Every account that it names and that exists must have been
    /// admitted since [`Self::missing`].
    ///
    /// The caller must make the result durable, or drop this ledger.
    pub fn decide(
        &mut self,
        commands: Vec<Command>,
        firsts: &Firsts,
        candidates: &Candidates,
        booked_at_us: i64,
    ) -> Decided {
        let mut decided = Decided { answers: Vec::with_capacity(commands.len()), opened: Vec::new() };
        let mut positions: FxHashMap<(Kind, CommandId), usize> = FxHashMap::default();
        positions.reserve(commands.len());
        for command in commands {
            let key = (command.kind(), command.id);
            let first =
                firsts.get(&key).or_else(|| positions.get(&key).map(|&position| &decided.answers[position].event));
            if let Some(first) = first
                && !fault::mutant("no-dedupe")
            {
                let repeat = if first.hash == command.hash || fault::mutant("hash-ignored") {
                    Repeat::Same
                } else {
                    Repeat::IdReused
                };
                let answer = Answer { event: first.without_texts(), repeat: Some(repeat) };
                decided.answers.push(answer);
                continue;
            }
            positions.insert(key, decided.answers.len());
            self.last_event += 1;
            let content = match command.body {
                Body::Creation(a_type) => {
                    let candidates = candidates.get(&command.id).map_or(&[][..], Vec::as_slice);
                    let opened = self.open(candidates, |iban, token| Account::opened(iban, token, a_type));
                    if let Ok(account) = &opened {
                        decided.opened.push((account.clone(), self.last_event));
                    }
                    Content::Creation(opened.map(|account| Opened {
                        iban: account.iban,
                        token: account.token,
                        a_type: account.a_type,
                    }))
                }
                Body::Transfer(transfer) => self.transfer(transfer),
            };
            let event = Event { number: self.last_event, id: command.id, hash: command.hash, booked_at_us, content };
            decided.answers.push(Answer { event, repeat: None });
        }
        decided
    }

    /// Takes up to `max` accounts whose oldest unflushed event is more than `behind_max_events` back, to be written.
    /// Nothing where none is.
    pub fn flush(&mut self, behind_max_events: i64, max: usize) -> Option<Flush> {
        let before = self.last_event.saturating_add(1).saturating_sub(behind_max_events);
        let taken = self.cache.take_dirty(before, max);
        let flushed_through = self.cache.dirty_since().map_or(self.last_event, |event| event - 1)
            + i64::from(fault::mutant("flushed-through-high"));
        if taken.is_empty() && flushed_through - self.flushed_through <= behind_max_events {
            return None;
        }
        self.flushed_through = flushed_through;
        let mut flush = Flush {
            numbers: Vec::with_capacity(taken.len()),
            balances: Vec::with_capacity(taken.len()),
            seqs: Vec::with_capacity(taken.len()),
            counters: self.counters,
            flushed_through,
        };
        for (number, balance, seq) in taken {
            flush.numbers.push(number);
            flush.balances.push(balance);
            flush.seqs.push(seq);
        }
        Some(flush)
    }

    /// Forgets every account that is clean, so that the next batch reads its accounts from the database.
    pub fn forget(&mut self) {
        self.cache.begin_batch();
        self.cache.forget_clean();
    }

    fn open(
        &mut self,
        candidates: &[(Iban, Token)],
        account: impl FnOnce(Iban, Token) -> Account,
    ) -> Result<Account, Refusal> {
        let &(iban, token) =
            candidates.iter().find(|(iban, _)| self.cache.get(*iban).is_none()).ok_or(Refusal::IbanExists)?;
        let account = account(iban, token);
        self.cache.insert(account.clone());
        Ok(account)
    }

    fn transfer(&mut self, transfer: Transfer) -> Content {
        let from = transfer.from_party.iban().and_then(|iban| self.cache.get(iban));
        let to = transfer.to_party.iban().and_then(|iban| self.cache.get(iban));
        let outcome = decide(&transfer, from, to, &self.counters);
        if let Ok(booking) = &outcome {
            for leg in [booking.from, booking.to].iter().flatten() {
                self.cache.apply(leg, self.last_event);
            }
            if let Some(counter) = booking.counter
                && !fault::mutant("counter-account-skipped")
            {
                self.counters.set(counter.counter, counter.balance_cents);
            }
        }
        let Transfer { from, to, amount, description, .. } = transfer;
        Content::Transfer { from, to, amount, description, outcome }
    }
}
