//! The configuration of librdkafka's clients. Services add what is theirs with `.set(..)`.
//!
//! Source: librdkafka's CONFIGURATION.md.

use super::config::KafkaSettings;
use rdkafka::ClientConfig;

/// As the topics of answers allow; those of commands allow about 1 MB, so the answer to the largest command fits.
pub const PRODUCER_MESSAGE_MAX_BYTES: u32 = 4_194_304;

/// Whether a producer may leave out a record and go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// A record that was not delivered is reported; those behind it are still sent.
    Allowed,
    /// A record that was not delivered ends the producer, so that none behind it overtakes it.
    Fatal,
}

/// A producer that repeats and reorders nothing: idempotent, acknowledged by all in-sync replicas, with Java's
/// partitioner (librdkafka's own differs, and would split a key's records over partitions).
#[must_use]
pub fn producer_config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = shared(settings);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", settings.linger_ms.to_string())
        .set("message.max.bytes", PRODUCER_MESSAGE_MAX_BYTES.to_string())
        .set("queue.buffering.max.messages", settings.producer_queue_max_messages.to_string())
        .set("queue.buffering.max.kbytes", settings.producer_queue_max_kib.to_string());
    config
}

/// As [`producer_config`]; with [`Gaps::Fatal`], an undelivered record is a fatal error of the producer.
#[must_use]
pub fn producer_config_with(settings: &KafkaSettings, gaps: Gaps) -> ClientConfig {
    let mut config = producer_config(settings);
    config.set("enable.gapless.guarantee", (gaps == Gaps::Fatal).to_string());
    config
}

/// A consumer that starts at the beginning where its group has no offset, and commits only what it is told to.
#[must_use]
pub fn consumer_config(settings: &KafkaSettings, group: &str) -> ClientConfig {
    let mut config = shared(settings);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "false")
        .set("allow.auto.create.topics", "false")
        .set("queued.max.messages.kbytes", settings.fetch_queue_max_kib.to_string())
        // The broker answers as soon as there is a byte; this is only how long it waits for that byte.
        .set("fetch.min.bytes", "1")
        .set("fetch.wait.max.ms", "500")
        // By default a consumer whose queue was full sleeps for a second before it fetches again.
        .set("fetch.queue.backoff.ms", "1")
        .set("fetch.error.backoff.ms", "100");
    config
}

/// A client for questions and for the admin API.
#[must_use]
pub fn client_config(settings: &KafkaSettings) -> ClientConfig {
    shared(settings)
}

fn shared(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", &settings.client_id)
        .set("socket.nagle.disable", "true")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("topic.metadata.refresh.interval.ms", "30000")
        // A broker that stands still keeps its connections: what is on its way to it waits this long, though another one
        // leads its partitions after seconds. The default is 60 s.
        .set("socket.timeout.ms", "10000")
        // Brokers close idle connections as a matter of course.
        .set("log.connection.close", "false");
    config
}
