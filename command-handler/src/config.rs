//! The settings of the command handler.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use service_kit::kafka::{KafkaSettings, TopicSettings};
use service_kit::postgres::DatabaseSettings;
use service_kit::registry::RegistrySettings;
use service_kit::service::config::KitSettings;

use crate::lease::LeaseSettings;
use crate::take_over::TakeOverSettings;

/// Commands come thick when a batch has as many.
const THICK_MIN_COMMANDS: usize = 4;

/// Decides commands, moves money and publishes what happened; the only owner of balances.
///
/// Of several handlers on one database one is active, the others stand by and take over when it is gone.
#[derive(Debug, Parser)]
#[command(name = "command-handler", version, mut_arg("admin_port", |arg| arg.default_value("17803")))]
pub struct Cli {
    /// The handler's settings.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do instead of running the handler.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What `command-handler` can do beside running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the handler's database from the topics
    ///
    /// For when the database is gone or older than the topics (a restored backup, a lost standby), or when the topics come from
    /// another implementation of the handler. Reads both command topics and all topics of events from their beginning, says what
    /// it found and what it would do, and does it in one transaction: events, accounts, balances, ids of commands, and where
    /// publishing and reading go on. A handler that starts afterwards publishes what is missing of the last events, and goes on.
    /// Interrupted, it has changed nothing.
    ///
    /// No handler may be active on this database, and every handler of a database that was lost must have been ended: what it
    /// still published would contradict what is decided from here on.
    ///
    /// Settings stand before the word take-over. Exit codes: 0 when the database is as the topics say; 1 when a flag is missing
    /// that would allow it, or something failed; 2 when --dry-run found something to change; 64 when a setting is wrong.
    ///
    /// Source: docs/decisions/0006-take-over-from-topics.md.
    TakeOver(TakeOverSettings),
}

/// The settings of the handler.
#[derive(Debug, Clone, Parser)]
#[command(name = "command-handler", version)]
pub struct Settings {
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// The topics.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// The schema registry.
    #[command(flatten)]
    pub registry: RegistrySettings,
    /// Postgres.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Deciding.
    #[command(flatten)]
    pub ledger: LedgerSettings,
    /// The right to write.
    #[command(flatten)]
    pub lease: LeaseSettings,
    /// What every service has.
    #[command(flatten)]
    pub kit: KitSettings,
}

/// Settings of deciding and storing.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ledger")]
pub struct LedgerSettings {
    /// Database of the handler
    #[arg(long, env = "BALANCE_DATABASE", default_value = "balancedb")]
    pub database_name: String,
    /// Give each command a transaction of its own and remember no account, for comparison and teaching
    #[arg(long, env = "ONE_BY_ONE")]
    pub one_by_one: bool,
    /// Commands decided in one transaction; what has arrived is taken at once, up to this
    #[arg(long, env = "BATCH_MAX_COMMANDS", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub batch_max_commands: u32,
    /// Milliseconds from the beginning of one batch to that of the next while commands come thick: what comes meanwhile shares the next
    /// transaction and the requests to Kafka. A command that comes alone waits for nobody; 0 lets none wait
    #[arg(long, env = "BATCH_INTERVAL_MS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    pub batch_interval_ms: u64,
    /// Commands read ahead; at the bound, reading waits
    #[arg(long, env = "QUEUE_MAX_COMMANDS", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub queue_max_commands: u32,
    /// KiB of commands between being read and being handed to Kafka as answers; at the bound, reading waits
    #[arg(long, env = "MEMORY_MAX_KIB", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(4_096..=16_777_216))]
    pub memory_max_kib: u32,
    /// Accounts held in memory, about 100 bytes each; at the bound, those not used lately leave
    #[arg(long, env = "CACHE_MAX_ACCOUNTS", default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(100_000..=100_000_000))]
    pub cache_max_accounts: u32,
    /// Events that the table of balances may lag behind; a start sets the balances of that many
    #[arg(long, env = "FLUSH_BEHIND_MAX_EVENTS", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    pub flush_behind_max_events: u32,
    /// Answers decided and not yet acknowledged by Kafka; at the bound, deciding waits
    #[arg(long, env = "UNPUBLISHED_MAX_ANSWERS", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub unpublished_max_answers: u32,
    /// Milliseconds without an answer after which a statement counts as lost, and the connection with it
    #[arg(long, env = "STORE_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub store_timeout_ms: u64,
}

impl LedgerSettings {
    /// Commands decided in one transaction.
    #[must_use]
    pub const fn batch_max(&self) -> usize {
        if self.one_by_one { 1 } else { self.batch_max_commands as usize }
    }

    /// When the batch after one of so many commands may begin, from when that one began; nothing where it need not wait.
    ///
    /// What each batch costs by itself, above all a request to Kafka per partition, keeps two cores busy long before the commands do.
    #[must_use]
    pub const fn batch_interval(&self, commands: usize) -> Option<Duration> {
        if self.one_by_one || commands < THICK_MIN_COMMANDS {
            None
        } else {
            Some(Duration::from_millis(self.batch_interval_ms))
        }
    }

    /// Events that the table of balances may lag behind.
    #[must_use]
    pub fn flush_behind_max(&self) -> i64 {
        if self.one_by_one { 0 } else { i64::from(self.flush_behind_max_events) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_admin_port_is_where_the_others_look_for_it() {
        let mut command = Cli::command();
        command.build();
        let port = command.get_arguments().find(|argument| argument.get_id() == "admin_port").expect("it has one");
        assert_eq!(port.get_default_values(), ["17803"]);
    }

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        ledger: LedgerSettings,
    }

    #[test]
    fn a_lone_command_keeps_nobody_waiting_and_neither_does_one_by_one() {
        let settings = |arguments: &[&str]| Only::parse_from([&["test"], arguments].concat()).ledger;
        let rows: [(&[&str], usize, Option<u64>); 5] = [
            (&[], 1, None),
            (&[], 3, None),
            (&[], 4, Some(10)),
            (&["--batch-interval-ms", "0"], 2_048, Some(0)),
            (&["--one-by-one"], 2_048, None),
        ];
        for (arguments, commands, expected_ms) in rows {
            let found = settings(arguments).batch_interval(commands);
            assert_eq!(found, expected_ms.map(Duration::from_millis), "{commands} commands, {arguments:?}");
        }
    }
}
