//! Each way in which the books of a bank can be wrong, done to a specimen: the check that is there for it must fail.

use audit::Short;
use audit::books::{Books, Examples, WatchSettings};
use audit::check::Check;
use audit::handler_tables::PoisonRow;
use audit::observation::{LegSet, Observation, Observed, Place, Source};
use topology::{AccountType, BalanceChanged, CommandId, Iban, MoneyTransferConfirmed, MoneyTransferFailed};

use crate::bank::{Bank, LIMIT};
use crate::specimen::Specimen;

type Corruption = (&'static str, Check, fn(&mut Specimen));

fn any(_: &Observation) -> bool {
    true
}

fn changed(specimen: &mut Specimen, n: usize) -> &mut BalanceChanged {
    let index = specimen.nth(Source::Changes, n, any);
    match &mut specimen.seen[index].observation {
        Observation::Changed(changed) => changed,
        other => panic!("{other:?}"),
    }
}

fn seen(specimen: &mut Specimen, source: Source, n: usize) -> &mut Observed {
    let index = specimen.nth(source, n, any);
    &mut specimen.seen[index]
}

fn remove(specimen: &mut Specimen, source: Source, n: usize) {
    let index = specimen.nth(source, n, any);
    specimen.seen.remove(index);
}

/// The index of the last change of an account but the company, so that nothing follows from it.
fn last_of_an_account(specimen: &Specimen) -> usize {
    specimen
        .seen
        .iter()
        .rposition(|seen| matches!(&seen.observation, Observation::Changed(it) if it.description == "withdraw"))
        .unwrap()
}

fn of_transfer(description: &'static str) -> impl Fn(&Observation) -> bool {
    move |seen| matches!(seen, Observation::TransferCommand(command) if command.description == description)
}

/// The index of the outcome of the transfer that has this description.
fn outcome_of(specimen: &Specimen, description: &'static str) -> usize {
    let command = specimen.nth(Source::TransferCommands, 0, of_transfer(description));
    let Observation::TransferCommand(command) = &specimen.seen[command].observation else { panic!() };
    let has_id = |seen: &Observed| match &seen.observation {
        Observation::TransferConfirmed(confirmed) => confirmed.id == command.id,
        Observation::TransferFailed(failed) => failed.id == command.id,
        _ => false,
    };
    specimen.seen.iter().position(has_id).unwrap()
}

fn fails_as(specimen: &mut Specimen, description: &'static str, reason: &str) {
    let index = outcome_of(specimen, description);
    let Observation::TransferFailed(failed) = &mut specimen.seen[index].observation else { panic!() };
    failed.reason = reason.to_owned();
}

fn confirmed(specimen: &mut Specimen, description: &'static str) {
    let index = outcome_of(specimen, description);
    let Observation::TransferFailed(failed) = &specimen.seen[index].observation else { panic!() };
    let id = failed.id;
    specimen.seen[index].observation = Observation::TransferConfirmed(MoneyTransferConfirmed { id });
    specimen.seen[index].place.source = Source::TransfersConfirmed;
}

/// Wrong in the topics in a way that needs no header to be seen.
const IN_THE_TOPICS: &[Corruption] = &[
    ("an outcome is not readable", Check::Records, |specimen| {
        seen(specimen, Source::TransfersFailed, 0).observation = Observation::Unreadable("garbage".to_owned());
    }),
    ("a change lies in another partition than its key", Check::Records, |specimen| {
        seen(specimen, Source::Changes, 5).in_its_place = false;
    }),
    ("a change is of no account", Check::Records, |specimen| {
        changed(specimen, 5).iban = "NL00OPEN0000000000".to_owned();
    }),
    ("an outcome is missing", Check::Outcomes, |specimen| remove(specimen, Source::TransfersConfirmed, 3)),
    ("a creation's outcome is missing", Check::Outcomes, |specimen| remove(specimen, Source::CreationsFailed, 0)),
    ("a command is missing", Check::Outcomes, |specimen| remove(specimen, Source::TransferCommands, 3)),
    ("a confirmed transfer also failed", Check::Outcomes, |specimen| {
        let mut other = seen(specimen, Source::TransfersConfirmed, 3).clone();
        let Observation::TransferConfirmed(confirmed) = &other.observation else { panic!() };
        let failed = MoneyTransferFailed { id: confirmed.id, reason: "insufficient funds".to_owned() };
        other.observation = Observation::TransferFailed(failed);
        other.place = Place { source: Source::TransfersFailed, partition: 0, offset: 1_000 };
        specimen.seen.push(other);
    }),
    ("a repeated outcome has other bytes", Check::Outcomes, |specimen| {
        let last = specimen.seen.iter_mut().rfind(|seen| seen.place.source == Source::TransfersConfirmed).unwrap();
        last.value = Short::of("other bytes");
    }),
    ("an outcome answers nothing", Check::Outcomes, |specimen| {
        let id = CommandId::from_bytes([1; 16]);
        seen(specimen, Source::TransfersFailed, 0).observation =
            Observation::TransferFailed(MoneyTransferFailed { id, reason: "insufficient funds".to_owned() });
    }),
    ("two accounts have the same number", Check::Accounts, give_the_number_twice),
    ("an account has the company's number", Check::Accounts, |specimen| {
        created(specimen).iban = Iban::COMPANY.to_string();
    }),
    ("an account has a foreign number", Check::Accounts, |specimen| {
        created(specimen).iban = "NL91ABNA0417164300".to_owned();
    }),
    ("an account's number could be another's", Check::Accounts, |specimen| {
        created(specimen).iban = Iban::from_number(1_234_567_890).unwrap().to_string();
    }),
    ("a token is too short", Check::Accounts, |specimen| created(specimen).token = "123".to_owned()),
    ("an account is of another type than asked for", Check::Accounts, |specimen| {
        created(specimen).a_type = AccountType::Manual;
    }),
    ("a creation failed for no reason", Check::Accounts, |specimen| {
        let Observation::CreationFailed(failed) = &mut seen(specimen, Source::CreationsFailed, 0).observation else {
            panic!()
        };
        failed.reason = "bad luck".to_owned();
    }),
    ("a negative amount is confirmed", Check::Decisions, |specimen| confirmed(specimen, "steal")),
    ("a payment from a shop is confirmed", Check::Decisions, |specimen| confirmed(specimen, "gift")),
    ("a transfer to oneself is confirmed", Check::Decisions, |specimen| confirmed(specimen, "to myself")),
    ("a wrong token is accepted", Check::Decisions, |specimen| confirmed(specimen, "guess")),
    ("a transfer between strangers is confirmed", Check::Decisions, |specimen| confirmed(specimen, "nobody here")),
    ("the right token is refused", Check::Decisions, |specimen| fails_as(specimen, "yacht", "invalid token")),
    ("a wrong token is another reason", Check::Decisions, |specimen| fails_as(specimen, "guess", "insufficient funds")),
    ("a reason is not the contract's", Check::Decisions, |specimen| fails_as(specimen, "yacht", "not in the mood")),
    ("a negative amount is confirmed", Check::Amounts, |specimen| confirmed(specimen, "steal")),
    ("a change is of nothing", Check::Amounts, |specimen| changed(specimen, 7).changed_by = 0),
    ("a balance is a cent too high", Check::Chain, |specimen| changed(specimen, 7).new_balance += 1),
    ("a change is a cent too high", Check::Chain, |specimen| changed(specimen, 7).changed_by += 1),
    ("a change is missing in the middle", Check::Chain, |specimen| remove(specimen, Source::Changes, 7)),
    ("a change is there twice, under a number of its own", Check::Chain, |specimen| {
        let mut twice = specimen.seen[last_of_an_account(specimen)].clone();
        twice.headers.event = Some(10_000);
        twice.place.offset = 1_000;
        specimen.seen.push(twice);
    }),
    ("an account's changes are in two partitions", Check::Chain, |specimen| {
        let last = last_of_an_account(specimen);
        specimen.seen[last].place.partition += 1;
        specimen.seen[last].headers.event = Some(10_000);
    }),
    ("an account that was never created changes", Check::Chain, |specimen| {
        remove(specimen, Source::CreationsConfirmed, 1);
    }),
    ("a confirmed transfer lacks its last leg", Check::Legs, |specimen| {
        let last = last_of_an_account(specimen);
        specimen.seen.remove(last);
    }),
    ("a failed transfer moves money", Check::Legs, |specimen| {
        let mut more = specimen.seen[last_of_an_account(specimen)].clone();
        let Observation::Changed(changed) = &mut more.observation else { panic!() };
        (changed.changed_by, changed.description) = (-5, "guess".to_owned());
        changed.new_balance -= 5;
        more.place.offset = 1_000;
        more.headers.event = Some(10_000);
        specimen.seen.push(more);
    }),
    ("a leg is of another amount", Check::Legs, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        changed.changed_by += 1;
        changed.new_balance += 1;
    }),
    ("a leg names another side", Check::Legs, |specimen| changed(specimen, 7).from_to = "Jumbo".to_owned()),
    ("a leg has another description", Check::Legs, |specimen| changed(specimen, 7).description.push('!')),
    ("money comes from nowhere, and the balance counts it", Check::Money, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        (changed.changed_by, changed.new_balance) = (changed.changed_by + 100, changed.new_balance + 100);
    }),
    ("the last balance of an account is a cent too high", Check::Money, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        changed.new_balance += 1;
    }),
];

fn give_the_number_twice(specimen: &mut Specimen) {
    let first = seen(specimen, Source::CreationsConfirmed, 0).observation.clone();
    let Observation::CreationConfirmed(first) = first else { panic!() };
    created(specimen).iban = first.iban;
}

fn created(specimen: &mut Specimen) -> &mut topology::AccountCreationConfirmed {
    match &mut seen(specimen, Source::CreationsConfirmed, 1).observation {
        Observation::CreationConfirmed(created) => created,
        other => panic!("{other:?}"),
    }
}

/// Wrong by our headers.
const IN_THE_HEADERS: &[Corruption] = &[
    ("a repeated outcome bears another event", Check::Outcomes, |specimen| {
        last_outcome(specimen).headers.event = Some(10_000);
    }),
    ("an outcome is of content that nobody sent", Check::Outcomes, |specimen| {
        seen(specimen, Source::TransfersConfirmed, 3).headers.command_hash = "0".repeat(32).parse().ok();
    }),
    ("a debit gives", Check::Amounts, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        changed.new_balance -= 2 * changed.changed_by;
        changed.changed_by *= -1;
    }),
    ("other content is answered without a mark", Check::Reuse, |specimen| {
        last_outcome(specimen).headers.id_reused = false;
    }),
    ("other content is not answered", Check::Reuse, |specimen| {
        let last = specimen.seen.iter().rposition(|seen| seen.place.source == Source::TransfersConfirmed).unwrap();
        specimen.seen.remove(last);
    }),
    ("a repeat of the same content is marked", Check::Reuse, |specimen| {
        let mut repeat = seen(specimen, Source::TransfersConfirmed, 3).clone();
        repeat.headers.id_reused = true;
        repeat.place.offset = 1_000;
        specimen.seen.push(repeat);
    }),
    ("the first outcome is marked and not the one for other content", Check::Reuse, |specimen| {
        let last = last_outcome(specimen);
        last.headers.id_reused = false;
        let outcome = last.observation.clone();
        specimen.seen.iter_mut().find(|seen| seen.observation == outcome).unwrap().headers.id_reused = true;
    }),
    ("a change says something else than the transfer of its event", Check::Events, |specimen| {
        changed(specimen, 7).description.push('!');
    }),
    ("who has the money is told to have too little", Check::Model, |specimen| {
        let command = specimen.nth(Source::TransferCommands, 0, of_transfer("yacht"));
        let Observation::TransferCommand(yacht) = &mut specimen.seen[command].observation else { panic!() };
        yacht.amount = 5;
    }),
    ("who has too little is told to have the money", Check::Model, |specimen| confirmed(specimen, "yacht")),
    ("two accounts have the same number", Check::Model, give_the_number_twice),
    ("an account's token is another", Check::Model, |specimen| created(specimen).token = "9".repeat(20)),
    ("the last balance of an account is a cent too high", Check::Model, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        changed.new_balance += 1;
    }),
    ("a change of another account bears the event", Check::Model, |specimen| {
        let last = last_of_an_account(specimen);
        let Observation::Changed(changed) = &mut specimen.seen[last].observation else { panic!() };
        changed.iban = Iban::COMPANY.to_string();
    }),
    ("an account is opened before its number is free", Check::Model, |specimen| {
        let event = seen(specimen, Source::CreationsConfirmed, 1).headers.event;
        seen(specimen, Source::CreationsConfirmed, 1).headers.event = event.map(|event| event + 60);
    }),
    ("an event is missing", Check::Events, |specimen| {
        let command = specimen.nth(Source::TransferCommands, 0, of_transfer("guess"));
        let outcome = outcome_of(specimen, "guess");
        specimen.seen.remove(outcome.max(command));
        specimen.seen.remove(outcome.min(command));
    }),
    ("an outcome has no event", Check::Events, |specimen| {
        seen(specimen, Source::TransfersFailed, 0).headers.event = None;
    }),
    ("two outcomes have the same event", Check::Events, |specimen| {
        let event = seen(specimen, Source::TransfersFailed, 0).headers.event;
        seen(specimen, Source::TransfersFailed, 1).headers.event = event;
    }),
    ("a change bears another event's number", Check::Events, |specimen| {
        let last = last_of_an_account(specimen);
        specimen.seen[last].headers.event = Some(10_000);
    }),
    ("a change has no leg", Check::Events, |specimen| seen(specimen, Source::Changes, 7).headers.leg = None),
    ("a change has a third leg", Check::Events, |specimen| seen(specimen, Source::Changes, 7).headers.leg = Some(3)),
    ("an outcome names other changes", Check::Events, |specimen| {
        seen(specimen, Source::TransfersConfirmed, 3).headers.legs = Some(LegSet::parse("NL66OPEN0000000000:1000"));
    }),
    ("an outcome names no changes", Check::Events, |specimen| {
        seen(specimen, Source::TransfersConfirmed, 3).headers.legs = None;
    }),
    ("a sequence has a gap", Check::Sequences, |specimen| {
        let last = last_of_an_account(specimen);
        specimen.seen[last].headers.account_seq = specimen.seen[last].headers.account_seq.map(|seq| seq + 1);
    }),
    ("a change has no sequence", Check::Sequences, |specimen| {
        seen(specimen, Source::Changes, 7).headers.account_seq = None;
    }),
    ("a repeated change says something else", Check::Sequences, |specimen| {
        let last = specimen.seen.iter_mut().rfind(|seen| seen.place.source == Source::Changes).unwrap();
        let Observation::Changed(changed) = &mut last.observation else { panic!() };
        changed.new_balance += 1;
    }),
    ("a change comes behind a later one", Check::Sequences, |specimen| {
        let (first, second) = two_changes_of_a_partition(specimen);
        let headers = specimen.seen[first].headers;
        specimen.seen[first].headers = specimen.seen[second].headers;
        specimen.seen[second].headers = headers;
    }),
];

/// The answer to the reused id.
fn last_outcome(specimen: &mut Specimen) -> &mut Observed {
    specimen.seen.iter_mut().rfind(|seen| seen.place.source == Source::TransfersConfirmed).unwrap()
}

fn two_changes_of_a_partition(specimen: &Specimen) -> (usize, usize) {
    let first = last_of_an_account(specimen);
    let partition = specimen.seen[first].place.partition;
    let mut changes = specimen.seen.iter().enumerate().filter(|(index, seen)| {
        *index < first && seen.place.source == Source::Changes && seen.place.partition == partition
    });
    (changes.next_back().unwrap().0, first)
}

/// Wrong in the handler's tables.
const IN_THE_HANDLERS_TABLES: &[Corruption] = &[
    ("an event is missing", Check::Ledger, |specimen| drop(specimen.events.remove(9))),
    ("an event is not in the topics", Check::Ledger, |specimen| {
        let mut more = specimen.events.last().unwrap().clone();
        more.event += 1;
        specimen.events.push(more);
    }),
    ("an event is of another command", Check::Ledger, |specimen| {
        specimen.events[9].id = CommandId::from_bytes([9; 16]).uuid();
    }),
    ("an event is of another kind", Check::Ledger, |specimen| specimen.events[9].kind = 1),
    ("an event's command was another", Check::Ledger, |specimen| specimen.events[9].command_hash[0] ^= 1),
    ("a confirmed event is refused", Check::Ledger, |specimen| {
        specimen.events[9].refusal = Some("insufficient funds".to_owned());
    }),
    ("a refused event is confirmed", Check::Ledger, |specimen| {
        specimen.events.iter_mut().rfind(|row| row.refusal.is_some()).unwrap().refusal = None;
    }),
    ("an event has another reason", Check::Ledger, |specimen| {
        specimen.events.iter_mut().rfind(|row| row.refusal.is_some()).unwrap().refusal = Some("why not".to_owned());
    }),
    ("an event made another account", Check::Ledger, |specimen| {
        specimen.events[0].to_account = Some(Iban::from_number(5).unwrap().to_string());
    }),
    ("an event left another balance", Check::Ledger, |specimen| {
        let (balance, seq) = specimen.events[9].from.unwrap();
        specimen.events[9].from = Some((balance + 1, seq));
    }),
    ("an event has a leg less", Check::Ledger, |specimen| specimen.events[9].from = None),
    ("an event has a leg more", Check::Ledger, |specimen| {
        let deposit = specimen.events.iter_mut().find(|row| row.from_account.as_deref() == Some("cash")).unwrap();
        deposit.from_account = Some(Iban::COMPANY.to_string());
        deposit.from = Some((1, 1));
    }),
    ("an event has another amount", Check::Ledger, |specimen| specimen.events[9].amount = Some(1)),
    ("an event has another description", Check::Ledger, |specimen| {
        specimen.events[9].description = Some("present".to_owned());
    }),
    ("an event has another side", Check::Ledger, |specimen| specimen.events[9].to_account = Some("Jumbo".to_owned())),
    ("an event has no amount", Check::Ledger, |specimen| specimen.events[9].amount = None),
    ("an event left a counter-account with another balance", Check::Sum, |specimen| {
        let deposit = specimen.events.iter_mut().find(|row| row.counter.is_some()).unwrap();
        deposit.counter.as_mut().unwrap().1 += 1;
    }),
    ("an event is booked against nothing", Check::Sum, |specimen| {
        specimen.events.iter_mut().find(|row| row.counter.is_some()).unwrap().counter = None;
    }),
    ("an event left an account with another balance", Check::Sum, |specimen| {
        let (balance, seq) = specimen.events[9].from.unwrap();
        specimen.events[9].from = Some((balance + 1, seq));
    }),
    ("an account has another token", Check::Ledger, |specimen| specimen.tokens[1].1 = "1".repeat(20)),
    ("an account has another type", Check::Ledger, |specimen| specimen.accounts[1].a_type = 1),
    ("an account has another balance", Check::Balances, |specimen| specimen.accounts[1].balance += 1),
    ("an account has another sequence", Check::Balances, |specimen| specimen.accounts[1].seq += 1),
    ("an account is missing", Check::Balances, |specimen| drop(specimen.accounts.remove(1))),
    ("an account came from nowhere", Check::Balances, |specimen| {
        let mut more = specimen.accounts[1].clone();
        more.iban = Iban::from_number(5).unwrap().to_string();
        specimen.accounts.push(more);
    }),
    ("two counter-accounts have each other's balance", Check::Balances, |specimen| {
        let (one, other) = (specimen.counters[0].1, specimen.counters[1].1);
        assert_ne!(one, other);
        (specimen.counters[0].1, specimen.counters[1].1) = (other, one);
    }),
    ("money was made", Check::Balances, |specimen| specimen.sum = "1".to_owned()),
    ("a limit was passed", Check::Limits, |specimen| specimen.accounts[1].balance_limit = 10_i64.pow(9)),
    ("poison is not kept", Check::Poison, |specimen| specimen.poison.clear()),
    ("poison is kept with another place", Check::Poison, |specimen| specimen.poison[0].offset += 1),
    ("a good command is kept as poison", Check::Poison, |specimen| {
        specimen.poison.push(PoisonRow { topic: "confirm_money_transfer".to_owned(), partition: 0, offset: 0 });
    }),
];

/// Wrong in the endpoint's projection.
const IN_THE_PROJECTION: &[Corruption] = &[
    ("a transaction is missing", Check::Projection, |specimen| drop(specimen.transactions.remove(9))),
    ("the last transaction is missing", Check::Projection, |specimen| drop(specimen.transactions.pop())),
    ("a transaction is there twice", Check::Projection, |specimen| {
        let twice = specimen.transactions[9].clone();
        specimen.transactions.insert(10, twice);
    }),
    ("a transaction has another id", Check::Projection, |specimen| specimen.transactions[9].id += 1),
    ("a transaction is another account's", Check::Projection, |specimen| specimen.transactions[9].account += 1),
    ("a transaction lies elsewhere", Check::Projection, |specimen| specimen.transactions[9].offset += 1),
    ("a transaction has another balance", Check::Projection, |specimen| specimen.transactions[9].new_balance += 1),
    ("a transaction has another amount", Check::Projection, |specimen| specimen.transactions[9].changed_by += 1),
    ("a transaction has another sequence", Check::Projection, |specimen| {
        specimen.transactions[9].account_seq = Some(99);
    }),
    ("a transaction has another side", Check::Projection, |specimen| specimen.transactions[9].from_to.push('!')),
    ("a transaction has another description", Check::Projection, |specimen| specimen.transactions[9].descr.push('!')),
    ("an account is missing", Check::Projection, |specimen| specimen.projected_accounts.truncate(1)),
    ("an account came from nowhere", Check::Projection, |specimen| specimen.projected_accounts.push((5, Some(0)))),
    ("an account has another type", Check::Projection, |specimen| specimen.projected_accounts[1].1 = Some(1)),
    ("the projection is behind", Check::Projection, |specimen| {
        specimen.behind.push("balance_changed 3 is at 5 of 6".to_owned());
    }),
];

#[test]
fn a_sound_bank_passes() {
    let specimen = Specimen::of(&Bank::after_a_day());
    let report = specimen.audit();
    assert_eq!(report.failures().count(), 0, "{report}");
    assert_eq!(report.tallies.len(), 18);
    assert!(report.tallies.iter().all(|tally| tally.checked > 0), "{report}");
}

#[test]
fn a_sound_bank_of_another_implementation_passes() {
    let mut specimen = Specimen::of(&Bank::after_a_day());
    // Without headers nothing tells a repeated change from a second one, and such a bank repeats none.
    let repeated = specimen.seen.iter().rposition(|seen| seen.place.source == Source::Changes).unwrap();
    specimen.seen.remove(repeated);
    let report = specimen.audit_of_topics();
    assert_eq!(report.failures().count(), 0, "{report}");
    assert_eq!(report.tallies.iter().map(|tally| tally.check).collect::<Vec<_>>(), Check::OF_TOPICS);
}

#[test]
fn every_corruption_is_found() {
    let sound = Specimen::of(&Bank::after_a_day());
    let all = [IN_THE_TOPICS, IN_THE_HEADERS, IN_THE_HANDLERS_TABLES, IN_THE_PROJECTION];
    for (what, check, corrupt) in all.into_iter().flatten() {
        let mut specimen = sound.clone();
        corrupt(&mut specimen);
        let report = specimen.audit();
        let tally = report.of(*check).unwrap();
        assert!(tally.failed > 0, "{what}: {} does not notice\n{report}", check.name());
        assert!(!tally.examples.is_empty());
    }
}

#[test]
fn what_is_wrong_in_the_topics_is_found_without_headers_too() {
    let sound = Specimen::of(&Bank::after_a_day());
    for (what, check, corrupt) in IN_THE_TOPICS {
        let mut specimen = sound.clone();
        corrupt(&mut specimen);
        let report = specimen.audit_of_topics();
        assert!(report.of(*check).unwrap().failed > 0, "{what}: {} does not notice\n{report}", check.name());
    }
}

#[test]
fn a_change_that_only_looks_like_a_repeat_is_found_in_the_topics_alone() {
    let mut specimen = Specimen::of(&Bank::after_a_day());
    let report = specimen.audit_of_topics_with_headers();
    assert_eq!(report.failures().count(), 0, "{report}");
    let repeated = specimen.seen.iter().rposition(|seen| seen.place.source == Source::Changes).unwrap();
    let Observation::Changed(changed) = &mut specimen.seen[repeated].observation else { panic!() };
    changed.new_balance += changed.changed_by; // the money was moved once more
    let report = specimen.audit_of_topics_with_headers();
    assert!(report.of(Check::Chain).unwrap().failed > 0, "{report}");
}

#[test]
fn tables_that_are_wrong_are_told_apart() {
    let sound = Specimen::of(&Bank::after_a_day());
    for (what, _, corrupt) in IN_THE_PROJECTION {
        let mut specimen = sound.clone();
        corrupt(&mut specimen);
        let failures: Vec<Check> = specimen.audit().failures().map(|tally| tally.check).collect();
        assert_eq!(failures, [Check::Projection], "{what}");
    }
}

#[test]
fn a_bank_that_lets_customers_owe_too_much_is_found() {
    let mut bank = Bank::new();
    bank.keeps_limits = false;
    let iban = bank.creates(5, AccountType::Auto).to_string();
    let token = format!("{:020}", 12);
    bank.transfers(&token, 50_000, &iban, "Albert Heijn BV", "as far as one can");
    assert_eq!(Specimen::of(&bank).audit().failures().count(), 0);
    bank.transfers(&token, 1, &iban, "Albert Heijn BV", "a cent further");
    let specimen = Specimen::of(&bank);
    for (report, noticed_by) in
        [(specimen.audit(), &[Check::Limits, Check::Model][..]), (specimen.audit_of_topics(), &[Check::Limits])]
    {
        let failures: Vec<Check> = report.failures().map(|tally| tally.check).collect();
        assert_eq!(failures, noticed_by, "{report}");
    }
}

#[test]
fn no_more_failures_are_told_than_asked_for() {
    let mut specimen = Specimen::of(&Bank::after_a_day());
    specimen.seen.retain(|seen| seen.place.source != Source::TransfersConfirmed);
    let mut books = Books::new(Examples(2), WatchSettings::default());
    specimen.seen.into_iter().for_each(|seen| books.observe(seen));
    let outcomes = books.finish(|_| LIMIT).into_iter().find(|tally| tally.check == Check::Outcomes).unwrap();
    assert!(outcomes.failed > 50);
    assert_eq!(outcomes.examples.len(), 2);
}
