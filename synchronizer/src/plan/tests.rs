//! Rows: what was found, what may be done, and the lines of the diff.

use super::*;
use std::collections::BTreeMap;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[]}"#;

fn wanted() -> Vec<WantedTopic> {
    vec![WantedTopic {
        name: "transfers".to_owned(),
        partitions: 9,
        tells_histories: true,
        replicas: 3,
        config: vec![("retention.ms", "-1"), ("retention.bytes", "-1")],
        schema: Some(SCHEMA),
    }]
}

fn text_map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// All as it should be on three brokers.
fn in_order() -> Found {
    let config = text_map(&[("retention.ms", "-1"), ("retention.bytes", "-1"), ("segment.bytes", "1024")]);
    let topic = FoundTopic { partitions: 9, has_records: false, replicas: 3, own_config: config.clone(), config };
    let subject = FoundSubject { compatibility: Some("BACKWARD".to_owned()), registered: true, refusal: None };
    Found {
        brokers: 3,
        topics: BTreeMap::from([("transfers".to_owned(), topic)]),
        subjects: BTreeMap::from([("transfers-value".to_owned(), subject)]),
    }
}

fn check(change: impl FnOnce(&mut Found), permissions: Permissions<'_>, expected: &[&str]) {
    let mut found = in_order();
    change(&mut found);
    let plan = plan(&wanted(), &found, permissions);
    let actions = plan.actions.iter().map(ToString::to_string);
    let lines: Vec<String> = actions.chain(plan.obstacles.iter().map(ToString::to_string)).collect();
    assert_eq!(lines, expected);
    assert_eq!(plan.is_empty(), expected.is_empty());
}

fn topic(found: &mut Found) -> &mut FoundTopic {
    found.topics.get_mut("transfers").expect("it is there")
}

fn subject(found: &mut Found) -> &mut FoundSubject {
    found.subjects.get_mut("transfers-value").expect("it is there")
}

const NOTHING: Permissions<'_> = Permissions { repartition: false, delete_unknown: None };
const REPARTITION: Permissions<'_> = Permissions { repartition: true, delete_unknown: None };
const DELETE: Permissions<'_> = Permissions { repartition: false, delete_unknown: Some("") };

#[test]
fn what_is_in_order_is_left_alone() {
    for permissions in [NOTHING, REPARTITION, DELETE] {
        check(|_| {}, permissions, &[]);
    }
}

#[test]
fn an_empty_cluster_gets_all_with_replicas_capped_at_the_brokers() {
    for brokers in [1, 2, 3, 4] {
        let topic = format!(
            "+ topic transfers: partitions=9, replicas={}, retention.ms=-1, retention.bytes=-1",
            brokers.min(3)
        );
        let lines =
            ["+ subject transfers-value: compatibility BACKWARD", "+ subject transfers-value: schema", topic.as_str()];
        check(|found| *found = Found { brokers, ..Found::default() }, NOTHING, &lines);
    }
}

#[test]
fn partitions_are_added_only_where_allowed_and_never_taken_away() {
    let fewer = |found: &mut Found| topic(found).partitions = 3;
    let refused = "! topic transfers: partitions=3 instead of 9; adding them moves keys: --allow-repartition";
    check(fewer, NOTHING, &[refused]);
    let in_use = |found: &mut Found| {
        fewer(found);
        topic(found).has_records = true;
    };
    let parted = "! topic transfers: partitions=3 instead of 9; it has records, and an account's changes are in order only \
                  within a partition: start it afresh";
    check(in_use, REPARTITION, &[parted]);
    check(fewer, REPARTITION, &["~ topic transfers: partitions 3 -> 9"]);
    let more = |found: &mut Found| topic(found).partitions = 12;
    let too_many = "! topic transfers: partitions=12 instead of 9; Kafka takes none away: start it afresh";
    check(more, NOTHING, &[too_many]);
    check(more, REPARTITION, &[too_many]);
}

#[test]
fn too_few_replicas_are_said_and_more_than_wanted_are_fine() {
    let refused = "! topic transfers: replicas=1 instead of 3; kafka-reassign-partitions.sh adds them";
    check(|found| topic(found).replicas = 1, NOTHING, &[refused]);
    check(|found| (found.brokers, topic(found).replicas) = (1, 1), NOTHING, &[]);
    check(|found| found.brokers = 2, NOTHING, &[]);
}

#[test]
fn configuration_is_mended_and_what_others_set_is_kept() {
    let drift = |found: &mut Found| {
        topic(found).config.insert("retention.ms".to_owned(), "604800000".to_owned());
        topic(found).config.remove("retention.bytes");
        topic(found).own_config = text_map(&[("segment.bytes", "1024")]);
    };
    let line = "~ topic transfers: retention.ms 604800000 -> -1, retention.bytes unset -> -1";
    check(drift, NOTHING, &[line]);

    let mut found = in_order();
    drift(&mut found);
    let Action::SetConfig { complete, .. } = &plan(&wanted(), &found, NOTHING).actions[0] else { panic!("{line}") };
    let expected = text_map(&[("retention.ms", "-1"), ("retention.bytes", "-1"), ("segment.bytes", "1024")]);
    assert_eq!(complete, &expected);
}

#[test]
fn a_default_that_is_right_is_right() {
    check(|found| topic(found).own_config.clear(), NOTHING, &[]);
}

#[test]
fn unknown_topics_are_deleted_only_where_allowed_and_never_the_infrastructures() {
    let more = |found: &mut Found| {
        for name in ["old", "test-old", "_schemas", "__consumer_offsets"] {
            found.topics.insert(name.to_owned(), FoundTopic::default());
        }
    };
    check(more, NOTHING, &[]);
    check(more, DELETE, &["- topic old", "- topic test-old"]);
    check(more, Permissions { repartition: false, delete_unknown: Some("test-") }, &["- topic test-old"]);
}

#[test]
fn subjects_are_set_registered_or_refused() {
    let none = |found: &mut Found| subject(found).compatibility = Some("NONE".to_owned());
    check(none, NOTHING, &["~ subject transfers-value: compatibility NONE -> BACKWARD"]);
    let newer = |found: &mut Found| subject(found).registered = false;
    check(newer, NOTHING, &["+ subject transfers-value: schema"]);
    let refused = |found: &mut Found| {
        subject(found).registered = false;
        subject(found).refusal = Some("no default for `pulse`".to_owned());
    };
    let line = "! subject transfers-value: the schema cannot follow those that are there: no default for `pulse`";
    check(refused, NOTHING, &[line]);
    let mut found = in_order();
    refused(&mut found);
    assert!(plan(&wanted(), &found, NOTHING).is_refused());
    let older = |found: &mut Found| subject(found).refusal = Some("an older program's schema".to_owned());
    check(older, NOTHING, &[]);
}
