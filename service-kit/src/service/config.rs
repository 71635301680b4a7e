//! Settings that every service has.

use crate::admin::config::AdminSettings;
use crate::logs::config::LogSettings;
use clap::Args;

/// Logs, admin port and stopping.
#[derive(Debug, Clone, Args)]
pub struct KitSettings {
    /// Logs.
    #[command(flatten)]
    pub log: LogSettings,
    /// Admin port.
    #[command(flatten)]
    pub admin: AdminSettings,
    /// Milliseconds to finish what is held after SIGINT or SIGTERM; then the exit code is 1
    #[arg(long, env = "SHUTDOWN_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub shutdown_timeout_ms: u64,
}
