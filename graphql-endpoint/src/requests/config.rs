//! Settings of the transfers asked for through GraphQL.

use clap::Args;

/// Waiting for outcomes, and sending again.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Commands")]
pub struct CommandSettings {
    /// Milliseconds to wait for an outcome before the answer is that it is pending
    #[arg(long, value_name = "MS", env = "OUTCOME_TIMEOUT_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub outcome_timeout_ms: u64,
    /// Milliseconds that an outcome waits for its changes to be in the projection; then it is told all the same
    #[arg(long, value_name = "MS", env = "LEGS_TIMEOUT_MS", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub legs_timeout_ms: u64,
    /// Milliseconds after which a command without outcome is sent again
    #[arg(long, value_name = "MS", env = "RESEND_AFTER_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub resend_after_ms: u64,
    /// Commands that are sent again at once, per kind
    #[arg(long, value_name = "N", env = "RESEND_MAX_COMMANDS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub resend_max_commands: u32,
    /// Commands without outcome that are waited for, per kind; at the bound new ones are refused
    #[arg(long, value_name = "N", env = "OPEN_COMMANDS_MAX", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub open_commands_max: u32,
}
