//! The real registry: ids, resolution of schemas, compatibility.

use service_kit::fixture::Fixture;
use service_kit::registry::{Compatibility, DecodeFailure, Decoded, PoisonReason, RegistryError, value_subject};
use topology::{ConfirmMoneyTransfer, Heartbeat, Record, wire};

/// As an older program wrote it: without a field that ours has a default for, this is the newer one instead, which has
/// a field more that we do not know.
const NEWER_HEARTBEAT: &str = r#"{"type":"record","name":"Heartbeat","namespace":"nl.openweb.data",
    "fields":[{"name":"beat","type":"long"},{"name":"sender","type":"string","default":"?"}]}"#;
/// It lacks the field that we need.
const OTHER_HEARTBEAT: &str = r#"{"type":"record","name":"Heartbeat","namespace":"nl.openweb.data",
    "fields":[{"name":"pulse","type":"long"}]}"#;

#[tokio::test]
async fn what_is_encoded_is_decoded() {
    let fixture = Fixture::without_databases("encode");
    let topic = &fixture.topics().heartbeat;
    let registry = fixture.registry_client();
    let encoder = registry.encoder::<Heartbeat>(topic).await.expect("registered");
    let again = fixture.registry_client().encoder::<Heartbeat>(topic).await.expect("found");
    assert_eq!(encoder.schema_id(), again.schema_id());
    let payload = encoder.encode(&Heartbeat { beat: -5 });

    let decoder = registry.decoder::<Heartbeat>();
    assert_eq!(decoder.try_decode(Some(&payload)), Decoded::UnknownSchema(encoder.schema_id()));
    assert_eq!(decoder.decode(Some(&payload)).await, Ok(Heartbeat { beat: -5 }));
    assert_eq!(decoder.try_decode(Some(&payload)), Decoded::Record(Heartbeat { beat: -5 }), "remembered");
    assert_eq!(registry.decoder::<Heartbeat>().try_decode(Some(&payload)), Decoded::Record(Heartbeat { beat: -5 }));
}

#[tokio::test]
async fn a_record_of_another_compatible_schema_is_read() {
    let fixture = Fixture::without_databases("resolve");
    let registry = fixture.registry_client();
    let subject = value_subject(&fixture.topics().heartbeat);
    let id = registry.register(&subject, NEWER_HEARTBEAT).await.expect("registered");
    let mut payload = vec![0];
    payload.extend(id.to_be_bytes());
    payload.extend([14, 4, b'm', b'e']);
    assert_eq!(registry.decoder().decode(Some(&payload)).await, Ok(Heartbeat { beat: 7 }));
}

#[tokio::test]
async fn poison_is_told_apart_and_says_why() {
    let fixture = Fixture::without_databases("poison");
    let registry = fixture.registry_client();
    let topic = &fixture.topics().heartbeat;
    let ours = registry.encoder::<Heartbeat>(topic).await.expect("registered").schema_id();
    let other = value_subject(&fixture.group("other"));
    let other = registry.register(&other, OTHER_HEARTBEAT).await.expect("registered");
    let json = registry
        .register(&value_subject(&fixture.group("text")), "\"string\"")
        .await
        .expect("a schema of only a string is Avro too");
    let framed = |id: u32, bytes: &[u8]| [&[0][..], &id.to_be_bytes(), bytes].concat();
    let rows = [
        (None, "the value is null"),
        (Some(vec![]), "wire format"),
        (Some(b"{\"beat\":1}".to_vec()), "wire format"),
        (Some(vec![0, 0, 0]), "wire format"),
        (Some(framed(4_000_000, &[2])), "schema id 4000000 is unknown"),
        (Some(framed(ours, &[])), "end in the middle"),
        (Some(framed(ours, &[2, 2])), "left after the record"),
        (Some(framed(ours, &[0xff; 11])), "64 bits"),
        (Some(framed(other, &[2])), "no Heartbeat by schema id"),
        (Some(framed(json, &[2, b'a'])), "no Heartbeat by schema id"),
    ];
    let decoder = registry.decoder::<Heartbeat>();
    for (payload, part) in rows {
        match decoder.decode(payload.as_deref()).await {
            Err(DecodeFailure::Poison(reason)) => assert!(reason.contains(part), "{payload:?}: {reason}"),
            outcome => panic!("{payload:?}: {outcome:?}"),
        }
    }
    let unknown = decoder.try_decode(Some(&framed(4_000_000, &[2])));
    assert_eq!(unknown, Decoded::Poison(PoisonReason::UnknownSchema(4_000_000)), "remembered for a while");
}

#[tokio::test]
async fn a_subject_refuses_what_cannot_follow() {
    let fixture = Fixture::without_databases("follow");
    let registry = fixture.registry_client();
    let subject = value_subject(&fixture.topics().heartbeat);
    let check = async |schema: &str| registry.check_compatible(&subject, schema).await.expect("an answer");

    assert_eq!(registry.compatibility(&subject).await, Ok(None));
    assert_eq!(check(Heartbeat::SCHEMA).await, Compatibility::Compatible, "a new subject takes anything");
    registry.set_compatibility(&subject, "BACKWARD").await.expect("set");
    assert_eq!(registry.compatibility(&subject).await, Ok(Some("BACKWARD".to_owned())));
    assert_eq!(registry.id_of(&subject, Heartbeat::SCHEMA).await, Ok(None));
    let id = registry.register(&subject, Heartbeat::SCHEMA).await.expect("registered");
    assert_eq!(registry.id_of(&subject, Heartbeat::SCHEMA).await, Ok(Some(id)));
    assert_eq!(registry.register(&subject, Heartbeat::SCHEMA).await, Ok(id), "twice is once");
    assert!(registry.subjects().await.expect("an answer").contains(&subject));

    assert_eq!(check(NEWER_HEARTBEAT).await, Compatibility::Compatible);
    assert!(matches!(check(OTHER_HEARTBEAT).await, Compatibility::Incompatible(_)), "it has no default");
    assert!(registry.latest_schema(&subject).await.expect("an answer").is_some_and(|latest| latest.contains("beat")));
    let refused = registry.register(&subject, OTHER_HEARTBEAT).await;
    assert!(
        matches!(&refused, Err(RegistryError::Incompatible { reason, .. }) if reason.contains("pulse")),
        "{refused:?}"
    );

    registry.delete_subject(&subject).await.expect("deleted");
    assert_eq!(registry.id_of(&subject, Heartbeat::SCHEMA).await, Ok(None));
}

#[tokio::test]
async fn every_record_has_an_encoder() {
    let fixture = Fixture::without_databases("every");
    let encoder = fixture.registry_client().encoder::<ConfirmMoneyTransfer>(&fixture.topics().cmt).await;
    let record = ConfirmMoneyTransfer {
        id: topology::CommandId::from_bytes([7; 16]),
        token: "0".repeat(20),
        amount: i64::MIN,
        from: "cash".to_owned(),
        to: String::new(),
        description: "€".to_owned(),
    };
    let payload = encoder.expect("registered").encode(&record);
    let (_, bytes) = wire::split(&payload).expect("framed");
    assert_eq!(ConfirmMoneyTransfer::decode(bytes).expect("decoded"), record);
}
