//! Event rows in Postgres' binary COPY format, written by hand: it is the hot path of the database's side.

use bytes::{BufMut, BytesMut};

use super::{numeric, text};
use crate::decide::{Booking, Leg, Refusal};
use crate::ledger::{Content, Event};

/// The statement whose data [`header`], [`row`] and [`trailer`] make, for a table with the columns of `event`.
pub fn copy_events(table: &str) -> String {
    format!(
        "COPY {table} (event, kind, id, command_hash, booked_at, refusal, from_account, to_account, amount, description, \
         from_balance, from_seq, to_balance, to_seq, counter_account, counter_balance) FROM STDIN (FORMAT binary)"
    )
}

const COLUMNS: i16 = 16;
const NULL: i32 = -1;

/// Appends what comes before the first row.
pub fn header(out: &mut BytesMut) {
    out.put_slice(b"PGCOPY\n\xff\r\n\0");
    out.put_i32(0); // no flags
    out.put_i32(0); // no extension
}

/// Appends what comes after the last row.
pub fn trailer(out: &mut BytesMut) {
    out.put_i16(-1);
}

/// Appends the row of an event.
pub fn row(event: &Event, out: &mut BytesMut) {
    out.put_i16(COLUMNS);
    put_i64(event.number, out);
    out.put_i32(2);
    out.put_i16(event.kind().number());
    put_bytes(event.id.as_bytes(), out);
    put_bytes(&event.hash.to_bytes(), out);
    put_i64(event.booked_at_us, out);
    put_option(event.refusal().map(Refusal::reason), out, |reason, out| put_bytes(reason.as_bytes(), out));
    match &event.content {
        Content::Creation(opened) => {
            out.put_i32(NULL);
            put_option(opened.as_ref().ok(), out, |opened, out| put_bytes(opened.iban.text().as_bytes(), out));
            for _ in 0..8 {
                out.put_i32(NULL);
            }
        }
        Content::Transfer { from, to, amount, description, outcome } => {
            put_text(from, out);
            put_text(to, out);
            put_i64(*amount, out);
            put_text(description, out);
            put_booking(outcome.as_ref().ok(), out);
        }
    }
}

fn put_booking(booking: Option<&Booking>, out: &mut BytesMut) {
    for leg in [booking.and_then(|booking| booking.from), booking.and_then(|booking| booking.to)] {
        put_option(leg, out, |Leg { balance, .. }, out| put_i64(balance.get(), out));
        put_option(leg, out, |Leg { seq, .. }, out| put_i64(seq, out));
    }
    let counter = booking.and_then(|booking| booking.counter);
    put_option(counter, out, |leg, out| put_bytes(leg.counter.name().as_bytes(), out));
    put_option(counter, out, |leg, out| {
        let start = out.len();
        out.put_i32(0);
        numeric::put(leg.balance_cents, out);
        let length = i32::try_from(out.len() - start - 4).expect("a numeric is short");
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    });
}

/// Appends a value, or that there is none.
pub fn put_option<T>(value: Option<T>, out: &mut BytesMut, put: impl FnOnce(T, &mut BytesMut)) {
    match value {
        Some(value) => put(value, out),
        None => out.put_i32(NULL),
    }
}

/// Appends a `bigint`.
pub fn put_i64(value: i64, out: &mut BytesMut) {
    out.put_i32(8);
    out.put_i64(value);
}

/// Appends text, escaped as all text of commands is.
pub fn put_text(value: &str, out: &mut BytesMut) {
    put_bytes(text::escape(value).as_bytes(), out);
}

/// Appends bytes, or text that needs no escape.
pub fn put_bytes(value: &[u8], out: &mut BytesMut) {
    out.put_i32(i32::try_from(value.len()).expect("a Kafka record is far below 2 GiB"));
    out.put_slice(value);
}
