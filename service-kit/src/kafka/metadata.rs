//! Questions about the cluster: partitions, ends of logs, the cluster's id.
//!
//! librdkafka answers them on the calling thread, so they are asked on the runtime's blocking threads.

use super::client::client_config;
use super::config::KafkaSettings;
use super::error::KafkaError;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as LibraryError, RDKafkaErrorCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The readable part of a partition: records from `low` up to, not including, `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// The partition.
    pub partition: i32,
    /// The first offset that can still be read.
    pub low: i64,
    /// The offset that the next record will get.
    pub high: i64,
}

/// A client for questions. Cheap to clone.
#[derive(Clone)]
pub struct Metadata {
    client: Arc<Mutex<Arc<BaseConsumer>>>,
    settings: Arc<KafkaSettings>,
}

impl Metadata {
    /// A client; it connects when it is first asked.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(settings: &KafkaSettings) -> Result<Self, KafkaError> {
        let client = client_config(settings)
            .create()
            .map_err(|source| KafkaError::Library { brokers: settings.brokers.clone(), source })?;
        Ok(Self { client: Arc::new(Mutex::new(Arc::new(client))), settings: Arc::new(settings.clone()) })
    }

    /// The number of brokers; an answer means that Kafka is there.
    ///
    /// # Errors
    /// When no broker answers in time.
    pub async fn broker_count(&self) -> Result<usize, KafkaError> {
        self.ask(|client, timeout| client.fetch_metadata(Some(NO_TOPIC), timeout).map(|answer| answer.brokers().len()))
            .await
    }

    /// The id that the cluster got when it was formatted; another id is another cluster.
    ///
    /// # Errors
    /// When no broker answers in time.
    pub async fn cluster_id(&self) -> Result<String, KafkaError> {
        self.ask(|client, timeout| client.client().fetch_cluster_id(timeout).ok_or(NO_ANSWER)).await
    }

    /// The number of partitions of a topic.
    ///
    /// # Errors
    /// [`KafkaError::NoTopic`] when it does not exist.
    pub async fn partition_count(&self, topic: &str) -> Result<i32, KafkaError> {
        let wanted = topic.to_owned();
        let partitions = self
            .ask(move |client, timeout| {
                let answer = client.fetch_metadata(Some(&wanted), timeout)?;
                let found = answer.topics().iter().find(|topic| topic.name() == wanted);
                Ok(found.map_or(0, |topic| topic.partitions().len()))
            })
            .await?;
        match i32::try_from(partitions) {
            Ok(partitions @ 1..) => Ok(partitions),
            _ => Err(KafkaError::NoTopic(topic.to_owned())),
        }
    }

    /// The watermarks of all partitions of a topic, by partition.
    ///
    /// # Errors
    /// [`KafkaError::NoTopic`] when it does not exist.
    pub async fn watermarks(&self, topic: &str) -> Result<Vec<Watermarks>, KafkaError> {
        let partitions = self.partition_count(topic).await?;
        let topic = topic.to_owned();
        self.ask(move |client, timeout| {
            let watermarks = |partition| {
                let (low, high) = client.fetch_watermarks(&topic, partition, timeout)?;
                Ok(Watermarks { partition, low, high })
            };
            (0..partitions).map(watermarks).collect()
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&BaseConsumer, Duration) -> Result<T, LibraryError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let current = Arc::clone(&self.client);
        let settings = Arc::clone(&self.settings);
        let asked = move || {
            let client = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
            let answer = question(&client, Duration::from_millis(settings.request_timeout_ms));
            log_what_happened(&client);
            if answer.as_ref().is_err_and(may_have_lost_its_brokers) {
                replace(&current, &client, &settings);
            }
            answer
        };
        let answer = tokio::task::spawn_blocking(asked).await;
        answer
            .map_err(|_| KafkaError::GivenUp)?
            .map_err(|source| KafkaError::Library { brokers: self.settings.brokers.clone(), source })
    }
}

/// A broker that was frozen and wakes, and is not in the cluster again yet, answers that the cluster has no brokers at all.
/// librdkafka takes it at its word, forgets every broker it knew, and in some orders of events its way back to
/// `bootstrap.servers` too: such a client asks nobody ever again, and only another one helps.
///
/// Source: librdkafka's issue 5301.
fn may_have_lost_its_brokers(error: &LibraryError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut)
    )
}

/// Puts a new client in the place of the one that did not answer, unless somebody else has done so.
fn replace(current: &Mutex<Arc<BaseConsumer>>, failed: &Arc<BaseConsumer>, settings: &KafkaSettings) {
    // The settings were accepted when the first one was made.
    let Ok(client) = client_config(settings).create() else { return };
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if Arc::ptr_eq(&current, failed) {
        *current = Arc::new(client);
    }
}

/// Asks Kafka, through a consumer without partitions, whether it reaches it. Blocks.
///
/// # Errors
/// When there is no answer in time.
pub fn ask<C: ConsumerContext>(consumer: &BaseConsumer<C>, timeout: Duration) -> Result<(), LibraryError> {
    let answer = consumer.fetch_metadata(None, timeout).map(drop);
    log_what_happened(consumer);
    answer
}

/// librdkafka keeps what it has to say in a queue until it is polled, which nobody else does here.
fn log_what_happened<C: ConsumerContext>(client: &BaseConsumer<C>) {
    for _ in 0..MAX_EVENTS_PER_QUESTION {
        // It has no assignment, so no record can come; errors were logged by the client's context.
        let _ = client.poll(Duration::ZERO);
    }
}

/// More than a question causes, so that the queue does not grow.
const MAX_EVENTS_PER_QUESTION: usize = 64;
/// Asking about a topic that is not there gets the brokers without all the other topics.
const NO_TOPIC: &str = "__no_topic";
const NO_ANSWER: LibraryError = LibraryError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);

impl std::fmt::Debug for Metadata {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Metadata").field("brokers", &self.settings.brokers).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        kafka: KafkaSettings,
    }

    #[tokio::test]
    async fn a_client_that_got_no_answer_is_not_asked_again() {
        let flags = ["test", "--kafka-brokers", "localhost:1", "--kafka-request-timeout-ms", "100"];
        let metadata = Metadata::new(&Only::parse_from(flags).kafka).expect("valid settings");
        let asked = || Arc::clone(&metadata.client.lock().expect("nobody panicked"));
        let first = asked();
        assert!(metadata.broker_count().await.is_err());
        let second = asked();
        assert!(!Arc::ptr_eq(&first, &second), "it may have forgotten where Kafka is");
        assert!(metadata.clone().cluster_id().await.is_err());
        assert!(!Arc::ptr_eq(&second, &asked()), "clones ask the same client");
    }

    #[test]
    fn what_a_broker_answered_is_an_answer() {
        let rows = [
            (RDKafkaErrorCode::BrokerTransportFailure, true),
            (RDKafkaErrorCode::OperationTimedOut, true),
            (RDKafkaErrorCode::UnknownTopicOrPartition, false),
            (RDKafkaErrorCode::TopicAuthorizationFailed, false),
        ];
        for (code, lost) in rows {
            assert_eq!(may_have_lost_its_brokers(&LibraryError::MetadataFetch(code)), lost, "{code:?}");
        }
    }
}
