//! What an event says, to which topic, under which key, with which headers.

use rdkafka::message::{Header, OwnedHeaders};
use service_kit::fault;
use service_kit::trace::TraceParent;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, Key, Keyed, MoneyTransferConfirmed,
    MoneyTransferFailed, header, partition::murmur2_partition,
};

use super::outputs::{Output, Outputs};
use crate::decide::{Booking, Leg, Refusal};
use crate::ledger::{Answer, Content, Event, Opened, Repeat};

/// The leg of an outcome. Those of changes are 1 for the debit and 2 for the credit.
pub const OUTCOME: i16 = 0;
const DEBIT: i16 = 1;
const CREDIT: i16 = 2;

/// One record to send.
pub struct Publication {
    pub output: Output,
    pub partition: i32,
    pub leg: i16,
    pub key: Key,
    pub value: Vec<u8>,
    pub headers: OwnedHeaders,
}

/// What an answer says: the changes of the balances, the debit first, then the outcome, so that whoever sees the
/// outcome most often has seen the changes. The answer to a repeat is the outcome alone.
pub fn publications(answer: &Answer, trace: TraceParent, outputs: &Outputs) -> Vec<Publication> {
    let shared = shared_headers(&answer.event, trace);
    let mut publications = Vec::with_capacity(3);
    if let Content::Transfer { from, to, amount, description, outcome: Ok(booking) } = &answer.event.content
        && answer.repeat.is_none()
    {
        let sides = [(DEBIT, booking.from, -amount, to), (CREDIT, booking.to, *amount, from)];
        for (leg, side, changed_by, from_to) in sides {
            let Some(side) = side else { continue };
            let changed = BalanceChanged {
                iban: side.iban.to_string(),
                new_balance: side.balance.get(),
                changed_by,
                from_to: from_to.clone(),
                description: description.clone(),
            };
            let value = outputs.encoders.balance_changed.encode(&changed);
            let headers = shared
                .clone()
                .insert(text(header::LEG, &leg.to_string()))
                .insert(text(header::ACCOUNT_SEQ, &side.seq.to_string()));
            publications.push(publication(outputs, Output::BalanceChanged, leg, changed.key(), value, headers));
        }
    }
    publications.push(outcome(answer, shared, outputs));
    publications
}

fn outcome(answer: &Answer, shared: OwnedHeaders, outputs: &Outputs) -> Publication {
    let id = answer.event.id;
    let encoders = &outputs.encoders;
    let mut headers = shared.insert(text(header::COMMAND_HASH, &answer.event.hash.to_string()));
    let (output, key, mut value) = match &answer.event.content {
        Content::Creation(Ok(Opened { iban, token, a_type })) => {
            let record = AccountCreationConfirmed {
                id,
                iban: iban.to_string(),
                token: token.as_str().to_owned(),
                a_type: *a_type,
            };
            (Output::CreationConfirmed, record.key(), encoders.creation_confirmed.encode(&record))
        }
        Content::Creation(Err(refusal)) => {
            let record = AccountCreationFailed { id, reason: reason(*refusal) };
            (Output::CreationFailed, record.key(), encoders.creation_failed.encode(&record))
        }
        Content::Transfer { outcome: Ok(booking), .. } => {
            headers = headers.insert(text(header::LEGS, &legs(booking)));
            let record = MoneyTransferConfirmed { id };
            (Output::TransferConfirmed, record.key(), encoders.transfer_confirmed.encode(&record))
        }
        Content::Transfer { outcome: Err(refusal), .. } => {
            let record = MoneyTransferFailed { id, reason: reason(*refusal) };
            (Output::TransferFailed, record.key(), encoders.transfer_failed.encode(&record))
        }
    };
    match answer.repeat {
        Some(Repeat::Same) => headers = headers.insert(text(header::REPEAT, "1")),
        Some(Repeat::IdReused) => {
            headers = headers.insert(text(header::REPEAT, "1")).insert(text(header::ID_REUSED, "1"));
        }
        None => {}
    }
    if answer.repeat.is_some() && fault::mutant("repeat-answered-differently") {
        value.push(0);
    }
    publication(outputs, output, OUTCOME, key, value, headers)
}

fn publication(
    outputs: &Outputs,
    output: Output,
    leg: i16,
    key: Key,
    value: Vec<u8>,
    headers: OwnedHeaders,
) -> Publication {
    let partition = murmur2_partition(key.as_bytes(), outputs.partitions(output));
    Publication { output, partition, leg, key, value, headers }
}

fn reason(refusal: Refusal) -> String {
    refusal.reason().to_owned()
}

/// `IBAN:account-seq`, comma-separated: the changes that belong to this outcome.
pub fn legs(booking: &Booking) -> String {
    let mut text = String::new();
    for Leg { iban, seq, .. } in [booking.from, booking.to].into_iter().flatten() {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&iban.text());
        text.push(':');
        text.push_str(&seq.to_string());
    }
    text
}

/// The headers of every record of an event. Copying them costs less than making them: an insertion copies name and value.
fn shared_headers(event: &Event, trace: TraceParent) -> OwnedHeaders {
    OwnedHeaders::new_with_capacity(7)
        .insert(text(header::EVENT, &event.number.to_string()))
        .insert(text(header::BOOKED_AT, &event.booked_at_us.to_string()))
        .insert(text(header::TRACEPARENT, &trace.to_string()))
}

const fn text<'a>(key: &'a str, value: &'a str) -> Header<'a, &'a str> {
    Header { key, value: Some(value) }
}
