//! Telling a consumer that has nothing to read from one that will never hear anything again.

use super::config::KafkaSettings;
use rdkafka::consumer::{Consumer, ConsumerContext};
use rdkafka::error::KafkaError as LibraryError;
use std::time::{Duration, Instant};

/// How long a consumer hears nothing before it is asked whether it reaches Kafka.
const QUIET: Duration = Duration::from_secs(5);

/// How long a consumer has heard nothing, and whether that is well.
///
/// librdkafka forgets its brokers when one that was frozen wakes and answers that there are none, at times for good. Such a
/// consumer looks like one of a quiet topic; it must be given up for another, which starts where this one stopped.
#[derive(Debug)]
pub struct Silence {
    since: Instant,
    patience: Duration,
}

impl Silence {
    /// Of a consumer that starts now.
    #[must_use]
    pub fn new(settings: &KafkaSettings) -> Self {
        Self { since: Instant::now(), patience: Duration::from_millis(settings.request_timeout_ms) }
    }

    /// A record has come.
    pub fn is_broken(&mut self) {
        self.since = Instant::now();
    }

    /// To be called while nothing comes: every 5 s it asks Kafka, through this consumer, about its topic.
    ///
    /// # Errors
    /// When there is no answer within `KAFKA_REQUEST_TIMEOUT_MS`: the consumer is to be given up.
    pub fn look<C: ConsumerContext>(&mut self, consumer: &impl Consumer<C>, topic: &str) -> Result<(), LibraryError> {
        if self.since.elapsed() >= QUIET {
            consumer.fetch_metadata(Some(topic), self.patience)?;
            self.since = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::consumer_config;
    use clap::Parser;
    use rdkafka::consumer::BaseConsumer;

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
    }
}
