//! The rows of the staging tables, in Postgres' binary COPY format.

use bytes::{BufMut, BytesMut};
use topology::{AccountType, CommandHash, CommandId, Iban, Token};

use crate::decide::{Party, Refusal};
use crate::ledger::{Body, Command, Kind};
use crate::store::copy::{put_bytes, put_i64, put_option, put_text};
use crate::store::row::a_type_number;

/// Makes the staging tables. They live as long as the connection, and only it sees them.
pub const TABLES: &str = "
    CREATE TEMP TABLE topic_command (
        kind smallint, log_partition integer, log_offset bigint, id uuid, hash bytea, a_type smallint, token text,
        from_account text, to_account text, amount bigint, description text, from_number bigint, to_number bigint,
        from_counter text, to_counter text);
    CREATE TEMP TABLE topic_outcome (
        kind smallint, log_partition integer, log_offset bigint, id uuid, event bigint, hash bytea, booked_at bigint,
        repeat boolean, refusal text, number bigint, token text, a_type smallint, legs text);
    CREATE TEMP TABLE topic_change (
        log_partition integer, log_offset bigint, number bigint, new_balance bigint, changed_by bigint, from_to text,
        description text, event bigint, leg smallint, seq bigint, booked_at bigint);
    CREATE TEMP TABLE topic_poison (
        topic text, log_partition integer, log_offset bigint, reason text, key bytea, value bytea)";

/// A record of a command topic.
pub struct CommandRow<'a> {
    pub partition: i32,
    pub offset: i64,
    pub command: &'a Command,
}

impl CommandRow<'_> {
    pub fn put(&self, out: &mut BytesMut) {
        out.put_i16(15);
        put_i16(self.command.kind().number(), out);
        put_i32(self.partition, out);
        put_i64(self.offset, out);
        put_bytes(self.command.id.as_bytes(), out);
        put_bytes(&self.command.hash.to_bytes(), out);
        match &self.command.body {
            Body::Creation(a_type) => {
                put_i16(a_type_number(*a_type), out);
                for _ in 0..9 {
                    put_null(out);
                }
            }
            Body::Transfer(transfer) => {
                put_null(out);
                put_text(&transfer.token, out);
                put_text(&transfer.from, out);
                put_text(&transfer.to, out);
                put_i64(transfer.amount, out);
                put_text(&transfer.description, out);
                let parties = [transfer.from_party, transfer.to_party];
                for party in parties {
                    put_option(party.iban(), out, put_number);
                }
                for party in parties {
                    put_text(Party::counter_account(party).name(), out);
                }
            }
        }
    }
}

/// A record of a topic of outcomes.
pub struct OutcomeRow {
    pub kind: Kind,
    pub partition: i32,
    pub offset: i64,
    pub id: CommandId,
    pub event: Option<i64>,
    pub hash: Option<CommandHash>,
    pub booked_at_us: i64,
    pub repeat: bool,
    pub refusal: Option<Refusal>,
    pub number: Option<Iban>,
    pub token: Option<Token>,
    pub a_type: Option<AccountType>,
    pub legs: Option<String>,
}

impl OutcomeRow {
    pub fn put(&self, out: &mut BytesMut) {
        out.put_i16(13);
        put_i16(self.kind.number(), out);
        put_i32(self.partition, out);
        put_i64(self.offset, out);
        put_bytes(self.id.as_bytes(), out);
        put_option(self.event, out, put_i64);
        put_option(self.hash, out, |hash, out| put_bytes(&hash.to_bytes(), out));
        put_i64(self.booked_at_us, out);
        put_bytes(&[u8::from(self.repeat)], out);
        put_option(self.refusal, out, |refusal, out| put_text(refusal.reason(), out));
        put_option(self.number, out, put_number);
        put_option(self.token, out, |token, out| put_text(token.as_str(), out));
        put_option(self.a_type, out, |a_type, out| put_i16(a_type_number(a_type), out));
        put_option(self.legs.as_deref(), out, put_text);
    }
}

/// A record of the topic of changes.
pub struct ChangeRow<'a> {
    pub partition: i32,
    pub offset: i64,
    pub number: Iban,
    pub new_balance: i64,
    pub changed_by: i64,
    pub from_to: &'a str,
    pub description: &'a str,
    pub event: Option<i64>,
    pub leg: Option<i16>,
    pub seq: Option<i64>,
    pub booked_at_us: i64,
}

impl ChangeRow<'_> {
    pub fn put(&self, out: &mut BytesMut) {
        out.put_i16(11);
        put_i32(self.partition, out);
        put_i64(self.offset, out);
        put_number(self.number, out);
        put_i64(self.new_balance, out);
        put_i64(self.changed_by, out);
        put_text(self.from_to, out);
        put_text(self.description, out);
        put_option(self.event, out, put_i64);
        put_option(self.leg, out, put_i16);
        put_option(self.seq, out, put_i64);
        put_i64(self.booked_at_us, out);
    }
}

/// A record of a command topic that can't be decoded.
pub struct PoisonRow<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub reason: &'a str,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

impl PoisonRow<'_> {
    pub fn put(&self, out: &mut BytesMut) {
        out.put_i16(6);
        put_bytes(self.topic.as_bytes(), out);
        put_i32(self.partition, out);
        put_i64(self.offset, out);
        put_bytes(self.reason.replace('\0', "\u{FFFD}").as_bytes(), out);
        put_option(self.key, out, put_bytes);
        put_option(self.value, out, put_bytes);
    }
}

fn put_number(iban: Iban, out: &mut BytesMut) {
    put_i64(i64::try_from(iban.number()).expect("ten digits fit"), out);
}

fn put_i16(value: i16, out: &mut BytesMut) {
    out.put_i32(2);
    out.put_i16(value);
}

fn put_i32(value: i32, out: &mut BytesMut) {
    out.put_i32(4);
    out.put_i32(value);
}

fn put_null(out: &mut BytesMut) {
    out.put_i32(-1);
}
