//! Settings of chaos.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_kit::settings::LogSettings;

/// Breaks a bank on purpose while it works, then asks the auditor.
///
/// Brings up a bank of its own on free ports and in a temporary folder (scripts/restart.sh), keeps it at work, breaks one thing,
/// heals it, waits until all is caught up, and audits. Each run prints its seed; the same seed gives the same plan. Exit code 0:
/// nothing was lost or doubled; 1: something was, and the bank's data and logs are kept; 2: it could not be run.
#[derive(Debug, Clone, Parser)]
#[command(name = "chaos", version, arg_required_else_help = true)]
pub struct Cli {
    /// Show the table of faults
    #[arg(long)]
    pub list: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The bank and its load
    #[command(flatten)]
    pub settings: Settings,
    /// Logs
    #[command(flatten)]
    pub log: LogSettings,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Faults by name, one after another, once or more often
    Run {
        /// Their names, of `chaos --list`
        #[arg(required = true)]
        faults: Vec<String>,
        /// How often; the second time has the next seed, and so on
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        times: u32,
        /// The seed of the first time; drawn if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// All faults in a drawn order, over and over until the time is up; at least once each
    All {
        /// How long to go on
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        minutes: u32,
        /// The seed of the order and of the first run; drawn if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// What the results still lack of the runs that docs/reliability.md wants: seeds 1 to 20 where a moment matters, else 1 to 3
    Complete {
        /// How long to go on
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        minutes: u32,
    },
    /// A choice that takes about three minutes
    Selection {
        /// The seed of the first run; drawn if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Print the table of docs/reliability.md from results
    Table {
        /// Files of results; the settings' own if none is given
        files: Vec<PathBuf>,
    },
}

/// The bank and its load.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Bank")]
pub struct Settings {
    /// Programs of the bank, built with debug assertions (failpoints need them); where chaos itself lies, and built first, if not given
    #[arg(long, value_name = "FOLDER", env = "BANK_BIN_DIR", global = true)]
    pub bin_dir: Option<PathBuf>,
    /// Programs of another version of the bank, for the second handler of `two-versions`; the same ones if not given
    #[arg(long, value_name = "FOLDER", env = "CHAOS_OTHER_BIN_DIR", global = true)]
    pub other_bin_dir: Option<PathBuf>,
    /// Added to every port; free ports are looked for if not given
    #[arg(long, value_name = "N", env = "BANK_PORT_OFFSET", global = true, value_parser = clap::value_parser!(u16).range(0..=7_000))]
    pub port_offset: Option<u16>,
    /// File that gets a row of JSON per run
    #[arg(
        long,
        value_name = "FILE",
        env = "CHAOS_RESULTS",
        default_value = ".bank/chaos/results.jsonl",
        global = true
    )]
    pub results: PathBuf,
    /// Made-up customers' commands a second while a fault is on
    #[arg(long, value_name = "N", env = "CHAOS_RATE", default_value_t = 200, global = true, value_parser = clap::value_parser!(u32).range(10..=50_000))]
    pub rate: u32,
    /// People who send transfers through GraphQL, one after another, and ask again until they know
    #[arg(long, value_name = "N", env = "CHAOS_USERS", default_value_t = 4, global = true, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub users: u16,
    /// Milliseconds that everything sent has, once all is healed, to be decided and answered
    #[arg(long, value_name = "MS", env = "CHAOS_CATCH_UP_MS", default_value_t = 90_000, global = true, value_parser = clap::value_parser!(u64).range(1_000..=3_600_000))]
    pub catch_up_ms: u64,
}
