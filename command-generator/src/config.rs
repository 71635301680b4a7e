//! Settings of the generator.

use clap::{Args, Parser};
use service_kit::settings::{KafkaSettings, KitSettings, RegistrySettings, TopicSettings};
use topology::topic::groups::COMMAND_GENERATOR_GROUP;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "command-generator", version, about = "Turns beats into commands")]
pub struct Cli {
    /// The service's settings.
    #[command(flatten)]
    pub settings: Settings,
}

/// Everything the service can be told.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("admin_port", |arg| arg.default_value("17802")))]
pub struct Settings {
    /// Which of the possible series of commands the beats become; the same seed and beats give the same commands
    #[arg(long, env = "GENERATOR_SEED", default_value_t = 20_190_611)]
    pub seed: u64,
    /// AUTO accounts that may take part, 16 bytes each; those created later only get their salary
    #[arg(long, env = "MAX_ACCOUNTS", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub max_accounts: u64,
    /// Commands sent and not yet acknowledged; at the bound, no more beats are read
    #[arg(long, env = "MAX_UNACKNOWLEDGED", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_unacknowledged: u32,
    /// Milliseconds between commits of the place in the topics, and between looks for new accounts to take part
    #[arg(long, env = "COMMIT_INTERVAL_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub commit_interval_ms: u64,
    /// Name of this generator in its group; one that returns under its name goes on at once. Each needs its own
    #[arg(long, env = "GENERATOR_INSTANCE", default_value = "command-generator-1", value_parser = service_kit::settings::value::not_empty)]
    pub instance: String,
    /// Consumer group; of the generators in it one is active, the others stand by
    #[arg(long, env = "GENERATOR_GROUP", default_value = COMMAND_GENERATOR_GROUP, value_parser = service_kit::settings::value::not_empty)]
    pub group: String,
    /// Milliseconds without a sign of life after which a standby takes over (the broker allows no less than 6,000)
    #[arg(long, env = "SESSION_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(6_000..=300_000))]
    pub session_timeout_ms: u32,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Topic names.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// Schema registry.
    #[command(flatten)]
    pub registry: RegistrySettings,
    /// Logs, admin port, stopping.
    #[command(flatten)]
    pub kit: KitSettings,
}
