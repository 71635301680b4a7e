//! Settings that bound what one client may cost.

use clap::Args;

/// Bounds of requests and connections.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Levels of fields in a query; the page's own question for the schema has 15
    #[arg(long, value_name = "N", env = "QUERY_MAX_DEPTH", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub query_max_depth: u32,
    /// Fields in an answer, as far as they can be told beforehand
    #[arg(long, value_name = "N", env = "QUERY_MAX_COMPLEXITY", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub query_max_complexity: u32,
    /// Transactions of an account that are given at once
    #[arg(long, value_name = "N", env = "TRANSACTIONS_MAX_ITEMS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub transactions_max_items: u32,
    /// Accounts in a page
    #[arg(long, value_name = "N", env = "ACCOUNTS_MAX_ITEMS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub accounts_max_items: u32,
    /// Web sockets at once; at the bound new ones are refused with status 503
    #[arg(long, value_name = "N", env = "CONNECTIONS_MAX", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_max: u32,
    /// Operations at once in one web socket; at the bound new ones are answered with an error
    #[arg(long, value_name = "N", env = "SUBSCRIPTIONS_PER_CONNECTION_MAX", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub subscriptions_per_connection_max: u32,
    /// Requests over HTTP at once; at the bound new ones are refused with status 503
    #[arg(long, value_name = "N", env = "REQUESTS_MAX", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests_max: u32,
    /// Bytes of a request's body
    #[arg(long, value_name = "BYTES", env = "REQUEST_MAX_BYTES", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(256..=16_777_216))]
    pub request_max_bytes: u32,
    /// Milliseconds that a request's body may take to come; then it is refused with status 408
    #[arg(long, value_name = "MS", env = "BODY_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub body_timeout_ms: u64,
    /// Bytes of a web socket's message from a client
    #[arg(long, value_name = "BYTES", env = "MESSAGE_MAX_BYTES", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(256..=16_777_216))]
    pub message_max_bytes: u32,
    /// Milliseconds a web socket's client may take to accept a message; then it is disconnected
    #[arg(long, value_name = "MS", env = "WRITE_TIMEOUT_MS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub write_timeout_ms: u64,
    /// Milliseconds between two pings to a web socket's client; one that answered none of two is disconnected
    #[arg(long, value_name = "MS", env = "PING_INTERVAL_MS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub ping_interval_ms: u64,
}
