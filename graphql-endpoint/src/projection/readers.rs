//! The two consumers of the projection, started where it stopped.

use super::change::Change;
use super::marks::Marks;
use super::repo::TopicMarks;
use super::sources::{Changes, Creation, Creations};
use crate::consume::{Plan, Reader, TopicPartition};
use crate::error::Fault;
use service_kit::kafka::Metadata;
use service_kit::registry::Registry;
use service_kit::settings::{KafkaSettings, TopicSettings};
use std::sync::Arc;
use topology::topic::groups;

/// The consumers of changes and of account creations.
pub struct Readers {
    /// Of `balance_changed`.
    pub changes: Reader<Arc<Change>>,
    /// Of `account_creation_confirmed` and `account_creation_failed`.
    pub creations: Reader<Creation>,
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
    /// Starts both behind these marks; a partition without one is read from its beginning.
    pub async fn start(&self, marks: &TopicMarks) -> Result<Readers, Fault> {
        let changes = self.starts(&[&self.topics.bc], marks).await?;
        let creations = self.starts(&[&self.topics.acc, &self.topics.acf], marks).await?;
        let plan = |group, starts| Plan {
            group,
            starts,
            batch_max_records: self.batch_max_records,
            batches_ahead: self.batches_ahead,
        };
        let changes = plan(groups::GRAPHQL_ENDPOINT_TRANSACTIONS_GROUP, changes);
        let creations = plan(groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP, creations);
        Ok(Readers {
            changes: Reader::start(&self.kafka, &changes, Changes::new(&self.registry))?,
            creations: Reader::start(&self.kafka, &creations, Creations::new(&self.registry))?,
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

    async fn starts(&self, topics: &[&str], marks: &TopicMarks) -> Result<Vec<(TopicPartition, i64)>, Fault> {
        let none = Marks::default();
        let mut starts = Vec::new();
        for topic in topics {
            let name: Arc<str> = (*topic).into();
            let marks = marks.get(*topic).unwrap_or(&none);
            for found in self.metadata.watermarks(topic).await? {
                let offset = marks.of(found.partition).next_offset.max(found.low);
                starts.push(((Arc::clone(&name), found.partition), offset));
            }
        }
        Ok(starts)
    }
}
