//! What to send, how, and what to do with the figures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::bank::Place;
use crate::config::Connections;
use crate::plan::{IdForm, Share};

/// How commands are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// All as fast as possible; how fast is the backlog worked off?
    Closed,
    /// At a fixed rate; how long does each outcome take, from the time its command should have been sent?
    Open,
}

/// Settings of `benchmark commands`.
#[derive(Debug, Clone, Args)]
pub struct CommandsSettings {
    /// The load
    #[command(flatten)]
    pub load: LoadSettings,
    /// The bank's files
    #[command(flatten)]
    pub place: Place,
    /// Where the bank is
    #[command(flatten)]
    pub connections: Connections,
}

/// What is sent and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadSettings {
    /// How commands are sent
    #[arg(long, value_enum, default_value_t = Mode::Closed)]
    pub mode: Mode,
    /// Commands of a closed run, repeats among them
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub commands: u32,
    /// A part of the bank that is stopped while the backlog of a closed run is sent, with scripts/part.sh, as command-handler
    #[arg(long, value_name = "PART")]
    pub stop: Option<String>,
    /// Commands a second of an open run
    #[arg(long, default_value_t = 1_000.0, value_parser = rate)]
    pub rate: f64,
    /// Seconds of an open run, after the warm-up
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Seconds at the beginning of an open run whose latencies are left out
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub warm_up_seconds: u32,
    /// An open run with one command every --interval-ms
    #[arg(long, conflicts_with = "rate")]
    pub one_at_a_time: bool,
    /// Milliseconds between two commands of --one-at-a-time
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub interval_ms: u32,
    /// Accounts that take part: the first that the bank made
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=100_000_000))]
    pub accounts: u32,
    /// Share of the commands that touch the company's account
    #[arg(long, default_value = "0", value_name = "SHARE")]
    pub hot: Share,
    /// Share of the commands that repeat an earlier one
    #[arg(long, default_value = "0.01", value_name = "SHARE", value_parser = repeats)]
    pub repeats: Share,
    /// Share of the commands that must be refused
    #[arg(long, default_value = "0.02", value_name = "SHARE")]
    pub refusals: Share,
    /// Ids as clients draw them (v4), or growing with time (v7), which a database's index likes better
    #[arg(long, value_enum, default_value_t = IdForm::V4)]
    pub ids: IdForm,
    /// What the commands are drawn from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A handler is killed during an open run: a command may be answered more often than it was sent, if always alike
    #[arg(long)]
    pub handler_killed: bool,
    /// Seconds without any outcome after which those that are missing count as lost
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub patience_seconds: u32,
    /// Database of the handler, to ask how much Postgres writes
    #[arg(long, env = "BALANCE_DATABASE", default_value = "balancedb")]
    pub balance_database: String,
    /// A subscriber to all transactions at this URL, as `ws://localhost:8888/graphql-ws`; its counts are checked too, and how far the
    /// endpoint's projection is behind is looked at once a second
    #[arg(long, value_name = "URL")]
    pub subscriber: Option<String>,
    /// Database of the endpoint, for its projection's lag
    #[arg(long, env = "TRANSACTION_DATABASE", default_value = "transactiondb")]
    pub transaction_database: String,
    /// Print JSON instead of tables
    #[arg(long)]
    pub json: bool,
    /// Also write the JSON to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl LoadSettings {
    /// How commands are sent, by all settings together.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        if self.one_at_a_time { Mode::Open } else { self.mode }
    }

    /// Commands a second of an open run.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        if self.one_at_a_time { 1_000.0 / f64::from(self.interval_ms) } else { self.rate }
    }

    /// Commands of the run, those of the warm-up among them.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self.mode() {
            Mode::Closed => self.commands,
            Mode::Open => self.warm_up_count() + commands_in(self.per_second(), self.seconds),
        }
    }

    /// Commands whose latency is left out.
    #[must_use]
    pub fn warm_up_count(&self) -> u32 {
        commands_in(self.per_second(), self.warm_up_seconds)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 100,000 a second for a day: it saturates
fn commands_in(per_second: f64, seconds: u32) -> u32 {
    (per_second * f64::from(seconds)).ceil() as u32
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.01..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("allowed: 0.01 to 1000000".to_owned()),
    }
}

/// With more, hardly anything would be new.
fn repeats(text: &str) -> Result<Share, String> {
    let share: Share = text.parse().map_err(|error| format!("{error}"))?;
    if share.get() <= 0.9 { Ok(share) } else { Err("allowed: a number from 0 to 0.9".to_owned()) }
}
