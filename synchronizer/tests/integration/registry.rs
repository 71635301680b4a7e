//! Subjects get BACKWARD and our schemas, and refuse what cannot follow.

use crate::corner::Corner;
use service_kit::registry::value_subject;
use synchronizer::Outcome;

const OLDER: &str = r#"{"type":"record","name":"Heartbeat","namespace":"nl.openweb.data",
    "fields":[{"name":"beat","type":"int"}]}"#;
const UNRELATED: &str = r#"{"type":"record","name":"Heartbeat","namespace":"nl.openweb.data",
    "fields":[{"name":"pulse","type":"string"}]}"#;

#[tokio::test]
async fn every_subject_is_backward_and_has_our_schema() {
    let corner = Corner::new("subjects");
    corner.in_order().await;
    let registry = corner.fixture.registry_client();
    for spec in topology::topic::TOPICS {
        let name = corner.fixture.topics().name_of(spec.name).expect("it has a setting");
        let subject = value_subject(name);
        assert_eq!(registry.compatibility(&subject).await, Ok(Some("BACKWARD".to_owned())), "{subject}");
        assert!(registry.id_of(&subject, spec.schema).await.expect("an answer").is_some(), "{subject}");
    }
}

#[tokio::test]
async fn a_newer_schema_follows_an_older_one() {
    let corner = Corner::new("newer");
    let subject = value_subject(&corner.fixture.topics().heartbeat);
    corner.fixture.registry_client().register(&subject, OLDER).await.expect("registered");
    let (outcome, lines) = corner.synchronize(&[]).await;
    assert!(matches!(outcome, Ok(Outcome::InOrder { .. })), "{outcome:?} {lines:#?}");
    assert!(lines.contains(&"+ subject heartbeat-value: schema".to_owned()), "{lines:#?}");
}

#[tokio::test]
async fn a_schema_that_cannot_follow_stops_all() {
    for level in [None, Some("NONE"), Some("BACKWARD")] {
        let corner = Corner::new("refused");
        let subject = value_subject(&corner.fixture.topics().heartbeat);
        let registry = corner.fixture.registry_client();
        registry.register(&subject, UNRELATED).await.expect("registered");
        if let Some(level) = level {
            registry.set_compatibility(&subject, level).await.expect("set");
        }
        for flags in [&["--dry-run"][..], &[]] {
            let (outcome, lines) = corner.synchronize(flags).await;
            let expected = if flags.is_empty() { Outcome::Obstructed } else { Outcome::Differs };
            assert!(matches!(outcome, Ok(found) if found == expected), "{level:?} {flags:?}: {outcome:?}");
            let refused = "! subject heartbeat-value: the schema cannot follow those that are there: ";
            let reason = lines[0].strip_prefix(refused).unwrap_or_default();
            assert!(reason.contains("beat"), "{level:?}: {lines:#?}");
        }
        let metadata = service_kit::kafka::Metadata::new(&corner.fixture.kafka()).expect("valid settings");
        assert!(metadata.partition_count(&corner.fixture.topics().bc).await.is_err(), "nothing was changed");
    }
}
