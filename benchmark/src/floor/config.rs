use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::bank::Place;
use crate::config::Connections;

/// Settings of `benchmark floor`.
#[derive(Debug, Clone, Args)]
pub struct FloorSettings {
    /// What to measure
    #[command(flatten)]
    pub floor: FloorOptions,
    /// The bank's files
    #[command(flatten)]
    pub place: Place,
    /// Where the bank is
    #[command(flatten)]
    pub connections: Connections,
}

/// What is under the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Postgres with the handler's rows of events
    Ledger,
    /// Postgres with the endpoint's rows of transactions
    Projection,
    /// Kafka: read a command, write three events
    Kafka,
}

/// What to measure.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Floor")]
pub struct FloorOptions {
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_value = "ledger,projection,kafka")]
    pub parts: Vec<Part>,
    /// Rows and commands of the bank that are taken, or as many as there are
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub rows: u32,
    /// Rows per transaction, each measured by itself
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000,2000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batches: Vec<u32>,
    /// Rows per transaction where indexes are left out one at a time
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub index_batch: u32,
    /// Seconds that one measurement may take; all rows are written where that is quicker
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
    /// Database of the handler
    #[arg(long, env = "BALANCE_DATABASE", default_value = "balancedb")]
    pub balance_database: String,
    /// Database of the endpoint
    #[arg(long, env = "TRANSACTION_DATABASE", default_value = "transactiondb")]
    pub transaction_database: String,
    /// Print JSON instead of tables
    #[arg(long)]
    pub json: bool,
    /// Also write the JSON to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
