//! Kafka: what is there, and the actions on topics.

use crate::Error;
use crate::found::FoundTopic;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewPartitions, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication, TopicResult,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::types::RDKafkaErrorCode;
use service_kit::kafka::{KafkaSettings, client_config};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Kafka's admin interface.
pub(crate) struct Cluster {
    admin: Arc<AdminClient<DefaultClientContext>>,
    timeout: Duration,
    brokers: String,
}

impl Cluster {
    pub(crate) fn new(settings: &KafkaSettings) -> Result<Self, Error> {
        Ok(Self {
            admin: Arc::new(client_config(settings).create()?),
            timeout: Duration::from_millis(settings.request_timeout_ms),
            brokers: settings.brokers.clone(),
        })
    }

    pub(crate) fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The number of brokers and all topics, these without their configuration.
    pub(crate) async fn topics(&self) -> Result<(i32, BTreeMap<String, FoundTopic>), Error> {
        let (admin, timeout) = (Arc::clone(&self.admin), self.timeout);
        let asked = move || {
            let answer = admin.inner().fetch_metadata(None, timeout)?;
            let brokers = i32::try_from(answer.brokers().len()).unwrap_or(i32::MAX);
            let topics = answer.topics().iter().map(|topic| (topic.name().to_owned(), found_topic(topic)));
            Ok::<_, LibraryError>((brokers, topics.collect()))
        };
        Ok(tokio::task::spawn_blocking(asked).await.map_err(|_| Error::GivenUp)??)
    }

    /// Whether a topic has had records in one of its partitions.
    pub(crate) async fn has_records(&self, topic: &str, partitions: i32) -> Result<bool, Error> {
        let (admin, timeout, topic) = (Arc::clone(&self.admin), self.timeout, topic.to_owned());
        let asked = move || {
            let mut ends = (0..partitions).map(|partition| admin.inner().fetch_watermarks(&topic, partition, timeout));
            ends.try_fold(false, |any, ends| Ok::<_, LibraryError>(any || ends?.1 > 0))
        };
        Ok(tokio::task::spawn_blocking(asked).await.map_err(|_| Error::GivenUp)??)
    }

    /// Adds the configuration of those topics that have one of these names.
    pub(crate) async fn read_config(
        &self,
        names: impl Iterator<Item = &str>,
        topics: &mut BTreeMap<String, FoundTopic>,
    ) -> Result<(), Error> {
        let there: Vec<ResourceSpecifier<'_>> =
            names.filter(|name| topics.contains_key(*name)).map(ResourceSpecifier::Topic).collect();
        if there.is_empty() {
            return Ok(());
        }
        for answer in self.admin.describe_configs(&there, &self.options()).await? {
            let resource = answer.map_err(LibraryError::AdminOp)?;
            let OwnedResourceSpecifier::Topic(name) = resource.specifier else { continue };
            if let Some(topic) = topics.get_mut(&name) {
                add_config(topic, resource.entries);
            }
        }
        Ok(())
    }

    pub(crate) async fn create(
        &self,
        topic: &str,
        partitions: i32,
        replicas: i32,
        config: &[(&str, &str)],
    ) -> Result<(), Error> {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas));
        let new = config.iter().fold(new, |new, (key, value)| new.set(key, value));
        // One that was made by an attempt whose answer was lost; what is there is compared at the end.
        done(self.admin.create_topics([&new], &self.options()).await?, RDKafkaErrorCode::TopicAlreadyExists)
    }

    pub(crate) async fn set_config(&self, topic: &str, complete: &BTreeMap<String, String>) -> Result<(), Error> {
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(topic));
        for (key, value) in complete {
            change = change.set(key, value);
        }
        for answer in self.admin.alter_configs([&change], &self.options()).await? {
            answer.map_err(|(_, code)| Error::Topic { topic: topic.to_owned(), code })?;
        }
        Ok(())
    }

    pub(crate) async fn add_partitions(&self, topic: &str, partitions: i32) -> Result<(), Error> {
        let count = usize::try_from(partitions).unwrap_or_default();
        let more = NewPartitions::new(topic, count);
        let answers = self.admin.create_partitions([&more], &self.options()).await?;
        // Kafka says so of a topic that has this many already, after an attempt whose answer was lost.
        done(answers, RDKafkaErrorCode::InvalidPartitions)
    }

    pub(crate) async fn delete(&self, topic: &str) -> Result<(), Error> {
        let answers = self.admin.delete_topics(&[topic], &self.options()).await?;
        done(answers, RDKafkaErrorCode::UnknownTopicOrPartition)
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout))
    }
}

fn add_config(topic: &mut FoundTopic, entries: Vec<ConfigEntry>) {
    for entry in entries {
        let Some(value) = entry.value else { continue };
        if matches!(entry.source, ConfigSource::DynamicTopic) {
            topic.own_config.insert(entry.name.clone(), value.clone());
        }
        topic.config.insert(entry.name, value);
    }
}

fn found_topic(topic: &rdkafka::metadata::MetadataTopic) -> FoundTopic {
    let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or_default();
    FoundTopic {
        partitions: i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX),
        replicas: i32::try_from(replicas).unwrap_or(i32::MAX),
        ..FoundTopic::default()
    }
}

/// A refusal that only says the work was done before counts as done.
fn done(answers: Vec<TopicResult>, before: RDKafkaErrorCode) -> Result<(), Error> {
    for answer in answers {
        match answer {
            Err((topic, code)) if code != before => return Err(Error::Topic { topic, code }),
            _ => {}
        }
    }
    Ok(())
}
