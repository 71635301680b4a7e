//! Settings of the admin port.

use clap::Args;
use std::net::{IpAddr, SocketAddr};

/// Where a service tells how it is: `/healthz`, `/readyz` and `/metrics`.
///
/// The default port differs per service; a service gives its own with
/// `#[command(mut_arg("admin_port", |arg| arg.default_value("17801")))]`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Admin port")]
pub struct AdminSettings {
    /// Address that the admin port listens on
    #[arg(long, env = "ADMIN_HOST", default_value = "127.0.0.1")]
    pub admin_host: IpAddr,
    /// Port of /healthz, /readyz and /metrics; 0 takes a free one
    #[arg(long, env = "ADMIN_PORT", default_value_t = 0)]
    pub admin_port: u16,
    /// Start nothing: ask the one that runs on this machine with these settings whether it is ready; exit code 0 when it is, 1 when not
    #[arg(long)]
    pub health: bool,
}

impl AdminSettings {
    /// A free port of loopback, for tests.
    #[must_use]
    pub fn any_free_port() -> Self {
        Self { admin_host: IpAddr::from([127, 0, 0, 1]), admin_port: 0, health: false }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.admin_host, self.admin_port)
    }
}
