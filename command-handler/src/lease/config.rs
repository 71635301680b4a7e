use clap::Args;

/// Settings of the right to write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Lease")]
pub struct LeaseSettings {
    /// Milliseconds without a sign of life after which a standby takes over; the active handler gives three in that time
    #[arg(long, env = "LEASE_TIMEOUT_MS", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(300..=600_000))]
    pub lease_timeout_ms: u64,
}

impl LeaseSettings {
    /// By what people know the holder: host and process.
    #[must_use]
    pub fn holder(&self) -> String {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        format!("{} pid {}", host.trim(), std::process::id())
    }
}
