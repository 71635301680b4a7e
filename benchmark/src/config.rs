//! Settings of the benchmarks.

use clap::{Args, Parser, Subcommand};
use service_kit::settings::{DatabaseSettings, KafkaSettings, LogSettings, RegistrySettings, TopicSettings};

use crate::browser::BrowserSettings;
use crate::commands::CommandsSettings;
use crate::floor::FloorSettings;
use crate::make_accounts::MakeAccountsSettings;
use crate::report::{CompareSettings, ReportSettings};

/// Measures a running bank, and what is under it.
///
/// Exit code 0: measured, and every command was answered as it should be; 1: it was not; 2: it could not be measured.
#[derive(Debug, Parser)]
#[command(name = "benchmark", version)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sends transfers into Kafka and measures how their outcomes come back
    Commands(Box<CommandsSettings>),
    /// Fills a bank with accounts through Kafka
    MakeAccounts(Box<MakeAccountsSettings>),
    /// Measures what Postgres alone and Kafka alone take for what the bank has written
    Floor(Box<FloorSettings>),
    /// Drives the pages in a browser under rising load and measures what a person waits for
    Browser(Box<BrowserSettings>),
    /// Puts results of `browser` side by side: charts, a page, a table
    Report(Box<ReportSettings>),
    /// Puts results of two implementations against each other: ratios with confidence intervals
    Compare(Box<CompareSettings>),
}

impl Command {
    /// How to log.
    #[must_use]
    pub fn log(&self) -> &LogSettings {
        match self {
            Self::Commands(settings) => &settings.connections.log,
            Self::MakeAccounts(settings) => &settings.connections.log,
            Self::Floor(settings) => &settings.connections.log,
            Self::Browser(settings) => &settings.log,
            Self::Report(settings) => &settings.log,
            Self::Compare(settings) => &settings.log,
        }
    }
}

/// Where the bank is.
#[derive(Debug, Clone, Args)]
pub struct Connections {
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
