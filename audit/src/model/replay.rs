//! Has the model decide all commands again, in the order in which the handler numbered them.

use topology::Iban;

use super::{Account, Model, Order, Outcome};
use crate::books::{Answer, Books, Creation, Event, Kind, Leg, LegSeen, Pair, Transfer, Verdict, place_in_account};
use crate::check::{Check, Tally};
use crate::progress::Progress;

/// Compares the model's outcomes and balances with those of the topics, event by event, up to the last that is judged.
/// `limit` is how far a debit may take an account, in euro cents. Behind the first difference others follow from it.
#[must_use]
pub fn replay(books: &Books, limit: impl Fn(Iban) -> i64, max_examples: usize) -> Tally {
    let mut tally = Tally::new(Check::Model, max_examples);
    let mut model = Model::new(limit(Iban::COMPANY).into());
    let mut progress = Progress::new("events replayed", books.last_event());
    // Numbers that are missing are another check's matter.
    for number in books.events.numbers_through(books.last_event()) {
        progress.step();
        let Some(event) = books.events.get(number) else { continue };
        let Some((kind, place)) = event.command() else { continue };
        let objection = match kind {
            Kind::Creation => {
                let Some((id, pair)) = books.creations.at(place) else { continue };
                open(&mut model, books, pair, &limit).map(|objection| format!("creation {id} {objection}"))
            }
            Kind::Transfer => {
                let Some((id, pair)) = books.transfers.at(place) else { continue };
                transfer(&mut model, event, pair).map(|objection| format!("transfer {id} {objection}"))
            }
        };
        match objection {
            None => tally.holds(),
            Some(objection) => tally.fails(|| format!("event {number}: {objection}")),
        }
    }
    tally
}

/// A created account is taken over as it was drawn.
fn open(model: &mut Model, books: &Books, pair: &Pair<Creation>, limit: &impl Fn(Iban) -> i64) -> Option<String> {
    if pair.answer()?.verdict != Verdict::Confirmed {
        return None;
    }
    let made = pair.made.and_then(|iban| Some((iban, books.accounts.get(iban)?)));
    let Some((iban, account)) = made else { return Some("is confirmed without an account of its own".to_owned()) };
    let is_new = model.open(iban.number(), account.token, limit(iban).into());
    (!is_new).then(|| format!("opens {iban}, which is open already"))
}

fn transfer(model: &mut Model, event: &Event, pair: &Pair<Transfer>) -> Option<String> {
    let (transfer, answer) = (pair.command?, pair.answer()?);
    let (from, to) = (transfer.from.party(), transfer.to.party());
    let order = Order { amount: transfer.amount.into(), token: transfer.token, from, to };
    let outcome = model.transfer(order);
    if let Some(objection) = other_outcome(outcome, answer) {
        return Some(objection);
    }
    let Ok(booked) = outcome else { return None };
    for (leg, party, after) in [(Leg::Debit, from, booked.from), (Leg::Credit, to, booked.to)] {
        let seen = event.leg(leg).map(LegSeen::in_account);
        let expected = after.zip(party.number());
        if seen != expected.and_then(|(account, number)| place_in_account_of(number, account)) {
            let balance = expected.map_or("no change".to_owned(), |(account, _)| {
                format!("{} cents after change {}", account.balance, account.seq)
            });
            return Some(format!("has another {} than the model, which has {balance}", leg.name()));
        }
    }
    None
}

fn place_in_account_of(number: u64, account: Account) -> Option<crate::digest::Short> {
    let (iban, balance) = (Iban::from_number(number).ok()?, i64::try_from(account.balance).ok()?);
    Some(place_in_account(iban, account.seq, balance))
}

fn other_outcome(outcome: Outcome, answer: Answer) -> Option<String> {
    let found = match answer.verdict {
        Verdict::Confirmed => None,
        Verdict::Failed(reason) => Some(reason.words()),
    };
    if outcome.err() == found {
        return None;
    }
    let tell = |words: Option<&str>| words.map_or("confirmed".to_owned(), |words| format!("failed with `{words}`"));
    Some(format!("is {}, by the model {}", tell(found), tell(outcome.err())))
}
