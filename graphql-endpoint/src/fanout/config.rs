//! Settings of the fan-out to subscribers.

use clap::Args;

/// Bounds of what is held for subscribers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscribers")]
pub struct FanoutSettings {
    /// Transactions held for a subscriber that is slow; at the bound it is told so, and goes on from the database
    #[arg(long, value_name = "N", env = "SUBSCRIBER_BUFFER_TRANSACTIONS", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub subscriber_buffer_transactions: u32,
    /// Transactions that a subscriber reads from the database at once
    #[arg(long, value_name = "N", env = "HISTORY_PAGE_TRANSACTIONS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub history_page_transactions: u32,
}
