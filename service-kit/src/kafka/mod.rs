//! Kafka: client configurations, questions about the cluster, waiting for it, consumers that lost it.

mod client;
pub mod config;
mod detached;
mod error;
mod headers;
mod metadata;
mod new_partitions;
mod offsets;
mod silence;

pub use client::{
    Gaps, PRODUCER_MESSAGE_MAX_BYTES, client_config, consumer_config, producer_config, producer_config_with,
};
pub use config::{KafkaSettings, TopicSettings};
pub use detached::Detached;
pub use error::KafkaError;
pub use headers::{NameAndValue, all_headers, header_value, readable_headers};
pub use metadata::{Metadata, Watermarks, ask};
pub use new_partitions::NewPartitions;
pub use offsets::{Deadline, Offsets, committed, lag, offsets_at, partitions_in};
pub use silence::Silence;

use crate::admin::Part;
use crate::retry::{Backoff, Stopped, wait_for};
use tokio_util::sync::CancellationToken;

/// Waits until Kafka answers and all these topics exist; `part` is down meanwhile, and says which one is missing.
///
/// # Errors
/// [`Stopped`] when `shutdown` is cancelled first.
pub async fn wait_for_kafka(
    metadata: &Metadata,
    settings: &KafkaSettings,
    topics: &[&str],
    part: &Part,
    shutdown: &CancellationToken,
) -> Result<(), Stopped> {
    let what = format!("Kafka at {}", settings.brokers);
    // One request for metadata costs a broker next to nothing, and a bank that starts waits for its topics here.
    let backoff = Backoff { initial_ms: 50, max_ms: 250 };
    wait_for(part, &what, backoff, shutdown, async || {
        metadata.broker_count().await?;
        for topic in topics {
            metadata.partition_count(topic).await?;
        }
        Ok::<(), KafkaError>(())
    })
    .await
}
