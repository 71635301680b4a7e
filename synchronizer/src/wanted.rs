//! What should be: the topology under the names that the settings give.

use crate::Error;
use service_kit::registry::value_subject;
use service_kit::settings::TopicSettings;
use std::collections::BTreeSet;
use topology::topic::{KeyKind, TOPICS, TopicSpec};

/// A topic that should be, with its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedTopic {
    /// Its name.
    pub name: String,
    /// Its partitions, no more and no fewer.
    pub partitions: i32,
    /// Whether the records of a key tell a history, whose order is that of their partition.
    pub tells_histories: bool,
    /// Its replicas, capped at the number of brokers.
    pub replicas: i32,
    /// What it must be configured to; the rest is the broker's or the operator's.
    pub config: Vec<(&'static str, &'static str)>,
    /// The schema of its values; `None` where no subject belongs to it.
    pub schema: Option<&'static str>,
}

impl WantedTopic {
    /// The registry's subject of its values.
    #[must_use]
    pub fn subject(&self) -> String {
        value_subject(&self.name)
    }

    fn from_spec(spec: &TopicSpec, names: &TopicSettings) -> Self {
        Self {
            name: names.name_of(spec.name).unwrap_or(spec.name).to_owned(),
            partitions: spec.partitions,
            tells_histories: spec.key == KeyKind::Iban,
            replicas: spec.replicas,
            config: spec.config.to_vec(),
            schema: Some(spec.schema),
        }
    }
}

/// The topology under these names; with `_schemas` where the registry keeps its schemas in Kafka.
///
/// # Errors
/// [`Error::SameName`] when two topics have been given one name.
pub fn wanted(names: &TopicSettings, schemas_in_kafka: bool) -> Result<Vec<WantedTopic>, Error> {
    let mut topics: Vec<WantedTopic> = TOPICS.iter().map(|spec| WantedTopic::from_spec(spec, names)).collect();
    if schemas_in_kafka {
        topics.push(WantedTopic {
            name: "_schemas".to_owned(),
            partitions: 1,
            tells_histories: false,
            replicas: 3,
            config: vec![("cleanup.policy", "compact")],
            schema: None,
        });
    }
    let mut seen = BTreeSet::new();
    match topics.iter().find(|topic| !seen.insert(&topic.name)) {
        Some(topic) => Err(Error::SameName(topic.name.clone())),
        None => Ok(topics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_of_the_contract_has_a_setting() {
        let names = TopicSettings::prefixed("mine-");
        let topics = wanted(&names, false).expect("names differ");
        assert_eq!(topics.len(), TOPICS.len());
        assert!(topics.iter().all(|topic| topic.name.starts_with("mine-")), "{topics:#?}");
    }

    #[test]
    fn history_is_kept_but_for_heartbeats() {
        for topic in wanted(&TopicSettings::prefixed(""), false).expect("names differ") {
            let value = |key: &str| topic.config.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            let expected = if topic.name == "heartbeat" { (Some("900000"), None) } else { (Some("-1"), Some("-1")) };
            assert_eq!((value("retention.ms"), value("retention.bytes")), expected, "{}", topic.name);
        }
    }

    #[test]
    fn one_name_for_two_topics_is_refused() {
        let mut names = TopicSettings::prefixed("");
        names.acf.clone_from(&names.acc);
        assert!(matches!(wanted(&names, false), Err(Error::SameName(name)) if name == "account_creation_confirmed"));
    }

    #[test]
    fn the_registrys_own_topic_is_made_where_asked() {
        let topics = wanted(&TopicSettings::prefixed(""), true).expect("names differ");
        let schemas = topics.iter().find(|topic| topic.name == "_schemas").expect("asked for");
        assert_eq!((schemas.partitions, schemas.schema), (1, None));
    }
}
