//! A record written with another schema than ours, older or newer, is read by Avro's schema resolution.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use apache_avro::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use topology::{
    AccountType, BalanceChanged, CommandId, ConfirmAccountCreation, DecodeError, MoneyTransferFailed, Record,
};

const ID: [u8; 16] = [7; 16];

fn schema(text: &str) -> Schema {
    Schema::parse_str(text).unwrap()
}

fn written(writer: &Schema, fields: &[(&str, Value)]) -> Vec<u8> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let writer = GenericDatumWriter::builder(writer).build().unwrap();
    writer.write_value_to_vec(Value::Record(fields)).unwrap()
}

fn failed() -> MoneyTransferFailed {
    MoneyTransferFailed { id: CommandId::from_bytes(ID), reason: "insufficient funds".to_owned() }
}

#[test]
fn a_newer_writers_extra_field_is_skipped() {
    let newer = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "MoneyTransferFailed", "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}},
            {"name": "details", "type": {"type": "map", "values": "string"}, "default": {}},
            {"name": "reason", "type": "string"},
            {"name": "retry_after_ms", "type": ["null", "long"], "default": null}]}"#,
    );
    let details = Value::Map([("balance".to_owned(), Value::String("low".to_owned()))].into());
    let bytes = written(
        &newer,
        &[
            ("id", Value::Fixed(16, ID.to_vec())),
            ("details", details),
            ("reason", Value::String("insufficient funds".to_owned())),
            ("retry_after_ms", Value::Union(1, Box::new(Value::Long(5)))),
        ],
    );
    assert_eq!(MoneyTransferFailed::decode_resolved(&bytes, &newer).unwrap(), failed());
    assert!(MoneyTransferFailed::decode(&bytes).is_err(), "the fast path is not for other schemas");
}

#[test]
fn another_order_of_fields_is_read_by_name() {
    let reordered = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "MoneyTransferFailed", "fields": [
            {"name": "reason", "type": "string"},
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}}]}"#,
    );
    let bytes = written(
        &reordered,
        &[("reason", Value::String("insufficient funds".to_owned())), ("id", Value::Fixed(16, ID.to_vec()))],
    );
    assert_eq!(MoneyTransferFailed::decode_resolved(&bytes, &reordered).unwrap(), failed());
}

#[test]
fn javas_own_kind_of_string_is_a_string() {
    let java = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "MoneyTransferFailed", "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}},
            {"name": "reason", "type": {"type": "string", "avro.java.string": "String"}}]}"#,
    );
    let mut bytes = Vec::new();
    failed().encode(&mut bytes);
    assert_eq!(MoneyTransferFailed::decode_resolved(&bytes, &java).unwrap(), failed());
}

#[test]
fn a_narrower_number_is_widened() {
    let narrow = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "BalanceChanged", "fields": [
            {"name": "iban", "type": "string"},
            {"name": "new_balance", "type": "int"},
            {"name": "changed_by", "type": "int"},
            {"name": "from_to", "type": "string"},
            {"name": "description", "type": "string"}]}"#,
    );
    let bytes = written(
        &narrow,
        &[
            ("iban", Value::String("NL66OPEN0000000000".to_owned())),
            ("new_balance", Value::Int(i32::MIN)),
            ("changed_by", Value::Int(-1)),
            ("from_to", Value::String("cash".to_owned())),
            ("description", Value::String(String::new())),
        ],
    );
    let changed = BalanceChanged::decode_resolved(&bytes, &narrow).unwrap();
    assert_eq!((changed.new_balance, changed.changed_by), (i64::from(i32::MIN), -1));
}

#[test]
fn the_symbols_order_is_the_writers() {
    let swapped = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "ConfirmAccountCreation", "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}},
            {"name": "a_type", "type": {"type": "enum", "name": "Atype", "symbols": ["MANUAL", "AUTO"]}}]}"#,
    );
    let bytes = [&ID[..], &[0]].concat();
    let creation = ConfirmAccountCreation::decode_resolved(&bytes, &swapped).unwrap();
    assert_eq!(creation.a_type, AccountType::Manual);
}

#[test]
fn a_symbol_we_do_not_know_is_refused() {
    let newer = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "ConfirmAccountCreation", "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}},
            {"name": "a_type", "type": {"type": "enum", "name": "Atype", "symbols": ["AUTO", "MANUAL", "SHARED"]}}]}"#,
    );
    let read = |symbol| ConfirmAccountCreation::decode_resolved(&[&ID[..], &[symbol]].concat(), &newer);
    assert_eq!(read(2).unwrap().a_type, AccountType::Manual);
    assert!(matches!(read(4), Err(DecodeError::Resolution(_))));
}

#[test]
fn a_field_that_we_need_and_the_writer_lacks_is_an_error() {
    let older = schema(
        r#"{"namespace": "nl.openweb.data", "type": "record", "name": "MoneyTransferFailed", "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "Uuid", "size": 16}}]}"#,
    );
    let read = MoneyTransferFailed::decode_resolved(&ID, &older);
    assert!(matches!(read, Err(DecodeError::Resolution(_))), "{read:?}");
}

#[test]
fn a_huge_length_takes_no_memory() {
    let ours = topology::parsed_schema::<MoneyTransferFailed>();
    // A text of 64 GB, of which nothing is there.
    let bytes = [&ID[..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x04]].concat();
    assert!(MoneyTransferFailed::decode_resolved(&bytes, ours).is_err());
}
