//! Every record's bytes are those that Java's Avro wrote into golden/records.json, and those of two Avro libraries.
//! After a change of the schemas, topology/golden/write.sh writes the file anew.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod oracle;

use std::collections::BTreeMap;

use oracle::{Oracle, apache, fast};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_avro_fast::ser::SerializerConfig;
use serde_json::Value;
use topology::topic::TOPICS;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record,
};

#[derive(Deserialize)]
struct Golden {
    record: String,
    fields: Value,
    avro: String,
}

#[test]
fn bytes_equal_what_java_writes() {
    let golden: Vec<Golden> = serde_json::from_str(include_str!("../golden/records.json")).unwrap();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for case in &golden {
        *seen.entry(&case.record).or_default() += 1;
        match case.record.as_str() {
            "Heartbeat" => check::<Heartbeat>(case),
            "ConfirmAccountCreation" => check::<ConfirmAccountCreation>(case),
            "AccountCreationConfirmed" => check::<AccountCreationConfirmed>(case),
            "AccountCreationFailed" => check::<AccountCreationFailed>(case),
            "ConfirmMoneyTransfer" => check::<ConfirmMoneyTransfer>(case),
            "MoneyTransferConfirmed" => check::<MoneyTransferConfirmed>(case),
            "MoneyTransferFailed" => check::<MoneyTransferFailed>(case),
            "BalanceChanged" => check::<BalanceChanged>(case),
            other => panic!("no record {other}"),
        }
    }
    for topic in TOPICS {
        assert!(seen.get(topic.record).is_some_and(|&cases| cases >= 16), "too few cases of {}", topic.record);
    }
}

fn check<R: Record>(case: &Golden)
where
    Oracle<R>: Serialize + DeserializeOwned,
{
    let avro = bytes_of(&case.avro);
    let Oracle(record) = Oracle::<R>::deserialize(&case.fields).unwrap();
    let mut encoded = vec![0xee];
    record.encode(&mut encoded);
    assert_eq!(encoded[0], 0xee, "encoding appends");
    assert_eq!(encoded[1..], avro, "our bytes of {record:?}");
    assert_eq!(R::decode(&avro).unwrap(), record);
    assert_eq!(R::decode_resolved(&avro, topology::parsed_schema::<R>()).unwrap(), record);

    let oracle = Oracle(record);
    let schema = fast::schema::<R>();
    encoded.clear();
    fast::encode(&oracle, &mut SerializerConfig::new(&schema), &mut encoded);
    assert_eq!(encoded, avro, "serde_avro_fast's bytes of {oracle:?}");
    assert_eq!(fast::decode::<R>(&avro, &schema), oracle.0);
    encoded.clear();
    apache::encode(&oracle, &apache::writer::<R>(), &mut encoded);
    assert_eq!(encoded, avro, "apache-avro's bytes of {oracle:?}");
    assert_eq!(apache::decode::<R>(&avro, &apache::reader::<R>()), oracle.0);
}

fn bytes_of(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2));
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
