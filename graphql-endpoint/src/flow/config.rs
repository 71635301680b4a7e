//! Settings of what the flow page shows.

use clap::Args;
use service_kit::settings::value::http_url;

/// What is looked at for the flow page, how often, and what that may cost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Flow")]
pub struct FlowSettings {
    /// Services whose readiness is shown: name=URL of the admin port, comma-separated; a name may come more than once
    #[arg(
        long,
        value_name = "NAME=URL,..",
        env = "FLOW_SERVICES",
        value_parser = services,
        default_value = "heartbeat=http://localhost:17801,command-generator=http://localhost:17802,command-handler=http://localhost:17803,graphql-endpoint=http://localhost:17804"
    )]
    pub flow_services: Services,
    /// Milliseconds between two snapshots of what flows
    #[arg(long, value_name = "MS", env = "FLOW_INTERVAL_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub flow_interval_ms: u64,
    /// Milliseconds that whatever is asked for a snapshot has to answer; then it is shown as missing
    #[arg(long, value_name = "MS", env = "FLOW_TIMEOUT_MS", default_value_t = 800, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub flow_timeout_ms: u64,
    /// Records of a topic that are shown at the start of a reader
    #[arg(long, value_name = "N", env = "TOPIC_RECORDS_MAX_ITEMS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub topic_records_max_items: u32,
    /// Records of a topic that one reader is shown in a second; beyond that they are passed over and counted
    #[arg(long, value_name = "N", env = "TOPIC_RECORDS_PER_SECOND", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub topic_records_per_second: u32,
    /// Readers of topics at once, for all clients together; at the bound new ones are refused
    #[arg(long, value_name = "N", env = "TOPIC_READERS_MAX", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub topic_readers_max: u32,
    /// Journeys that are looked up at once; at the bound new ones are refused
    #[arg(long, value_name = "N", env = "JOURNEYS_MAX", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub journeys_max: u32,
    /// Milliseconds that a journey's records are looked for
    #[arg(long, value_name = "MS", env = "JOURNEY_TIMEOUT_MS", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub journey_timeout_ms: u64,
    /// Records that are read to find one record of a journey
    #[arg(long, value_name = "N", env = "JOURNEY_MAX_RECORDS", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub journey_max_records: u32,
    /// Batches of the projection whose times are remembered, per partition; at the bound the oldest is forgotten
    #[arg(long, value_name = "N", env = "JOURNEY_REMEMBERED_BATCHES", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub journey_remembered_batches: u32,
}

/// A service, and where it tells how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The URL of its admin port, without the slash at its end.
    pub url: String,
}

/// The services whose readiness is shown, at most 32.
pub type Services = std::sync::Arc<[Service]>;

/// All are asked for every snapshot.
const SERVICES_MAX: usize = 32;

fn services(text: &str) -> Result<Services, String> {
    const ALLOWED: &str = "allowed: name=http://host:port, comma-separated";
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.len() > SERVICES_MAX {
        return Err(format!("these are {} services; allowed: at most {SERVICES_MAX}", parts.len()));
    }
    let service = |part: &&str| {
        let (name, url) = part.split_once('=').ok_or_else(|| format!("`{part}` has no `=`; {ALLOWED}"))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
            return Err(format!("`{name}` is no name of a service: up to 64 letters, digits, `-`, `_` and `.`"));
        }
        Ok(Service { name: name.to_owned(), url: http_url(url)? })
    };
    parts.iter().map(service).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_names_with_urls() {
        let rows = [
            ("", Ok(vec![])),
            ("a=http://localhost:1/", Ok(vec![("a", "http://localhost:1")])),
            ("a=http://h:1, a=http://h:2", Ok(vec![("a", "http://h:1"), ("a", "http://h:2")])),
            ("a", Err("has no `=`")),
            ("=http://h:1", Err("no name")),
            ("a b=http://h:1", Err("no name")),
            ("a=https://h:1", Err("scheme `https`")),
            ("a=h:1", Err("scheme `h`")),
        ];
        for (text, expected) in rows {
            match (services(text), expected) {
                (Ok(found), Ok(wanted)) => {
                    let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.url.as_str())).collect();
                    assert_eq!(found, wanted, "{text}");
                }
                (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        let many = vec!["a=http://h:1"; SERVICES_MAX + 1].join(",");
        assert!(services(&many).is_err_and(|error| error.contains("at most 32")));
    }
}
