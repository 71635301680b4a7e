//! What holds for every record and for any bytes at all.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod oracle;

use std::fmt::Debug;

use oracle::{Oracle, apache, fast};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_avro_fast::ser::SerializerConfig;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, DecodeError, Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record, wire,
};

fn id() -> impl Strategy<Value = CommandId> {
    any::<[u8; 16]>().prop_map(CommandId::from_bytes)
}

fn a_type() -> impl Strategy<Value = AccountType> {
    any::<bool>().prop_map(|auto| if auto { AccountType::Auto } else { AccountType::Manual })
}

fn transfer() -> impl Strategy<Value = ConfirmMoneyTransfer> {
    (id(), any::<(String, i64, String, String, String)>()).prop_map(|(id, (token, amount, from, to, description))| {
        ConfirmMoneyTransfer { id, token, amount, from, to, description }
    })
}

fn changed() -> impl Strategy<Value = BalanceChanged> {
    any::<(String, i64, i64, String, String)>().prop_map(|(iban, new_balance, changed_by, from_to, description)| {
        BalanceChanged { iban, new_balance, changed_by, from_to, description }
    })
}

fn same_in_every_codec<R: Record>(record: R) -> Result<(), TestCaseError>
where
    Oracle<R>: Serialize + DeserializeOwned,
{
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    prop_assert_eq!(&R::decode(&bytes).unwrap(), &record);
    prop_assert_eq!(&R::decode_resolved(&bytes, topology::parsed_schema::<R>()).unwrap(), &record);
    prop_assert_eq!(&apache::decode::<R>(&bytes, &apache::reader::<R>()), &record);
    prop_assert_eq!(&fast::decode::<R>(&bytes, &fast::schema::<R>()), &record);
    let oracle = Oracle(record);
    let mut others = Vec::new();
    fast::encode(&oracle, &mut SerializerConfig::new(&fast::schema::<R>()), &mut others);
    prop_assert_eq!(&others, &bytes);
    others.clear();
    apache::encode(&oracle, &apache::writer::<R>(), &mut others);
    prop_assert_eq!(&others, &bytes);
    Ok(())
}

/// Every shorter piece is refused, and so is a longer one.
fn only_the_whole_is_read<R: Record>(record: &R) -> Result<(), TestCaseError> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    for end in 0..bytes.len() {
        let piece = R::decode(&bytes[..end]);
        prop_assert!(matches!(piece, Err(DecodeError::EndsEarly)), "{end} bytes gave {piece:?}");
        prop_assert!(R::decode_resolved(&bytes[..end], topology::parsed_schema::<R>()).is_err());
    }
    bytes.push(0);
    prop_assert!(matches!(R::decode(&bytes), Err(DecodeError::TrailingBytes(1))));
    let resolved = R::decode_resolved(&bytes, topology::parsed_schema::<R>());
    prop_assert!(matches!(resolved, Err(DecodeError::TrailingBytes(1))));
    Ok(())
}

proptest! {
    #[test]
    fn records_survive_every_codec(id in id(), a_type in a_type(), text: String, other: String, number: i64) {
        same_in_every_codec(Heartbeat { beat: number })?;
        same_in_every_codec(ConfirmAccountCreation { id, a_type })?;
        same_in_every_codec(AccountCreationConfirmed { id, iban: text.clone(), token: other, a_type })?;
        same_in_every_codec(AccountCreationFailed { id, reason: text.clone() })?;
        same_in_every_codec(MoneyTransferConfirmed { id })?;
        same_in_every_codec(MoneyTransferFailed { id, reason: text })?;
    }

    #[test]
    fn transfers_survive_every_codec(transfer in transfer()) {
        same_in_every_codec(transfer)?;
    }

    #[test]
    fn changes_survive_every_codec(changed in changed()) {
        same_in_every_codec(changed)?;
    }

    #[test]
    fn a_piece_is_no_record(transfer in transfer(), changed in changed(), a_type in a_type()) {
        only_the_whole_is_read(&ConfirmAccountCreation { id: transfer.id, a_type })?;
        only_the_whole_is_read(&transfer)?;
        only_the_whole_is_read(&changed)?;
    }

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        any_answer::<Heartbeat>(&bytes);
        any_answer::<ConfirmAccountCreation>(&bytes);
        any_answer::<AccountCreationConfirmed>(&bytes);
        any_answer::<AccountCreationFailed>(&bytes);
        any_answer::<ConfirmMoneyTransfer>(&bytes);
        any_answer::<MoneyTransferConfirmed>(&bytes);
        any_answer::<MoneyTransferFailed>(&bytes);
        any_answer::<BalanceChanged>(&bytes);
        let _ = wire::split(&bytes);
    }

    /// One byte wrong in a good record, which gets further in than arbitrary bytes do.
    #[test]
    fn a_damaged_record_is_answered(transfer in transfer(), at: prop::sample::Index, byte: u8) {
        let mut bytes = Vec::new();
        transfer.encode(&mut bytes);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        any_answer::<ConfirmMoneyTransfer>(&bytes);
    }
}

fn any_answer<R: Record + Debug>(bytes: &[u8]) {
    let ours = R::decode(bytes);
    let resolved = R::decode_resolved(bytes, topology::parsed_schema::<R>());
    if let (Ok(ours), Ok(resolved)) = (&ours, &resolved) {
        assert_eq!(ours, resolved);
    }
}

#[test]
fn lies_about_lengths_are_refused() {
    let id = [7; 16];
    let reason = |length: &[u8]| [&id, length].concat();
    let refused = |bytes: &[u8]| MoneyTransferFailed::decode(bytes).unwrap_err();
    // A length of i64::MAX, of i64::MIN, of -1, a number of 11 bytes, one of 65 bits.
    let longest = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(matches!(refused(&reason(&longest)), DecodeError::EndsEarly));
    let lowest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(matches!(refused(&reason(&lowest)), DecodeError::NegativeLength(i64::MIN)));
    assert!(matches!(refused(&reason(&[1])), DecodeError::NegativeLength(-1)));
    assert!(matches!(refused(&reason(&[0x80; 11])), DecodeError::NumberTooLong));
    let too_wide = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
    assert!(matches!(refused(&reason(&too_wide)), DecodeError::NumberTooLong));
    assert!(matches!(refused(&reason(&[2, 0xff])), DecodeError::NotUtf8));
    let unknown_symbol = ConfirmAccountCreation::decode(&reason(&[4])).unwrap_err();
    assert!(matches!(unknown_symbol, DecodeError::UnknownSymbol(2)));
}
