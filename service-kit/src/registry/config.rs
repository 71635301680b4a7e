//! Settings of the schema registry.

use crate::settings::value;
use clap::Args;

/// Where the schema registry is, how long to wait for it, and how much to remember.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Schema registry")]
pub struct RegistrySettings {
    /// Base URL of the schema registry's Confluent API
    #[arg(id = "schema_registry_url", long = "schema-registry-url", value_name = "URL", env = "SCHEMA_REGISTRY_URL", default_value = "http://localhost:18081/apis/ccompat/v7", value_parser = value::http_url)]
    pub url: String,
    /// Milliseconds one call may take
    #[arg(id = "schema_registry_timeout_ms", long = "schema-registry-timeout-ms", value_name = "MS", env = "SCHEMA_REGISTRY_TIMEOUT_MS", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(10..=300_000))]
    pub timeout_ms: u64,
    /// Times a call is tried before it counts as failed
    #[arg(id = "schema_registry_attempts", long = "schema-registry-attempts", value_name = "N", env = "SCHEMA_REGISTRY_ATTEMPTS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub attempts: u32,
    /// Milliseconds it is remembered that the registry does not know a schema; records with it are poison meanwhile
    #[arg(id = "schema_registry_unknown_ms", long = "schema-registry-unknown-ms", value_name = "MS", env = "SCHEMA_REGISTRY_UNKNOWN_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    pub unknown_ms: u64,
    /// Schemas that are remembered; at the bound all are forgotten, and asked for again
    #[arg(id = "schema_registry_cache_max_schemas", long = "schema-registry-cache-max-schemas", value_name = "N", env = "SCHEMA_REGISTRY_CACHE_MAX_SCHEMAS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub cache_max_schemas: u32,
}
