//! What is driven, by which protocol, and where the figures go.

use std::path::PathBuf;

use clap::Args;
use service_kit::settings::{DatabaseSettings, KafkaSettings, LogSettings, TopicSettings, value};

use super::protocol::Protocol;
use crate::bank::Place;

/// Ports of a bank without an offset.
const PAGES_PORT: u16 = 8181;
const GRAPHQL_PORT: u16 = 8888;
const PACE_PORT: u16 = 17888;
const ADMIN_PORTS: [(&str, u16); 3] =
    [("command-generator", 17802), ("command-handler", 17803), ("graphql-endpoint", 17804)];

/// Milliseconds from one interaction to the next by the geometric protocol: half a second, and 7 ms more than a whole number of the heartbeat's
/// tenths of a second. Clicks that share the rhythm of its bursts would all come at one moment between two of them, for minutes on end.
const GEOMETRIC_INTERVAL_MS: u64 = 507;

/// Settings of `benchmark browser`.
#[derive(Debug, Clone, Args)]
pub struct BrowserSettings {
    /// The run
    #[command(flatten)]
    pub run: RunSettings,
    /// Where the bank is
    #[command(flatten)]
    pub addresses: Addresses,
    /// The bank's files
    #[command(flatten)]
    pub place: Place,
    /// Kafka, asked how far modules are that do not say it themselves, and how many commands there are
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Topics
    #[command(flatten)]
    pub topics: TopicSettings,
    /// Postgres, asked for its version
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Logs
    #[command(flatten)]
    pub log: LogSettings,
}

/// What is done.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub struct RunSettings {
    /// How the load rises, and when the run ends
    #[arg(long, value_enum, default_value_t = Protocol::Original)]
    pub protocol: Protocol,
    /// What the figures are figures of, as the name of an implementation
    #[arg(long, default_value = "ours", value_parser = value::not_empty)]
    pub category: String,
    /// Which of several runs of this category it is
    #[arg(long = "loop", id = "loop", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub loop_number: u32,
    /// File for the rows, in JSON lines; what it holds is replaced [default: .bank/benchmark/single/<category>-<protocol>-<when>.jsonl]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Interactions after which the original protocol ends
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub interactions: u32,
    /// Milliseconds from one interaction to the next [default: 1000; 507 by the geometric protocol]
    #[arg(long, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub interval_ms: Option<u64>,
    /// Seconds of clicks and made-up customers before the run, of which no row tells: a bank that has just started is slower
    /// [default: 0; 60 by the geometric protocol]
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub warm_up_seconds: Option<u32>,
    /// Made-up customers' messages a second meanwhile
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub warm_up_load: u32,
    /// Milliseconds after which an interaction counts as timed out
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub timeout_ms: u64,
    /// Made-up customers' messages a second in the first step of the geometric protocol
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub first_load: u32,
    /// By how much the load of each step of the geometric protocol is above that of the one before
    #[arg(long, default_value_t = 1.5, value_parser = factor)]
    pub load_factor: f64,
    /// Seconds of each step of the geometric protocol
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub step_seconds: u32,
    /// Milliseconds of latency that all but one in a hundred must stay within, for a step of the geometric protocol to hold
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub p99_max_ms: u32,
    /// Milliseconds between two batches of made-up customers' messages
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub sleep_time_ms: u32,
    /// Ask for the journey of every so many interactions; 0 for none
    #[arg(long, default_value_t = 5)]
    pub journey_every: u32,
    /// Name to log in with; made if it is new
    #[arg(long, default_value = "testuser", value_parser = value::not_empty)]
    pub username: String,
    /// Its password
    #[arg(long, default_value = "password", value_parser = value::not_empty)]
    pub password: String,
}

/// Where to find things.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Addresses")]
pub struct Addresses {
    /// The pages [default: port 8181 of localhost, or what the port offset makes of it]
    #[arg(long, env = "BANK_URL", value_parser = value::http_url)]
    pub pages_url: Option<String>,
    /// GraphQL over HTTP, asked for journeys [default: port 8888, likewise]
    #[arg(long, value_parser = value::http_url)]
    pub graphql_url: Option<String>,
    /// The pace of made-up customers [default: port 17888, likewise]
    #[arg(long, value_parser = value::http_url)]
    pub pace_url: Option<String>,
    /// Versions of what runs the bank and does not say it itself, for the header: `kafka=4.2.0,registry=3.0.9`
    #[arg(long, env = "BANK_CLUSTER_VERSIONS", value_name = "NAME=VERSION", value_delimiter = ',', value_parser = version_of)]
    pub cluster_versions: Vec<(String, String)>,
    /// chromedriver, which comes with the browser; Debian: apt install chromium chromium-driver
    #[arg(long, env = "CHROMEDRIVER", default_value = "chromedriver")]
    pub chromedriver: PathBuf,
    /// The browser [default: the one that chromedriver finds]
    #[arg(long, env = "CHROMIUM")]
    pub browser: Option<PathBuf>,
}

impl RunSettings {
    /// Milliseconds from one interaction to the next.
    #[must_use]
    pub const fn interval_ms(&self) -> u64 {
        match (self.interval_ms, self.protocol) {
            (Some(interval_ms), _) => interval_ms,
            (None, Protocol::Original) => 1_000,
            (None, Protocol::Geometric) => GEOMETRIC_INTERVAL_MS,
        }
    }

    /// Seconds of use before the run.
    #[must_use]
    pub const fn warm_up_seconds(&self) -> u32 {
        match (self.warm_up_seconds, self.protocol) {
            (Some(seconds), _) => seconds,
            (None, Protocol::Original) => 0,
            (None, Protocol::Geometric) => 60,
        }
    }
}

impl BrowserSettings {
    /// The pages' address.
    #[must_use]
    pub fn pages_url(&self) -> String {
        self.url(self.addresses.pages_url.as_ref(), PAGES_PORT, "")
    }

    /// The address that GraphQL questions go to.
    #[must_use]
    pub fn graphql_url(&self) -> String {
        self.url(self.addresses.graphql_url.as_ref(), GRAPHQL_PORT, "/graphql")
    }

    /// The address of the pace.
    #[must_use]
    pub fn pace_url(&self) -> String {
        self.url(self.addresses.pace_url.as_ref(), PACE_PORT, "/pace")
    }

    /// Where the modules that have a lag tell it.
    #[must_use]
    pub fn metrics_urls(&self) -> Vec<(&'static str, String)> {
        ADMIN_PORTS.iter().map(|(part, port)| (*part, self.url(None, *port, "/metrics"))).collect()
    }

    /// Where the rows of a run that begins at `date` go, in UTC as RFC 3339. Not among those of scripts/loop.sh, which it would take
    /// for its own.
    #[must_use]
    pub fn out(&self, date: &str) -> PathBuf {
        let run = &self.run;
        let when = date.replace([':', '-'], "");
        let name = || format!(".bank/benchmark/single/{}-{}-{when}.jsonl", run.category, run.protocol).into();
        run.out.clone().unwrap_or_else(name)
    }

    fn url(&self, given: Option<&String>, port: u16, path: &str) -> String {
        given.cloned().unwrap_or_else(|| format!("http://localhost:{}{path}", port + self.place.port_offset))
    }
}

fn version_of(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, version)) if !name.is_empty() && !version.is_empty() => Ok((name.to_owned(), version.to_owned())),
        _ => Err("wanted: NAME=VERSION".to_owned()),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (1.01..=100.0).contains(&factor) => Ok(factor),
        _ => Err("allowed: 1.01 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_of_a_geometric_step_come_at_every_moment_between_two_of_the_heartbeats_bursts() {
        const BURSTS_EVERY_MS: u64 = 100;
        let mut moments: Vec<u64> = (0..60).map(|click| click * GEOMETRIC_INTERVAL_MS % BURSTS_EVERY_MS).collect();
        moments.sort_unstable();
        moments.push(moments[0] + BURSTS_EVERY_MS);
        let widest = moments.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest <= Some(5), "{moments:?}");
    }
}
