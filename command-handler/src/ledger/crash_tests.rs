//! Any batching of any commands, with repeats, any flushing and a crash at any point, gives the same events and
//! balances as one command at a time.

use std::collections::BTreeMap;

use proptest::prelude::*;
use topology::{AccountType, Cents, CommandHash, CommandId, Iban, Token};

use super::{Answer, Body, Candidates, Command, Content, Event, Firsts, Kind, Ledger, Opened, Repeat};
use crate::decide::{Account, CounterBalances, Party, Transfer};

/// Small, so that accounts leave and come back; at least what one batch needs.
const CACHE_MAX_ACCOUNTS: usize = 24;
const BATCH_MAX: usize = 8;

/// What the database holds.
#[derive(Default)]
struct Tables {
    events: Vec<Event>,
    /// The snapshot, by number.
    accounts: BTreeMap<u64, Account>,
    counters: CounterBalances,
    flushed_through: i64,
}

impl Tables {
    fn new() -> Self {
        let mut company = Account::opened(Iban::COMPANY, Token::COMPANY, AccountType::Auto);
        company.balance = Cents::new(1_000);
        Self { accounts: BTreeMap::from([(0, company)]), ..Self::default() }
    }

    /// What a start does: sets balances to what the events behind the snapshot say.
    fn start(&mut self) -> Ledger {
        for event in &self.events {
            if let Content::Transfer { outcome: Ok(booking), .. } = &event.content
                && event.number > self.flushed_through
            {
                for leg in [booking.from, booking.to].into_iter().flatten() {
                    let account = self.accounts.get_mut(&leg.iban.number()).unwrap();
                    (account.balance, account.seq) = (leg.balance, leg.seq);
                }
                if let Some(counter) = booking.counter {
                    self.counters.set(counter.counter, counter.balance_cents);
                }
            }
        }
        let last_event = self.events.last().map_or(0, |event| event.number);
        self.flushed_through = last_event;
        Ledger::new(last_event, self.counters, CACHE_MAX_ACCOUNTS)
    }

    fn firsts(&self, commands: &[Command]) -> Firsts {
        let key = |event: &Event| (event.kind(), event.id);
        let asked = |event: &&Event| commands.iter().any(|command| (command.kind(), command.id) == key(event));
        self.events.iter().filter(asked).map(|event| (key(event), event.clone())).collect()
    }

    fn flush(&mut self, flush: super::Flush) {
        for ((number, balance), seq) in flush.numbers.iter().zip(flush.balances).zip(flush.seqs) {
            let account = self.accounts.get_mut(&u64::try_from(*number).unwrap()).unwrap();
            (account.balance, account.seq) = (Cents::new(balance), seq);
        }
        self.counters = flush.counters;
        self.flushed_through = flush.flushed_through;
    }
}

/// Where a handler dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    Never,
    BeforeCommit,
    AfterCommit,
}

/// How one batch goes.
#[derive(Debug, Clone)]
struct Step {
    commands: usize,
    crash: Crash,
    flush_behind: i64,
    flush_max: usize,
}

/// Decides all commands in these steps, over and over, and gives the tables and each command's answers.
fn run(commands: &[Command], steps: &[Step]) -> (Tables, Vec<Vec<Answer>>) {
    let mut tables = Tables::new();
    let mut ledger = tables.start();
    let mut answers = vec![Vec::new(); commands.len()];
    let mut place = 0;
    for step in steps.iter().cycle() {
        if place == commands.len() {
            break;
        }
        let end = commands.len().min(place + step.commands);
        let batch = commands[place..end].to_vec();
        let firsts = tables.firsts(&batch);
        let candidates = candidates(&batch, &tables);
        let missing = ledger.missing(&batch, &firsts);
        if !ledger.make_room(missing.len() + candidates.len()) {
            tables.flush(ledger.flush(0, usize::MAX).unwrap());
            assert!(ledger.make_room(missing.len() + candidates.len()));
        }
        for iban in missing {
            if let Some(account) = tables.accounts.get(&iban.number()) {
                ledger.admit(account.clone());
            }
        }
        let decided = ledger.decide(batch, &firsts, &candidates, 0);
        let flush = ledger.flush(step.flush_behind, step.flush_max);
        if step.crash == Crash::BeforeCommit {
            ledger = tables.start();
            // A handler that dies on every batch gets nowhere, and proves nothing.
            if steps.iter().all(|step| step.crash == Crash::BeforeCommit) {
                break;
            }
            continue;
        }
        let new = decided.answers.iter().filter(|answer| answer.repeat.is_none());
        tables.events.extend(new.map(|answer| answer.event.clone()));
        tables.accounts.extend(decided.opened.into_iter().map(|(account, _)| (account.iban.number(), account)));
        if let Some(flush) = flush {
            tables.flush(flush);
        }
        for (answer, answers) in decided.answers.into_iter().zip(&mut answers[place..end]) {
            answers.push(answer);
        }
        if step.crash == Crash::AfterCommit {
            ledger = tables.start();
            // Nothing was noted in Kafka, so that the same commands come once more, this time as repeats.
            let again = tables.firsts(&commands[place..end]);
            let decided = ledger.decide(commands[place..end].to_vec(), &again, &Candidates::default(), 0);
            assert!(decided.answers.iter().all(|answer| answer.repeat.is_some()));
            for (answer, answers) in decided.answers.into_iter().zip(&mut answers[place..end]) {
                answers.push(answer);
            }
        }
        place = end;
    }
    tables.start();
    (tables, answers)
}

/// Two numbers per id of which the first is often taken.
fn candidates(batch: &[Command], tables: &Tables) -> Candidates {
    let creations = batch.iter().filter(|command| command.kind() == Kind::AccountCreation);
    creations
        .map(|command| {
            let id = u64::from(command.id.as_bytes()[0]);
            let drawn = [1 + id % 3, 10 + id].map(|number| (Iban::from_number(number).unwrap(), Token::COMPANY));
            (command.id, drawn.into_iter().filter(|(iban, _)| !tables.accounts.contains_key(&iban.number())).collect())
        })
        .collect()
}

fn command() -> impl Strategy<Value = Command> {
    let party = prop_oneof![
        6 => (0..20_u64).prop_map(|number| Iban::from_number(number).unwrap().to_string()),
        1 => Just("cash".to_owned()),
        1 => Just("a shop".to_owned()),
    ];
    let token = prop_oneof![9 => Just(Token::COMPANY.as_str()), 1 => Just("wrong")];
    let transfer = (token, -1..60_000_i64, party.clone(), party).prop_map(|(token, amount, from, to)| {
        Body::Transfer(Transfer {
            token: token.to_owned(),
            amount,
            from_party: Party::of(&from),
            to_party: Party::of(&to),
            from,
            to,
            description: String::new(),
        })
    });
    let body = prop_oneof![1 => Just(Body::Creation(AccountType::Auto)), 3 => transfer];
    // Few ids, so that many come again, some with other content.
    (0..40_u8, 0..2_u8, body).prop_map(|(id, hash, body)| Command {
        id: CommandId::from_bytes([id; 16]),
        hash: CommandHash::from_bytes([hash; 16]),
        body,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let crash = prop_oneof![4 => Just(Crash::Never), 1 => Just(Crash::BeforeCommit), 1 => Just(Crash::AfterCommit)];
    (1..=BATCH_MAX, crash, 0..30_i64, 0..10_usize).prop_map(|(commands, crash, flush_behind, flush_max)| Step {
        commands,
        crash,
        flush_behind,
        flush_max,
    })
}

const ONE_BY_ONE: [Step; 1] = [Step { commands: 1, crash: Crash::Never, flush_behind: 0, flush_max: usize::MAX }];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn batches_and_crashes_change_nothing(
        commands in prop::collection::vec(command(), 1..150),
        steps in prop::collection::vec(step(), 1..12)
            .prop_filter("some step commits", |steps| steps.iter().any(|step| step.crash != Crash::BeforeCommit)),
    ) {
        let (expected, outcomes) = run(&commands, &ONE_BY_ONE);
        let (tables, answers) = run(&commands, &steps);
        prop_assert_eq!(&tables.events, &expected.events);
        prop_assert_eq!(&tables.accounts, &expected.accounts);
        prop_assert_eq!(tables.counters, expected.counters);
        for (answers, outcomes) in answers.iter().zip(&outcomes) {
            prop_assert!(!answers.is_empty());
            for answer in answers {
                prop_assert_eq!(answer.event.without_texts(), outcomes[0].event.without_texts());
                prop_assert_eq!(answer.repeat == Some(Repeat::IdReused), outcomes[0].repeat == Some(Repeat::IdReused));
            }
        }
    }

    #[test]
    fn money_is_neither_made_nor_lost(commands in prop::collection::vec(command(), 1..150)) {
        let (tables, _) = run(&commands, &ONE_BY_ONE);
        let accounts: i128 = tables.accounts.values().map(|account| i128::from(account.balance.get())).sum();
        let outside: i128 =
            crate::decide::CounterAccount::ALL.into_iter().map(|counter| tables.counters.get(counter)).sum();
        prop_assert_eq!(accounts + outside, 1_000);
        prop_assert!(tables.accounts.values().all(|account| account.balance >= account.limit));
    }
}

#[test]
fn numbers_are_drawn_again_and_then_refused() {
    let creation = |id: u8| Command {
        id: CommandId::from_bytes([id; 16]),
        hash: CommandHash::from_bytes([0; 16]),
        body: Body::Creation(AccountType::Manual),
    };
    // All want number 1, and the last finds its second choice taken, too.
    let mut ledger = Tables::new().start();
    let iban = |number| Iban::from_number(number).unwrap();
    let drawn = |numbers: &[u64]| numbers.iter().map(|&number| (iban(number), Token::COMPANY)).collect::<Vec<_>>();
    let candidates = Candidates::from_iter([
        (creation(0).id, drawn(&[1, 10])),
        (creation(3).id, drawn(&[1, 13])),
        (creation(6).id, drawn(&[1, 13])),
    ]);
    let batch = [creation(0), creation(3), creation(6)].to_vec();
    ledger.missing(&batch, &Firsts::default());
    let decided = ledger.decide(batch, &Firsts::default(), &candidates, 0);
    let opened: Vec<_> = decided
        .answers
        .iter()
        .map(|answer| match &answer.event.content {
            Content::Creation(Ok(Opened { iban, .. })) => Some(iban.number()),
            _ => None,
        })
        .collect();
    assert_eq!(opened, [Some(1), Some(13), None]);
}
