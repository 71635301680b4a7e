//! What Kafka tells of the bank: how far a module's consumer groups are behind, and how many commands there are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError as LibraryError;
use service_kit::kafka::{
    Deadline, KafkaSettings, Offsets, TopicSettings, committed, consumer_config, lag, offsets_at, partitions_in,
};
use topology::reading::READINGS;
use topology::topic::groups::COMMAND_HANDLER_GROUP;
use topology::topic::names::{CONFIRM_ACCOUNT_CREATION, CONFIRM_MONEY_TRANSFER};

/// Asks Kafka. It is a member of no group.
pub struct Log {
    settings: KafkaSettings,
    topics: TopicSettings,
    /// By the group that they may ask of, made when they are first wanted.
    clients: Mutex<BTreeMap<&'static str, Arc<BaseConsumer>>>,
}

impl Log {
    /// Asks nobody yet.
    #[must_use]
    pub fn new(settings: &KafkaSettings, topics: &TopicSettings) -> Self {
        Self { settings: settings.clone(), topics: topics.clone(), clients: Mutex::default() }
    }

    /// Records that a module has still to read, by what its groups have committed. `None` where they have committed nothing, as those of
    /// a module that keeps its place elsewhere, or Kafka does not answer.
    pub async fn lag(&self, service: &str) -> Option<u64> {
        let mut sum = None;
        for reading in READINGS.iter().filter(|reading| reading.service == service) {
            let topics = [reading.topic];
            let behind = self.ask(reading.group, &topics, |client, partitions, deadline| {
                let next = only(committed(client, named(partitions), deadline)?);
                if next.is_empty() {
                    return Ok(None);
                }
                let ends = only(offsets_at(client, named(partitions), Offset::End, deadline)?);
                let begins = only(offsets_at(client, named(partitions), Offset::Beginning, deadline)?);
                Ok(Some(lag(&ends, &next, &begins)))
            });
            if let Some(behind) = behind.await? {
                sum = Some(sum.unwrap_or_default() + u64::try_from(behind).unwrap_or_default());
            }
        }
        sum
    }

    /// How many commands were ever written; `None` where Kafka does not answer.
    pub async fn commands(&self) -> Option<u64> {
        let topics = [CONFIRM_ACCOUNT_CREATION, CONFIRM_MONEY_TRANSFER];
        let ends = self.ask(COMMAND_HANDLER_GROUP, &topics, |client, partitions, deadline| {
            let ends = offsets_at(client, named(partitions), Offset::End, deadline)?;
            Ok(ends.values().flat_map(Offsets::values).sum::<i64>())
        });
        u64::try_from(ends.await?).ok()
    }

    /// Of topics by the contract's names.
    async fn ask<T: Send + 'static>(
        &self,
        group: &'static str,
        topics: &[&str],
        question: impl FnOnce(&BaseConsumer, &[(String, i32)], Deadline) -> Result<T, LibraryError> + Send + 'static,
    ) -> Option<T> {
        let topics: Vec<String> =
            topics.iter().map(|topic| self.topics.name_of(topic).unwrap_or(topic).to_owned()).collect();
        let client = match self.client(group) {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "no client of Kafka");
                return None;
            }
        };
        let timeout = Duration::from_millis(self.settings.request_timeout_ms);
        let asked = tokio::task::spawn_blocking(move || {
            let deadline = Deadline::after(timeout);
            let mut partitions = Vec::new();
            for topic in topics {
                let metadata = client.fetch_metadata(Some(&topic), deadline.left())?;
                let count = partitions_in(&metadata, &topic).unwrap_or_default();
                partitions.extend((0..count).map(|partition| (topic.clone(), partition)));
            }
            // Nothing is assigned, so no record can come; what the library has to say besides is let go.
            client.poll(Duration::ZERO);
            question(&client, &partitions, deadline)
        });
        asked.await.ok()?.inspect_err(|error| tracing::debug!(%error, "asking Kafka")).ok()
    }

    fn client(&self, group: &'static str) -> Result<Arc<BaseConsumer>, LibraryError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(group) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(consumer_config(&self.settings, group).create()?);
        clients.insert(group, Arc::clone(&client));
        Ok(client)
    }
}

fn named(partitions: &[(String, i32)]) -> impl Iterator<Item = (&str, i32)> {
    partitions.iter().map(|(topic, partition)| (topic.as_str(), *partition))
}

/// Of one topic that was asked for.
fn only(by_topic: BTreeMap<String, Offsets>) -> Offsets {
    by_topic.into_values().next().unwrap_or_default()
}
