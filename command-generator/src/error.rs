//! What can go wrong, by what follows from it.

use rdkafka::error::KafkaError as LibraryError;
use service_kit::kafka::KafkaError;
use service_kit::registry::RegistryError;

/// Fatal: the service ends with it. What is tried again is an [`Interruption`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings make no Kafka client.
    #[error("no Kafka client can be made of these settings")]
    Client(#[from] KafkaError),
    /// The settings make no client of the schema registry.
    #[error("no client of the schema registry can be made of these settings")]
    Registry(#[from] RegistryError),
    /// A second generator uses this one's name.
    #[error("another generator took over the name `{instance}`; give each its own GENERATOR_INSTANCE")]
    NameTaken {
        /// The name.
        instance: String,
    },
    /// The thread that generates panicked.
    #[error("the generator's thread ended unexpectedly")]
    Thread(#[source] tokio::task::JoinError),
}

/// Retry: what ends a turn of being active. Everything in memory is dropped, and the next turn starts from what was
/// committed; the beats since then are read again and become the same commands.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// The heartbeat topic belongs to another generator, or will, or the group's coordinator is not heard of.
    #[error("the heartbeat topic is no longer ours")]
    Revoked,
    /// A second generator uses this one's name, or a coordinator without memory says so. Fatal, as [`Error::NameTaken`], when
    /// it comes again at once.
    #[error("another generator took over this one's name")]
    NameTaken,
    /// The service stops, and Kafka takes nothing.
    #[error("stopped with commands that Kafka did not take; the next start sends them")]
    Stopping,
    /// A client has not heard of Kafka for long, and asked, gets no answer; librdkafka's clients may forget their brokers for good.
    #[error("a client of Kafka reaches nobody any more")]
    Deaf(#[source] LibraryError),
    /// A command was not delivered.
    #[error("Kafka did not take a command")]
    Undelivered(#[source] LibraryError),
    /// The place in the topics, or what was promised about beats, could not be stored.
    #[error("Kafka did not store the offsets")]
    Commit(#[source] LibraryError),
    /// Something else that librdkafka did not do.
    #[error("{doing}")]
    Library {
        /// What was being done.
        doing: &'static str,
        /// What librdkafka said.
        source: LibraryError,
    },
    /// A record's schema is not known, and the registry does not answer.
    #[error("cannot decode a record")]
    Registry(#[from] RegistryError),
}
