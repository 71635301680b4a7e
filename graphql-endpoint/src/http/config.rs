//! Settings of the port that clients use.

use super::origin::Origin;
use clap::Args;
use std::net::IpAddr;

/// The port that clients use, and which web pages may.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "GraphQL port")]
pub struct HttpSettings {
    /// Address that the GraphQL port listens on
    #[arg(long, value_name = "ADDRESS", env = "GRAPHQL_HOST", default_value = "127.0.0.1")]
    pub graphql_host: IpAddr,
    /// Port of GraphQL; 0 takes a free one
    #[arg(long, value_name = "PORT", env = "GRAPHQL_PORT", default_value_t = 8_888)]
    pub graphql_port: u16,
    /// Web pages that may use this endpoint, comma-separated, beside its own page: scheme://host:port
    #[arg(
        long,
        env = "ALLOWED_ORIGINS",
        value_delimiter = ',',
        default_value = "http://localhost:8181,http://127.0.0.1:8181"
    )]
    pub allowed_origins: Vec<Origin>,
}
