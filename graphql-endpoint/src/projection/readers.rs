//! The consumers of the projection, started where it stopped.

use super::change::Change;
use super::marks::Marks;
use super::repo::TopicMarks;
use super::sources::{Changes, Creation, Creations};
use crate::consume::{Outcomes, Plan, Reader, TopicPartition};
use crate::error::Fault;
use service_kit::kafka::{Metadata, Watermarks};
use service_kit::registry::Registry;
use service_kit::settings::{KafkaSettings, TopicSettings};
use std::sync::Arc;
use topology::topic::groups;

/// The consumers of changes and of account creations.
pub struct Readers {
    /// Of `balance_changed`.
    pub changes: Reader<Arc<Change>>,
    /// Of `account_creation_confirmed` and `account_creation_failed`.
    pub creations: Outcomes<Creation>,
}

/// What is needed to start them.
#[derive(Clone)]
pub struct ReaderParts {
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// What the topics are called.
    pub topics: TopicSettings,
    /// Schemas.
    pub registry: Registry,
    /// Partitions and their ends.
    pub metadata: Metadata,
    /// Records in a batch.
    pub batch_max_records: usize,
    /// Batches that may wait.
    pub batches_ahead: usize,
}

impl ReaderParts {
    /// Starts all behind these marks; a partition without one is read from its beginning.
    pub async fn start(&self, marks: &TopicMarks) -> Result<Readers, Fault> {
        let changes = self.plan(groups::GRAPHQL_ENDPOINT_TRANSACTIONS_GROUP, &self.topics.bc, marks).await?;
        let confirmed = self.plan(groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP, &self.topics.acc, marks).await?;
        let failed = self.plan(groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP, &self.topics.acf, marks).await?;
        Ok(Readers {
            changes: Reader::start(&self.kafka, &changes, Changes::new(&self.registry))?,
            creations: Outcomes {
                confirmed: Reader::start(&self.kafka, &confirmed, Creations::confirmed(&self.registry))?,
                failed: Reader::start(&self.kafka, &failed, Creations::failed(&self.registry))?,
            },
        })
    }

    /// The numbers of a topic's partitions.
    pub async fn partitions_of(&self, topic: &str) -> Result<std::ops::Range<i32>, Fault> {
        Ok(0..self.metadata.partition_count(topic).await?)
    }

    /// The ends of the projection's topics.
    pub async fn ends(&self) -> Result<Vec<(TopicPartition, i64)>, Fault> {
        let mut ends = Vec::new();
        for topic in [&self.topics.bc, &self.topics.acc, &self.topics.acf] {
            let name: Arc<str> = topic.as_str().into();
            let watermarks = self.metadata.watermarks(topic).await?;
            ends.extend(watermarks.iter().map(|found| ((Arc::clone(&name), found.partition), found.high)));
        }
        Ok(ends)
    }

    async fn plan(&self, group: &'static str, topic: &str, marks: &TopicMarks) -> Result<Plan, Fault> {
        let none = Marks::default();
        let marks = marks.get(topic).unwrap_or(&none);
        let watermarks = self.metadata.watermarks(topic).await?;
        let start = |found: &Watermarks| (found.partition, marks.of(found.partition).next_offset.max(found.low));
        Ok(Plan {
            group,
            topic: topic.into(),
            starts: watermarks.iter().map(start).collect(),
            batch_max_records: self.batch_max_records,
            batches_ahead: self.batches_ahead,
        })
    }
}
