//! Any history, cut anywhere in each partition, is completed without contradicting what is left of it.

use proptest::prelude::*;
use topology::{AccountType, Cents, CommandHash, CommandId, Iban, Token};

use super::*;
use crate::decide::{CounterAccount, Party, Transfer};
use crate::ledger::{Answer, Candidates, Firsts, Kind, Ledger};

const PARTITIONS: i32 = 3;
const OPENING_CENTS: i64 = 200_000;
const ACCOUNTS: u64 = 6;

fn iban(number: u64) -> Iban {
    Iban::from_number(number).unwrap()
}

fn opening() -> State {
    let accounts = (0..ACCOUNTS).map(|number| {
        let mut account = Account::opened(iban(number), Token::COMPANY, AccountType::Auto);
        account.balance = Cents::new(OPENING_CENTS);
        (number, account)
    });
    State { accounts: accounts.collect(), counters: CounterBalances::default() }
}

fn command() -> impl Strategy<Value = Command> {
    let party = prop_oneof![
        // The first account is everybody's other side, as a company's is.
        3 => Just(iban(0).to_string()),
        6 => (0..ACCOUNTS).prop_map(|number| iban(number).to_string()),
        2 => Just("cash".to_owned()),
        1 => Just("a shop".to_owned()),
    ];
    let token = prop_oneof![9 => Just(Token::COMPANY.as_str()), 1 => Just("wrong")];
    let description = prop_oneof![Just(""), Just("one"), Just("other")];
    let transfer = (token, -1..90_000_i64, party.clone(), party, description).prop_map(
        |(token, amount, from, to, description)| {
            Body::Transfer(Transfer {
                token: token.to_owned(),
                amount,
                from_party: Party::of(&from),
                to_party: Party::of(&to),
                from,
                to,
                description: description.to_owned(),
            })
        },
    );
    let body = prop_oneof![1 => Just(Body::Creation(AccountType::Manual)), 12 => transfer];
    (any::<[u8; 16]>(), body).prop_map(|(id, body)| Command {
        id: CommandId::from_bytes(id),
        hash: CommandHash::from_bytes(id),
        body,
    })
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(command(), 1..120).prop_map(|mut commands| {
        for (place, command) in commands.iter_mut().enumerate() {
            let mut id = *command.id.as_bytes();
            id[0] = u8::try_from(place).unwrap();
            (command.id, command.hash) = (CommandId::from_bytes(id), CommandHash::from_bytes(id));
        }
        commands
    })
}

/// What the handler decided, one command after the other.
fn history(commands: &[Command]) -> Vec<Event> {
    let State { accounts, counters } = opening();
    let mut ledger = Ledger::new(0, counters, 1_000);
    for account in accounts.into_values() {
        ledger.admit(account);
    }
    let candidates: Candidates = commands
        .iter()
        .enumerate()
        .filter(|(_, command)| command.kind() == Kind::AccountCreation)
        .map(|(place, command)| (command.id, vec![(iban(100 + place as u64), Token::COMPANY)]))
        .collect();
    let decided = ledger.decide(commands.to_vec(), &Firsts::default(), &candidates, 7);
    decided.answers.into_iter().map(|Answer { event, .. }| event).collect()
}

/// A record: which output, which partition, which (event, leg).
fn records(event: &Event) -> Vec<(Output, usize, (i64, i16))> {
    let partition = |output: Output, key: &str| {
        let partitions =
            if output == Output::CreationConfirmed || output == Output::CreationFailed { 1 } else { PARTITIONS };
        usize::try_from(murmur2_partition(key.as_bytes(), partitions)).unwrap()
    };
    let id = event.id.to_string();
    let mut records = Vec::new();
    if let Content::Transfer { outcome: Ok(booking), .. } = &event.content {
        for (leg, number) in [(booking.from, 1), (booking.to, 2)] {
            let Some(leg) = leg else { continue };
            let output = Output::BalanceChanged;
            records.push((output, partition(output, &leg.iban.text()), (event.number, number)));
        }
    }
    let output = match &event.content {
        Content::Creation(Ok(_)) => Output::CreationConfirmed,
        Content::Creation(Err(_)) => Output::CreationFailed,
        Content::Transfer { outcome: Ok(_), .. } => Output::TransferConfirmed,
        Content::Transfer { outcome: Err(_), .. } => Output::TransferFailed,
    };
    records.push((output, partition(output, &id), (event.number, OUTCOME)));
    records
}

/// What is left of the history where each partition holds `kept` thousandths of its records.
struct Left {
    tail: Vec<TailEvent>,
    unanswered: Vec<Vec<Unanswered>>,
    reach: Reach,
    first: usize,
}

fn cut(commands: &[Command], events: &[Event], kept: &[usize]) -> Left {
    let sizes = [1, 1, 3, 3, 3];
    let mut logs: [Vec<Vec<(i64, i16)>>; 5] = sizes.map(|size| vec![Vec::new(); size]);
    for event in events {
        for (output, partition, position) in records(event) {
            logs[output as usize][partition].push(position);
        }
    }
    let mut kept = kept.iter().cycle();
    for log in logs.iter_mut().flatten() {
        let length = log.len() * kept.next().unwrap() / 1_000;
        log.truncate(length);
    }
    let reach =
        Reach(logs.clone().map(|logs| logs.iter().map(|log| log.last().copied().unwrap_or_default()).collect()));
    let is_left = |(output, partition, position): &(Output, usize, (i64, i16))| {
        logs[*output as usize][*partition].contains(position)
    };
    let last = reach.0.iter().flatten().map(|(event, _)| *event).max().unwrap_or_default();
    let first = events.iter().take_while(|event| records(event).iter().all(is_left)).count();
    let mut unanswered = vec![Vec::new(); 1 + usize::try_from(PARTITIONS).unwrap()];
    let mut answered: Vec<Vec<(usize, Option<i64>)>> = vec![Vec::new(); unanswered.len()];
    let queue = |command: &Command| match command.kind() {
        Kind::AccountCreation => 0,
        Kind::MoneyTransfer => {
            1 + usize::try_from(murmur2_partition(command.id.to_string().as_bytes(), PARTITIONS)).unwrap()
        }
    };
    let outcome_is_left = |event: &Event| records(event).last().is_some_and(is_left);
    for (place, (command, event)) in commands.iter().zip(events).enumerate() {
        answered[queue(command)].push((place, outcome_is_left(event).then_some(event.number)));
    }
    for (queue, answered) in answered.iter().enumerate() {
        for (index, (place, event)) in answered.iter().enumerate() {
            if event.is_none() {
                unanswered[queue].push(Unanswered {
                    command: commands[*place].clone(),
                    drawn: Some((iban(10_000 + *place as u64), Token::COMPANY)),
                    behind: answered[..index].iter().filter_map(|(_, event)| *event).max().unwrap_or_default(),
                    before: answered[index..].iter().filter_map(|(_, event)| *event).min().unwrap_or(i64::MAX),
                });
            }
        }
    }
    let tail = (first..usize::try_from(last).unwrap())
        .map(|index| tail_event(&commands[index], &events[index], &records(&events[index]), is_left))
        .collect();
    Left { tail, unanswered, reach, first }
}

fn tail_event(
    command: &Command,
    event: &Event,
    records: &[(Output, usize, (i64, i16))],
    is_left: impl Fn(&(Output, usize, (i64, i16))) -> bool,
) -> TailEvent {
    let mut left = TailEvent { number: event.number, outcome: None, legs: [None, None], booked_at_us: None };
    for record in records.iter().filter(|record| is_left(record)) {
        left.booked_at_us = Some(event.booked_at_us);
        match (record.2.1, &event.content) {
            (OUTCOME, _) => left.outcome = Some((command.clone(), said(event))),
            (number, Content::Transfer { from, to, amount, description, outcome: Ok(booking) }) => {
                let (leg, changed_by, from_to) =
                    if number == 1 { (booking.from, -amount, to) } else { (booking.to, *amount, from) };
                left.legs[usize::try_from(number).unwrap() - 1] = Some(SeenLeg {
                    leg: leg.unwrap(),
                    changed_by,
                    from_to: from_to.clone(),
                    description: description.clone(),
                });
            }
            _ => {}
        }
    }
    left
}

/// The balances after these events.
fn after(events: &[Event]) -> State {
    let mut state = opening();
    for event in events {
        match &event.content {
            Content::Creation(Ok(opened)) => {
                let account = Account::opened(opened.iban, opened.token, opened.a_type);
                assert!(state.accounts.insert(opened.iban.number(), account).is_none(), "a number is given out twice");
            }
            Content::Transfer { outcome: Ok(booking), .. } => {
                for leg in [booking.from, booking.to].into_iter().flatten() {
                    let account = state.accounts.get_mut(&leg.iban.number()).unwrap();
                    assert_eq!(leg.seq, account.seq + 1, "event {}", event.number);
                    assert!(leg.balance >= account.limit || leg.balance >= account.balance);
                    (account.balance, account.seq) = (leg.balance, leg.seq);
                }
                if let Some(counter) = booking.counter {
                    state.counters.set(counter.counter, counter.balance_cents);
                }
            }
            _ => {}
        }
    }
    state
}

/// What an outcome tells.
fn said(event: &Event) -> Verdict {
    match &event.content {
        Content::Creation(Ok(opened)) => Verdict::Opened(*opened),
        Content::Transfer { outcome: Ok(booking), .. } => Verdict::Moved(legs(booking)),
        Content::Creation(Err(refusal)) | Content::Transfer { outcome: Err(refusal), .. } => Verdict::Refused(*refusal),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_published_stays_true(
        commands in commands(),
        kept in prop::collection::vec(prop_oneof![Just(1_000_usize), 0..1_000_usize, 900..1_000_usize], 11),
    ) {
        let events = history(&commands);
        let left = cut(&commands, &events, &kept);
        let state = after(&events[..left.first]);
        let completed = complete(&left.tail, &left.unanswered, state, &left.reach, 9)
            .map_err(|contradiction| TestCaseError::fail(format!("{contradiction:?}")))?;

        let numbers: Vec<i64> = completed.events.iter().map(|event| event.number).collect();
        let expected: Vec<i64> = left.tail.iter().map(|event| event.number).collect();
        prop_assert_eq!(numbers, expected, "no gap");
        let mut all = events[..left.first].to_vec();
        all.extend(completed.events.iter().cloned());
        let mut ids: Vec<CommandId> = all.iter().map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), all.len(), "each command is decided once");

        let state = after(&all);
        let here: i64 = state.accounts.values().map(|account| account.balance.get()).sum();
        let outside: i128 = CounterAccount::ALL.into_iter().map(|counter| state.counters.get(counter)).sum();
        prop_assert_eq!(i128::from(here) + outside, i128::from(OPENING_CENTS) * i128::from(ACCOUNTS));

        for (event, original) in completed.events.iter().zip(&events[left.first..]) {
            let of_original = records(original);
            let there: Vec<_> =
                of_original.iter().filter(|(output, partition, position)| *position <= left.reach.0[*output as usize][*partition]).collect();
            let here = records(event);
            for record in &there {
                prop_assert!(here.contains(record), "{record:?} is published, and {event:?} has none");
            }
            for record in &here {
                let (output, partition, position) = record;
                let is_behind = *position > left.reach.0[*output as usize][*partition];
                prop_assert!(is_behind || there.contains(&record), "{record:?} would come before what is there");
            }
            let publishes_outcome = there.iter().any(|(_, _, (_, leg))| *leg == OUTCOME);
            if publishes_outcome {
                prop_assert_eq!(event.id, original.id);
                prop_assert_eq!(said(event), said(original));
            }
        }
    }
}

#[test]
fn an_event_that_nothing_fits_is_named() {
    let tail = [TailEvent { number: 5, outcome: None, legs: [None, None], booked_at_us: None }];
    let reach = Reach([1, 1, 3, 3, 3].map(|size| vec![(4, 0); size]));
    let contradiction = complete(&tail, &[Vec::new()], opening(), &reach, 9).unwrap_err();
    assert_eq!((contradiction.event, contradiction.what.as_str()), (5, "no command without outcome fits it"));
}
