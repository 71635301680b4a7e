//! Settings of the heartbeat.

use std::net::{IpAddr, SocketAddr};

use clap::{Args, Parser, Subcommand};
use service_kit::settings::{KafkaSettings, KitSettings, RegistrySettings, TopicSettings};

use crate::pace::{BATCH_SIZE_MAX, Pace, PaceRefusal, SLEEP_TIME_MS_MAX, SLEEP_TIME_MS_MIN};

/// The command line: without a subcommand, the service itself.
#[derive(Debug, Parser)]
#[command(name = "heartbeat", version, about = "Gives the bank its pace")]
pub struct Cli {
    /// The service's settings.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do instead of running the service.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What `heartbeat` can do beside running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows or changes the pace of the heartbeat that runs
    Pace(PaceCommand),
}

/// `heartbeat pace`: without a number it shows the pace.
#[derive(Debug, Clone, Args)]
pub struct PaceCommand {
    /// Beats in a batch, 0 to 10,000; 0 stands still
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=i64::from(BATCH_SIZE_MAX)))]
    pub batch_size: Option<u32>,
    /// Milliseconds from batch to batch, 1 to 60,000
    #[arg(long, value_parser = clap::value_parser!(u32).range(i64::from(SLEEP_TIME_MS_MIN)..=i64::from(SLEEP_TIME_MS_MAX)))]
    pub sleep_time_ms: Option<u32>,
    /// Where the heartbeat listens.
    #[command(flatten)]
    pub address: PaceAddress,
}

/// Where the pace can be seen and changed.
#[derive(Debug, Clone, Copy, Args)]
pub struct PaceAddress {
    /// Address of the pace API; whoever reaches it can change the pace
    #[arg(long, env = "PACE_HOST", default_value = "127.0.0.1")]
    pub pace_host: IpAddr,
    /// Port of the pace API; 0 takes a free one
    #[arg(long, env = "PACE_PORT", default_value_t = 17_888)]
    pub pace_port: u16,
}

impl PaceAddress {
    /// The address to listen on or to call.
    #[must_use]
    pub fn socket(self) -> SocketAddr {
        SocketAddr::new(self.pace_host, self.pace_port)
    }
}

/// Everything the service can be told.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("admin_port", |arg| arg.default_value("17801")))]
pub struct Settings {
    /// Beats in a batch at the start, 0 to 10,000; 0 stands still
    #[arg(long, env = "BATCH_SIZE", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(BATCH_SIZE_MAX)))]
    pub batch_size: u32,
    /// Milliseconds from batch to batch at the start, 1 to 60,000
    #[arg(long, env = "SLEEP_TIME_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(i64::from(SLEEP_TIME_MS_MIN)..=i64::from(SLEEP_TIME_MS_MAX)))]
    pub sleep_time_ms: u32,
    /// Where the pace can be changed.
    #[command(flatten)]
    pub pace_address: PaceAddress,
    /// Beats that may wait for Kafka; at the bound, sending waits
    #[arg(long, env = "MAX_UNSENT_BEATS", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_unsent_beats: u32,
    /// Milliseconds without an acknowledgement after which no new batch is started: what Kafka gets at once after an
    /// outage is at most the beats of this time
    #[arg(long, env = "STALL_AFTER_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub stall_after_ms: u64,
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

impl Settings {
    /// The pace to start with.
    ///
    /// # Errors
    /// When a number is out of its bounds, which the command line refuses before this.
    pub fn pace(&self) -> Result<Pace, PaceRefusal> {
        Pace::new(self.batch_size, self.sleep_time_ms)
    }
}
