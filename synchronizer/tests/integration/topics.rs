//! Topics are made, mended, and deleted only where that is allowed.

use crate::corner::Corner;
use service_kit::kafka::Metadata;
use synchronizer::Outcome;
use topology::topic::TOPICS;

#[tokio::test]
async fn an_empty_cluster_gets_the_topology_and_a_second_run_changes_nothing() {
    let corner = Corner::new("fresh");
    let (outcome, planned) = corner.synchronize(&["--dry-run"]).await;
    assert!(matches!(outcome, Ok(Outcome::Differs)), "{outcome:?}");
    let metadata = Metadata::new(&corner.fixture.kafka()).expect("valid settings");
    assert!(metadata.partition_count(&corner.fixture.topics().bc).await.is_err(), "a dry run does nothing");

    let (outcome, mut done) = corner.synchronize(&[]).await;
    assert!(matches!(outcome, Ok(Outcome::InOrder { actions }) if actions == 3 * TOPICS.len()), "{outcome:?}");
    assert_eq!(done.pop(), Some(format!("{} topics as they should be, {} actions", TOPICS.len(), 3 * TOPICS.len())));
    assert_eq!(done, planned, "what was planned was done");

    for spec in TOPICS {
        let name = corner.fixture.topics().name_of(spec.name).expect("it has a setting");
        assert_eq!(metadata.partition_count(name).await.expect("made"), spec.partitions, "{name}");
        let config = corner.config(name).await;
        for (key, value) in spec.config {
            assert_eq!(config.get(*key).map(String::as_str), Some(*value), "{name} {key}");
        }
    }
    for flags in [&[][..], &["--dry-run"], &["--delete-unknown", "--allow-repartition"]] {
        let (outcome, lines) = corner.synchronize(flags).await;
        assert!(matches!(outcome, Ok(Outcome::InOrder { actions: 0 })), "{flags:?}: {outcome:?} {lines:#?}");
    }
}

#[tokio::test]
async fn configuration_that_drifted_is_mended_and_what_others_set_is_kept() {
    let corner = Corner::new("drift");
    corner.in_order().await;
    let topic = corner.fixture.topics().bc.clone();
    corner.set_config(&topic, &[("retention.ms", "1000"), ("segment.ms", "123456")]).await;

    let (outcome, lines) = corner.synchronize(&["--dry-run"]).await;
    assert!(matches!(outcome, Ok(Outcome::Differs)), "{outcome:?}");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("~ topic balance_changed: retention.ms 1000 -> -1"), "{lines:?}");
    corner.in_order().await;
    let config = corner.config(&topic).await;
    let value = |key: &str| config.get(key).map(String::as_str);
    assert_eq!((value("retention.ms"), value("segment.ms")), (Some("-1"), Some("123456")));
    assert!(value("max.message.bytes").is_some_and(|bytes| bytes.len() >= 7), "{config:?}");
}

#[tokio::test]
async fn partitions_are_added_only_where_allowed() {
    let corner = Corner::new("partitions");
    let topic = corner.fixture.topics().cmt.clone();
    corner.make_topic(&topic, 3).await;
    let (outcome, lines) = corner.synchronize(&[]).await;
    assert!(matches!(outcome, Ok(Outcome::Obstructed)), "{outcome:?}");
    let obstacle =
        "! topic confirm_money_transfer: partitions=3 instead of 9; adding them moves keys: --allow-repartition";
    assert_eq!(lines.iter().filter(|line| line.as_str() == obstacle).count(), 1, "{lines:#?}");
    corner.wait_for_partitions(&corner.fixture.topics().bc, Some(9)).await;

    let (outcome, lines) = corner.synchronize(&["--allow-repartition"]).await;
    assert!(matches!(outcome, Ok(Outcome::InOrder { actions: 1 })), "{outcome:?} {lines:#?}");
    assert_eq!(lines[0], "~ topic confirm_money_transfer: partitions 3 -> 9");
    corner.wait_for_partitions(&topic, Some(9)).await;
}

#[tokio::test]
async fn no_partition_is_added_where_accounts_have_their_history() {
    let corner = Corner::new("histories");
    let topic = corner.fixture.topics().bc.clone();
    corner.make_topic(&topic, 3).await;
    corner.fixture.produce_raw(&topic, Some(b"an account"), Some(b"a change"), &[]).await;
    let (outcome, lines) = corner.synchronize(&["--allow-repartition"]).await;
    assert!(matches!(outcome, Ok(Outcome::Obstructed)), "{outcome:?}");
    let obstacle = "! topic balance_changed: partitions=3 instead of 9; it has records";
    assert!(lines.iter().any(|line| line.starts_with(obstacle)), "{lines:#?}");
    corner.wait_for_partitions(&topic, Some(3)).await;
}

#[tokio::test]
async fn too_many_partitions_are_said_and_left() {
    let corner = Corner::new("many");
    let topic = corner.fixture.topics().heartbeat.clone();
    corner.make_topic(&topic, 2).await;
    let (outcome, lines) = corner.synchronize(&["--allow-repartition"]).await;
    assert!(matches!(outcome, Ok(Outcome::Obstructed)), "{outcome:?}");
    assert!(lines.iter().any(|line| line.starts_with("! topic heartbeat: partitions=2 instead of 1")), "{lines:#?}");
    corner.wait_for_partitions(&topic, Some(2)).await;
}

#[tokio::test]
async fn unknown_topics_are_deleted_only_where_allowed() {
    let corner = Corner::new("unknown");
    let old = corner.fixture.group("old");
    corner.make_topic(&old, 1).await;
    corner.in_order().await;
    corner.wait_for_partitions(&old, Some(1)).await;
    let (outcome, lines) = corner.synchronize(&["--delete-unknown"]).await;
    assert!(matches!(outcome, Ok(Outcome::InOrder { actions: 1 })), "{outcome:?} {lines:#?}");
    assert_eq!(lines[0], "- topic old");
    corner.wait_for_partitions(&old, None).await;
    corner.wait_for_partitions(&corner.fixture.topics().bc, Some(9)).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_fails_in_time() {
    let corner = Corner::new("nobody");
    let mut settings = corner.settings(&["--wait-ms", "300"]);
    settings.kafka.brokers = "localhost:1".to_owned();
    settings.kafka.request_timeout_ms = 100;
    let outcome = synchronizer::synchronize(&settings, &mut Vec::new()).await;
    assert!(matches!(&outcome, Err(error) if error.is_retriable()), "{outcome:?}");

    let settings = corner.settings(&["--wait-ms", "300", "--min-brokers", "1000"]);
    let outcome = synchronizer::synchronize(&settings, &mut Vec::new()).await;
    assert!(matches!(&outcome, Err(synchronizer::Error::Brokers { wanted: 1000, .. })), "{outcome:?}");
}
