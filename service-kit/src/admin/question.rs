//! Asking a running service whether it is ready, for machines that have no other program to do it with, such as a container.

use super::config::AdminSettings;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use thiserror::Error;

/// A service that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a service is not ready.
#[derive(Debug, Error)]
pub enum NotReady {
    /// It says so itself, and what is missing.
    #[error("not ready: {0}")]
    Missing(String),
    /// Nobody answers.
    #[error("no answer at {url}")]
    Silent {
        /// Who was asked.
        url: String,
        /// What went wrong.
        source: reqwest::Error,
    },
}

/// What `/readyz` of the service with these settings says. One that listens on every address is asked on loopback.
///
/// # Errors
/// When it is not ready or does not answer within 3 s.
pub async fn ask(settings: &AdminSettings) -> Result<String, NotReady> {
    let host = match settings.admin_host {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    let url = format!("http://{}/readyz", SocketAddr::new(host, settings.admin_port));
    let answering = async {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let answer = client.get(&url).send().await?;
        let is_ready = answer.status().is_success();
        Ok((is_ready, answer.text().await?))
    };
    match answering.await {
        Ok((true, text)) => Ok(text),
        Ok((false, text)) => Err(NotReady::Missing(text)),
        Err(source) => Err(NotReady::Silent { url, source }),
    }
}
