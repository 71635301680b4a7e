//! What can go wrong, by what follows from it.

use std::net::SocketAddr;

use rdkafka::error::KafkaError as LibraryError;
use service_kit::kafka::KafkaError;
use service_kit::registry::RegistryError;

use crate::pace::PaceRefusal;

/// Fatal: the service ends with it. What a caller did wrong is a [`PaceRefusal`], what is tried again an [`Interruption`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first pace is out of its bounds.
    #[error("the pace to start with is not allowed")]
    Pace(#[from] PaceRefusal),
    /// The port of the pace API is taken, or not ours to listen on.
    #[error("cannot listen on {address} for the pace (PACE_PORT)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The pace API broke.
    #[error("the pace API ended")]
    Serve(#[source] std::io::Error),
    /// The settings make no Kafka client.
    #[error("no Kafka client can be made of these settings")]
    Client(#[from] KafkaError),
    /// The settings make no client of the schema registry.
    #[error("no client of the schema registry can be made of these settings")]
    Registry(#[from] RegistryError),
    /// The thread that sends beats panicked.
    #[error("the sender ended unexpectedly")]
    Sender(#[source] tokio::task::JoinError),
}

/// Retry: what ends a producer, but not the service; a new one goes on from the topic's last beat.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// A beat was not delivered, so none after it was.
    #[error("Kafka did not take a beat")]
    Undelivered(#[source] LibraryError),
    /// Nothing was acknowledged for long, and the producer, asked, reaches nobody: librdkafka's clients may forget their brokers for good.
    #[error("the producer reaches nobody any more")]
    Deaf(#[source] LibraryError),
    /// The producer could not be made, or the topic's last beat could not be read.
    #[error("{doing}")]
    Library {
        /// What was being done.
        doing: &'static str,
        /// What librdkafka said.
        source: LibraryError,
    },
    /// The schema of the topic's last beat is not known, and the registry does not answer.
    #[error("cannot decode the heartbeat topic's last beat")]
    Registry(#[source] RegistryError),
    /// The program stops.
    #[error("the program is stopping")]
    GivenUp,
    /// The counter has reached the end of 64 bits.
    #[error("there is no number left for another beat")]
    OutOfNumbers,
    /// The topic's last beat did not arrive in time.
    #[error("the last beat of `{topic}` could not be read within {timeout_ms} ms")]
    LastBeat {
        /// The topic.
        topic: String,
        /// How long it was waited for.
        timeout_ms: u64,
    },
}
