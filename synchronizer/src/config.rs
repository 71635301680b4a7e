//! Settings of the synchronizer.

use clap::Args;
use service_kit::settings::{KafkaSettings, LogSettings, RegistrySettings, TopicSettings};

/// Which cluster, and what may be done to it.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// The topics' names.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistrySettings,
    /// Logs.
    #[command(flatten)]
    pub log: LogSettings,
    /// What may be done.
    #[command(flatten)]
    pub synchronize: SynchronizeSettings,
}

/// What the synchronizer may do, and how long it tries.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Synchronizing")]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
pub struct SynchronizeSettings {
    /// Print what would be done, do nothing, and exit with 2 if there is anything
    #[arg(long)]
    pub dry_run: bool,
    /// Add the partitions that a topic lacks; this moves keys to other partitions, and with them their order
    #[arg(long)]
    pub allow_repartition: bool,
    /// Delete the topics that are not in the topology, with all they hold; never one whose name starts with `_`
    #[arg(long)]
    pub delete_unknown: bool,
    /// Delete only topics whose name starts with this
    #[arg(long, env = "TOPIC_PREFIX", default_value = "")]
    pub topic_prefix: String,
    /// Make the topic `_schemas` too, for a registry that keeps its schemas in Kafka
    #[arg(long, env = "SCHEMAS_IN_KAFKA")]
    pub schemas_in_kafka: bool,
    /// Wait for this many brokers first: replicas are capped at the brokers that are there
    #[arg(long, env = "MIN_BROKERS", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub min_brokers: i32,
    /// Milliseconds to wait for Kafka and the registry, and at the end for the cluster to show what was done
    #[arg(long, env = "SYNCHRONIZE_WAIT_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub wait_ms: u64,
    /// Times an action is tried before it counts as failed
    #[arg(long, env = "SYNCHRONIZE_ATTEMPTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub attempts: u32,
}
