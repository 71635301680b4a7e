//! The contract's distribution, kind by kind.

use super::*;
use crate::accounts::{Accounts, Telling};
use std::collections::HashMap;
use topology::{AccountCreationConfirmed, Iban};

const SEED: Seed = Seed(42);
const TIME: &str = "2026-11-22T14:03:07.042";

fn accounts(count: u64) -> Accounts {
    let mut accounts = Accounts::new(count.max(1));
    for number in 1..=count {
        let created = AccountCreationConfirmed {
            id: CommandId::from_bytes([0; 16]),
            iban: iban(number),
            token: format!("{number:020}"),
            a_type: AccountType::Auto,
        };
        accounts.learn(&created, Telling { event: Some(number), repeat: false });
    }
    accounts
}

fn iban(number: u64) -> String {
    Iban::from_number(number).unwrap().text().to_string()
}

/// The transfers of so many beats.
fn transfers(beats: std::ops::Range<i64>, known: u64) -> Vec<(Kind, ConfirmMoneyTransfer)> {
    let accounts = accounts(known);
    beats
        .filter_map(|beat| match command_of(SEED, beat, accounts.first(known), TIME) {
            Command::Transfer(kind, transfer) => Some((kind, transfer)),
            Command::CreateAccount(_) => None,
        })
        .collect()
}

#[test]
fn the_kind_of_every_number() {
    let mut numbers: HashMap<Kind, Vec<u64>> = HashMap::new();
    for number in 0..Kind::NUMBERS {
        numbers.entry(Kind::of_number(number)).or_default().push(number);
    }
    let expected = [
        (Kind::Salary, 0..=0),
        (Kind::Deposit, 1..=3),
        (Kind::Withdraw, 4..=13),
        (Kind::AhPin, 14..=53),
        (Kind::Transfer, 54..=69),
    ];
    for (kind, range) in expected {
        assert_eq!(numbers.remove(&kind), Some(range.collect()), "{kind:?}");
    }
    assert!(numbers.is_empty());
}

#[test]
fn the_first_twenty_beats_and_every_200th_make_an_account() {
    let beats: Vec<i64> = (0..=1_000).filter(|&beat| makes_account(beat)).collect();
    let expected: Vec<i64> = (0..20).chain([200, 400, 600, 800, 1_000]).collect();
    assert_eq!(beats, expected);
    let accounts = accounts(0);
    let command = command_of(SEED, 200, accounts.first(0), TIME);
    let Command::CreateAccount(create) = command else { panic!("{command:?}") };
    assert_eq!(create.a_type, AccountType::Auto);
}

#[test]
fn kinds_come_as_often_as_the_contract_says() {
    let mut counts: HashMap<Kind, u32> = HashMap::new();
    for (kind, _) in transfers(1..140_700, 50) {
        *counts.entry(kind).or_default() += 1;
    }
    // 139,977 transfers: 1,999.7 for each number below 70, give or take four standard deviations.
    for (kind, numbers, spread) in [
        (Kind::Salary, 1.0, 180.0),
        (Kind::Deposit, 3.0, 306.0),
        (Kind::Withdraw, 10.0, 524.0),
        (Kind::AhPin, 40.0, 741.0),
        (Kind::Transfer, 16.0, 629.0),
    ] {
        let off = (f64::from(counts[&kind]) - numbers * 1_999.7).abs();
        assert!(off < spread, "{kind:?}: {} is off by {off}", counts[&kind]);
    }
}

#[test]
fn each_kind_has_its_parties_token_and_amounts() {
    for (kind, transfer) in transfers(20..20_000, 30) {
        let ConfirmMoneyTransfer { token, amount, from, to, description, .. } = &transfer;
        let number = |text: &str| Iban::parse(text).map_or(0, Iban::number);
        let from_an_account = (1..=30).contains(&number(from)) && *token == format!("{:020}", number(from));
        let to_an_account = (1..=30).contains(&number(to));
        let cash = [2_000, 3_000, 5_000, 10_000, 20_000].contains(amount);
        let (parties, amounts) = match kind {
            Kind::Salary => {
                (*from == iban(0) && *token == "0".repeat(20) && to_an_account, (220_000..270_000).contains(amount))
            }
            Kind::Deposit => (from == "cash" && token == "cash" && to_an_account, cash),
            Kind::Withdraw => (from_an_account && to == "cash", cash),
            Kind::AhPin => (from_an_account && to == "Albert Heijn BV", (1_000..11_000).contains(amount)),
            Kind::Transfer => (from_an_account && to_an_account && from != to, (1_000..11_000).contains(amount)),
        };
        assert!(parties && amounts, "{kind:?} {transfer:?}");
        assert_eq!(*description, format!("{} {TIME}", kind.text()));
    }
}

#[test]
fn cash_comes_in_the_contracts_proportions() {
    let mut counts: HashMap<i64, u32> = HashMap::new();
    for (_, transfer) in transfers(20..200_000, 3).into_iter().filter(|(kind, _)| *kind == Kind::Withdraw) {
        *counts.entry(transfer.amount).or_default() += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    for (amount, eighths) in [(2_000, 3.0), (3_000, 1.0), (5_000, 2.0), (10_000, 1.0), (20_000, 1.0)] {
        let share = f64::from(counts.remove(&amount).unwrap_or_default()) / total;
        assert!((share - eighths / 8.0).abs() < 0.01, "{amount}: {share}");
    }
    assert!(counts.is_empty(), "{counts:?}");
}

#[test]
fn every_account_takes_part_on_every_side() {
    let mut seen: HashMap<(String, &str), u32> = HashMap::new();
    for (kind, transfer) in transfers(20..60_000, 10) {
        if kind == Kind::Transfer {
            *seen.entry((transfer.from, "from")).or_default() += 1;
            *seen.entry((transfer.to, "to")).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), 20);
    assert!(seen.values().all(|&count| (1_200..1_500).contains(&count)), "{seen:?}");
}

#[test]
fn while_none_is_known_the_company_takes_part() {
    for (kind, transfer) in transfers(20..5_000, 0) {
        let from = if kind == Kind::Deposit { "cash".to_owned() } else { iban(0) };
        let to = match kind {
            Kind::Withdraw => "cash".to_owned(),
            Kind::AhPin => "Albert Heijn BV".to_owned(),
            Kind::Salary | Kind::Deposit | Kind::Transfer => iban(0),
        };
        assert_eq!((transfer.from, transfer.to), (from, to), "{kind:?}");
    }
    for (_, transfer) in transfers(20..5_000, 1).into_iter().filter(|(kind, _)| *kind == Kind::Transfer) {
        assert_eq!((transfer.from, transfer.to), (iban(1), iban(0)));
    }
}

#[test]
fn the_same_beat_is_the_same_command_and_ids_rise() {
    let accounts = accounts(7);
    let command = |seed, beat| command_of(Seed(seed), beat, accounts.first(7), TIME);
    let mut ids: Vec<CommandId> = (0..10_000).map(|beat| command(1, beat).id()).collect();
    assert_eq!(command(1, 4_321), command(1, 4_321));
    assert_ne!(command(1, 4_321).id(), command(2, 4_321).id());
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 10_000);
    assert_eq!(ids[5].uuid().get_version_num(), 8);
}

/// A change here means that beats read again after an update become other commands with the same ids.
#[test]
fn commands_are_the_same_for_ever() {
    let accounts = accounts(7);
    let Command::Transfer(_, transfer) = command_of(SEED, 123, accounts.first(7), TIME) else { panic!() };
    let salary = first_salary(CommandId::from_bytes([9; 16]), &iban(3), TIME);
    let Command::Transfer(_, salary) = salary else { panic!() };
    let seen = [transfer, salary].map(|command| {
        let ConfirmMoneyTransfer { id, amount, from, to, .. } = command;
        format!("{id} {amount} {from} {to}")
    });
    assert_eq!(
        seen,
        [
            "00000000-007b-8c7e-bfb8-3aaa3d2e7814 8187 NL71OPEN0000000007 Albert Heijn BV",
            "51529bad-887c-5ae9-8571-ec9d7c1f0dd7 235016 NL66OPEN0000000000 NL82OPEN0000000003",
        ]
    );
}
