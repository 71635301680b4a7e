use clap::Args;

/// Where the endpoint is and what is asked of it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Endpoint")]
pub struct EndpointSettings {
    /// WebSocket of the endpoint; by default that of this machine, by its port
    #[arg(long, value_name = "URL", env = "AUDIT_ENDPOINT", value_parser = ws_url)]
    pub endpoint: Option<String>,
    /// Port of GraphQL on this machine, where no URL is given
    #[arg(long, value_name = "PORT", env = "GRAPHQL_PORT", default_value_t = 8_888)]
    pub graphql_port: u16,
    /// Milliseconds that the endpoint may take for each thing it is asked for
    #[arg(long, value_name = "MS", env = "AUDIT_ENDPOINT_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub endpoint_timeout_ms: u64,
    /// Accounts whose history is followed at the endpoint: the company's, and others drawn of those that have one; 0 leaves
    /// it out
    #[arg(long, value_name = "N", env = "AUDIT_WATCH_ACCOUNTS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub watch_accounts: u32,
    /// So many transactions of each account are followed, from its first on
    #[arg(long, value_name = "N", env = "AUDIT_WATCH_MAX_TRANSACTIONS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub watch_max_transactions: u32,
    /// How often who follows an account is cut off and comes again
    #[arg(long, value_name = "N", env = "AUDIT_WATCH_CUTS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub watch_cuts: u32,
    /// Draws the accounts and the moments of being cut off; by default another one each time, which the log and the JSON tell
    #[arg(long, value_name = "N", env = "AUDIT_SEED")]
    pub seed: Option<u64>,
    /// Deposits that the audit itself makes, to ask for each as soon as its outcome is there. It logs in as a new user for
    /// that, so the bank has one account more afterwards, and that account has some cents; 0 leaves it out
    #[arg(long, value_name = "N", env = "AUDIT_PROBE", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub probe: u32,
    /// Only look: make no account and no deposit. Check `answers` is then not made
    #[arg(long, env = "AUDIT_READ_ONLY")]
    pub read_only: bool,
}

impl EndpointSettings {
    /// The WebSocket's URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| format!("ws://localhost:{}/graphql-ws", self.graphql_port))
    }

    /// Whether the audit acts in the bank.
    #[must_use]
    pub fn probes(&self) -> bool {
        self.probe > 0 && !self.read_only
    }
}

fn ws_url(text: &str) -> Result<String, String> {
    const ALLOWED: &str = "allowed: ws://host:port/path, as ws://localhost:8888/graphql-ws";
    let host = text.strip_prefix("ws://").ok_or_else(|| format!("`{text}` does not begin with ws://; {ALLOWED}"))?;
    if host.is_empty() || host.starts_with(['/', ':']) || host.contains(char::is_whitespace) {
        return Err(format!("`{text}` has no valid host; {ALLOWED}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use service_kit::settings::from_flags;

    use super::*;

    #[test]
    fn the_endpoint_is_a_url_or_a_port_of_this_machine() {
        for (flags, url) in [
            (&["--graphql-port", "10288"][..], Some("ws://localhost:10288/graphql-ws")),
            (&["--endpoint", "ws://bank:1/graphql", "--graphql-port", "2"], Some("ws://bank:1/graphql")),
            (&["--endpoint", "http://bank:1"], None),
            (&["--endpoint", "ws://"], None),
            (&["--endpoint", "ws://:8888"], None),
        ] {
            let settings = from_flags::<EndpointSettings>(flags);
            assert_eq!(settings.ok().map(|settings| settings.url()).as_deref(), url, "{flags:?}");
        }
    }

    #[test]
    fn reading_only_makes_no_deposit() {
        for (flags, probes) in [(&["--probe", "1"][..], true), (&["--probe", "0"], false), (&["--read-only"], false)] {
            assert_eq!(from_flags::<EndpointSettings>(flags).unwrap().probes(), probes, "{flags:?}");
        }
    }
}
