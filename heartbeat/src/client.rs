//! `heartbeat pace`: shows or changes the pace of the heartbeat that runs.

use std::process::ExitCode;
use std::time::Duration;

use reqwest::Client;

use crate::api::{PaceAnswer, PaceError};
use crate::config::PaceCommand;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the pace could not be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum PaceCommandError {
    /// Nobody listens there.
    #[error("no heartbeat answers at {url}; is it running, and is PACE_PORT the same?")]
    NotRunning {
        /// The URL called.
        url: String,
    },
    /// It said no.
    #[error("the heartbeat refused: {0}")]
    Refused(String),
    /// Something answered that is no heartbeat, or too late.
    #[error("{url} did not answer as a heartbeat does")]
    NoAnswer {
        /// The URL called.
        url: String,
        /// What happened.
        source: reqwest::Error,
    },
}

/// Runs the command and prints the pace, or on standard error why not; the exit code says which.
#[must_use]
pub fn run(command: &PaceCommand) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("heartbeat pace: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(call(command)) {
        Ok(pace) => {
            let rate = f64::from(pace.batch_size) * 1_000.0 / f64::from(pace.sleep_time_ms);
            println!(
                "batch-size {}, sleep-time {} ms: {rate:.1} beats a second; {} beats so far",
                pace.batch_size, pace.sleep_time_ms, pace.beats
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("heartbeat pace: {}", service_kit::service::chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Calls the API: `PUT` when there is something to change, else `GET`.
///
/// # Errors
/// When no heartbeat runs there, or it refuses.
pub async fn call(command: &PaceCommand) -> Result<PaceAnswer, PaceCommandError> {
    let url = format!("http://{}/pace", command.address.socket());
    let failed = |source: reqwest::Error| {
        if source.is_connect() {
            PaceCommandError::NotRunning { url: url.clone() }
        } else {
            PaceCommandError::NoAnswer { url: url.clone(), source }
        }
    };
    // A proxy of the environment knows nothing of this machine's loopback.
    let client = Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(failed)?;
    let body = body(command);
    let request = if body.is_empty() { client.get(&url) } else { client.put(&url).json(&body) };
    let answer = request.send().await.map_err(failed)?;
    if answer.status().is_client_error() {
        let refusal: PaceError = answer.json().await.map_err(failed)?;
        return Err(PaceCommandError::Refused(refusal.error));
    }
    answer.error_for_status().map_err(failed)?.json().await.map_err(failed)
}

fn body(command: &PaceCommand) -> serde_json::Map<String, serde_json::Value> {
    let fields = [("batch_size", command.batch_size), ("sleep_time_ms", command.sleep_time_ms)];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
}
