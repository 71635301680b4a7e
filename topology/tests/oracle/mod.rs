//! The records as two Avro libraries see them, so that the hand-written codec can be compared with both.
//!
//! [`Oracle`] also reads the fields of a golden file, where ids are hexadecimal text.

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record, parsed_schema,
};

/// A record that serde can read and write.
#[derive(Debug, Clone, PartialEq)]
pub struct Oracle<R>(pub R);

macro_rules! oracle {
    ($($record:ident $name:literal by $def:ident { $($(#[$with:meta])? $field:ident: $kind:ty),+ })+) => { $(
        #[derive(Serialize, Deserialize)]
        #[serde(remote = $name, rename = $name)]
        struct $def { $($(#[$with])? $field: $kind),+ }

        impl Serialize for Oracle<$record> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $def::serialize(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for Oracle<$record> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $def::deserialize(deserializer).map(Oracle)
            }
        }
    )+ };
}

oracle! {
    Heartbeat "Heartbeat" by HeartbeatDef { beat: i64 }
    ConfirmAccountCreation "ConfirmAccountCreation" by ConfirmAccountCreationDef {
        #[serde(with = "id")] id: CommandId,
        #[serde(with = "Atype")] a_type: AccountType
    }
    AccountCreationConfirmed "AccountCreationConfirmed" by AccountCreationConfirmedDef {
        #[serde(with = "id")] id: CommandId,
        iban: String,
        token: String,
        #[serde(with = "Atype")] a_type: AccountType
    }
    AccountCreationFailed "AccountCreationFailed" by AccountCreationFailedDef { #[serde(with = "id")] id: CommandId, reason: String }
    ConfirmMoneyTransfer "ConfirmMoneyTransfer" by ConfirmMoneyTransferDef {
        #[serde(with = "id")] id: CommandId,
        token: String,
        amount: i64,
        from: String,
        to: String,
        description: String
    }
    MoneyTransferConfirmed "MoneyTransferConfirmed" by MoneyTransferConfirmedDef { #[serde(with = "id")] id: CommandId }
    MoneyTransferFailed "MoneyTransferFailed" by MoneyTransferFailedDef { #[serde(with = "id")] id: CommandId, reason: String }
    BalanceChanged "BalanceChanged" by BalanceChangedDef {
        iban: String,
        new_balance: i64,
        changed_by: i64,
        from_to: String,
        description: String
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AccountType")]
enum Atype {
    #[serde(rename = "AUTO")]
    Auto,
    #[serde(rename = "MANUAL")]
    Manual,
}

/// An id as the 16 bytes that Avro has, or as a golden file's 32 hexadecimal digits.
mod id {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use topology::CommandId;

    pub fn serialize<S: Serializer>(id: &CommandId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(id.as_bytes())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CommandId, D::Error> {
        deserializer.deserialize_bytes(Id)
    }

    struct Id;

    impl Visitor<'_> for Id {
        type Value = CommandId;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("16 bytes or 32 hexadecimal digits")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<CommandId, E> {
            bytes.try_into().map(CommandId::from_bytes).map_err(E::custom)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<CommandId, E> {
            text.parse().map_err(E::custom)
        }
    }
}

/// What `serde_avro_fast` writes and reads.
pub mod fast {
    use serde_avro_fast::ser::SerializerConfig;

    use super::{DeserializeOwned, Oracle, Record, Serialize};

    pub fn schema<R: Record>() -> serde_avro_fast::Schema {
        R::SCHEMA.parse().unwrap()
    }

    pub fn encode<R>(record: &Oracle<R>, config: &mut SerializerConfig<'_>, out: &mut Vec<u8>)
    where
        Oracle<R>: Serialize,
    {
        serde_avro_fast::to_datum(record, out, config).unwrap();
    }

    pub fn decode<R>(bytes: &[u8], schema: &serde_avro_fast::Schema) -> R
    where
        Oracle<R>: DeserializeOwned,
    {
        serde_avro_fast::from_datum_slice::<Oracle<R>>(bytes, schema).unwrap().0
    }
}

/// What `apache-avro` writes and reads.
pub mod apache {
    use super::{DeserializeOwned, GenericDatumReader, GenericDatumWriter, Oracle, Record, Serialize, parsed_schema};

    pub fn writer<R: Record>() -> GenericDatumWriter<'static> {
        GenericDatumWriter::builder(parsed_schema::<R>()).build().unwrap()
    }

    pub fn reader<R: Record>() -> GenericDatumReader<'static> {
        GenericDatumReader::builder(parsed_schema::<R>()).build().unwrap()
    }

    pub fn encode<R>(record: &Oracle<R>, writer: &GenericDatumWriter<'_>, out: &mut Vec<u8>)
    where
        Oracle<R>: Serialize,
    {
        writer.write_ser(out, record).unwrap();
    }

    pub fn decode<R>(mut bytes: &[u8], reader: &GenericDatumReader<'_>) -> R
    where
        Oracle<R>: DeserializeOwned,
    {
        reader.read_deser::<Oracle<R>>(&mut bytes).unwrap().0
    }
}
