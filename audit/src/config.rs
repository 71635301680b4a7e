//! Settings of the audit.

use crate::endpoint::EndpointSettings;
use clap::{Args, Parser};
use service_kit::settings::{DatabaseSettings, KafkaSettings, LogSettings, RegistrySettings, TopicSettings};

/// Proves from outside that the books of a running bank are right.
///
/// Reads all topics and both databases, follows some accounts at the endpoint, makes some deposits of its own there (see --probe and --read-only),
/// prints what was checked and what does not hold. Exit code 0: all holds; 1: something does not; 2: it could not be checked.
///
/// It keeps about 125 bytes in memory for each transfer and 250 for each account, beside some hundred MB for reading.
#[derive(Debug, Clone, Parser)]
#[command(name = "audit", version)]
pub struct Settings {
    /// What to check
    #[command(flatten)]
    pub audit: AuditSettings,
    /// The endpoint
    #[command(flatten)]
    pub endpoint: EndpointSettings,
    /// Kafka
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Topics
    #[command(flatten)]
    pub topics: TopicSettings,
    /// Registry
    #[command(flatten)]
    pub registry: RegistrySettings,
    /// Databases
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Logs
    #[command(flatten)]
    pub log: LogSettings,
}

/// What to check, and how long to wait for a bank that is still at work.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Audit")]
pub struct AuditSettings {
    /// Check only what needs neither this bank's tables nor its headers nor its endpoint, as for another implementation's
    /// bank. The model is left out too: without event numbers nobody knows in which order the commands were decided
    #[arg(long, env = "AUDIT_TOPICS_ONLY")]
    pub topics_only: bool,
    /// Print JSON instead of a table
    #[arg(long, env = "AUDIT_JSON")]
    pub json: bool,
    /// Milliseconds to wait, once the topics were read, until what was sent before is decided, published and projected;
    /// what is not by then does not hold
    #[arg(long, env = "AUDIT_DEADLINE_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(0..=86_400_000))]
    pub deadline_ms: u64,
    /// Milliseconds between two looks at what is waited for
    #[arg(long, env = "AUDIT_POLL_INTERVAL_MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub poll_interval_ms: u64,
    /// Failures of each check that are told in words; the others are counted
    #[arg(long, env = "AUDIT_MAX_EXAMPLES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub max_examples: u32,
    /// Commands that are read before the topics of their outcomes and changes are: more take more memory
    #[arg(long, env = "AUDIT_COMMANDS_PER_ROUND", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub commands_per_round: u32,
    /// Name of the handler's database
    #[arg(long, env = "BALANCE_DATABASE", default_value = "balancedb")]
    pub balance_database: String,
    /// Name of the endpoint's database
    #[arg(long, env = "TRANSACTION_DATABASE", default_value = "transactiondb")]
    pub transaction_database: String,
}
