//! Settings of Postgres.

use crate::settings::value;
use clap::Args;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Where Postgres is, how to log in, and how long to wait for it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Postgres")]
pub struct DatabaseSettings {
    /// Host of Postgres
    #[arg(id = "db_hostname", long = "db-hostname", value_name = "HOST", env = "DB_HOSTNAME", default_value = "localhost", value_parser = value::not_empty)]
    pub hostname: String,
    /// Port of Postgres
    #[arg(id = "db_port", long = "db-port", value_name = "PORT", env = "DB_PORT", default_value_t = 25_432, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// User to log in as
    #[arg(id = "db_user", long = "db-user", value_name = "USER", env = "DB_USER", default_value = "open-bank", value_parser = value::not_empty)]
    pub user: String,
    /// Password of that user
    #[arg(
        id = "db_password",
        long = "db-password",
        value_name = "PASSWORD",
        env = "DB_PASSWORD",
        default_value = "open-bank",
        hide_env_values = true
    )]
    pub password: Password,
    /// Connections in the pool; at the bound, queries wait for one
    #[arg(id = "db_pool_max_connections", long = "db-pool-max-connections", value_name = "N", env = "DB_POOL_MAX_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pool_max_connections: u32,
    /// Milliseconds to wait for a connection of the pool, or for a new one; then the query fails
    #[arg(id = "db_connect_timeout_ms", long = "db-connect-timeout-ms", value_name = "MS", env = "DB_CONNECT_TIMEOUT_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(10..=300_000))]
    pub connect_timeout_ms: u64,
    /// Milliseconds a statement may take, by the server's clock; 0 is without bound
    #[arg(id = "db_statement_timeout_ms", long = "db-statement-timeout-ms", value_name = "MS", env = "DB_STATEMENT_TIMEOUT_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(0..=86_400_000))]
    pub statement_timeout_ms: u64,
    /// Milliseconds without acknowledgement after which a connection counts as lost
    #[arg(id = "db_tcp_timeout_ms", long = "db-tcp-timeout-ms", value_name = "MS", env = "DB_TCP_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub tcp_timeout_ms: u64,
}

/// A password. It shows in no log: both `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password itself, for the one place that logs in.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Password {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}
