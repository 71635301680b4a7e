use std::path::PathBuf;

use clap::Args;

use crate::config::Connections;

/// Settings of `benchmark make-accounts`.
#[derive(Debug, Clone, Args)]
pub struct MakeAccountsSettings {
    /// What to make
    #[command(flatten)]
    pub accounts: AccountSettings,
    /// Where the bank is
    #[command(flatten)]
    pub connections: Connections,
}

/// What to make.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Accounts")]
pub struct AccountSettings {
    /// Accounts to make; they are MANUAL ones, so that the command generator leaves them alone
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub count: u32,
    /// Cents of cash to put onto each new account; 0 for none
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=1_000_000_000_000))]
    pub balance_cents: i64,
    /// Commands that may be without an answer; at the bound, sending waits
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub unanswered_max: u32,
    /// Seconds without any answer after which it is given up
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub patience_seconds: u32,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Also write the JSON to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
