//! Telling a client that has nothing to hear from one that will never hear anything again.

use super::config::KafkaSettings;
use rdkafka::consumer::{Consumer, ConsumerContext};
use rdkafka::error::KafkaError as LibraryError;
use rdkafka::producer::{Producer, ProducerContext};
use std::time::{Duration, Instant};

/// How long a client hears nothing before it is asked whether it reaches Kafka.
const QUIET: Duration = Duration::from_secs(5);

/// How long a client has heard nothing, and whether that is well.
///
/// librdkafka forgets its brokers when one that was frozen wakes and answers that there are none, at times for good. Such a
/// consumer looks like one of a quiet topic, such a producer like one whose broker is slow; it must be given up for another, which
/// starts where this one stopped.
///
/// Source: librdkafka's issue 5301.
#[derive(Debug)]
pub struct Silence {
    since: Instant,
    patience: Duration,
}

impl Silence {
    /// Of a client that starts now.
    #[must_use]
    pub fn new(settings: &KafkaSettings) -> Self {
        Self { since: Instant::now(), patience: Duration::from_millis(settings.request_timeout_ms) }
    }

    /// A record has come, an acknowledgement, or there is none to wait for.
    pub fn is_broken(&mut self) {
        self.since = Instant::now();
    }

    /// To be called while nothing comes: every 5 s it asks Kafka, through this consumer, about its topic.
    ///
    /// # Errors
    /// When there is no answer within `KAFKA_REQUEST_TIMEOUT_MS`: the consumer is to be given up.
    pub fn look<C: ConsumerContext>(&mut self, consumer: &impl Consumer<C>, topic: &str) -> Result<(), LibraryError> {
        self.ask(|patience| consumer.fetch_metadata(Some(topic), patience).map(drop))
    }

    /// To be called while acknowledgements are waited for and none comes: every 5 s it asks Kafka, through this producer, about its topic.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn look_for_acknowledgements<C: ProducerContext>(
        &mut self,
        producer: &impl Producer<C>,
        topic: &str,
    ) -> Result<(), LibraryError> {
        self.ask(|patience| producer.client().fetch_metadata(Some(topic), patience).map(drop))
    }

    fn ask(&mut self, question: impl FnOnce(Duration) -> Result<(), LibraryError>) -> Result<(), LibraryError> {
        if self.since.elapsed() >= QUIET {
            question(self.patience)?;
            self.since = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{consumer_config, producer_config};
    use clap::Parser;
    use rdkafka::consumer::BaseConsumer;
    use rdkafka::producer::BaseProducer;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        kafka: KafkaSettings,
    }

    #[test]
    fn only_a_long_silence_is_looked_into() {
        let settings =
            Only::parse_from(["test", "--kafka-brokers", "localhost:1", "--kafka-request-timeout-ms", "100"]).kafka;
        let consumer: BaseConsumer = consumer_config(&settings, "group").create().expect("valid settings");
        let mut silence = Silence::new(&settings);
        assert!(silence.look(&consumer, "topic").is_ok(), "it has only begun");
        silence.since = silence.since.checked_sub(QUIET).expect("the machine is up for longer");
        assert!(silence.look(&consumer, "topic").is_err(), "nobody answers");
        assert!(silence.look(&consumer, "topic").is_err(), "and it goes on");
        silence.is_broken();
        assert!(silence.look(&consumer, "topic").is_ok());

        let producer: BaseProducer = producer_config(&settings).create().expect("valid settings");
        assert!(silence.look_for_acknowledgements(&producer, "topic").is_ok());
        silence.since = silence.since.checked_sub(QUIET).expect("the machine is up for longer");
        assert!(silence.look_for_acknowledgements(&producer, "topic").is_err(), "nobody answers it either");
    }
}
