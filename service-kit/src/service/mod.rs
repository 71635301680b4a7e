//! The frame of every service: logs, runtime, admin port, signals, and an end within a bounded time.

pub mod config;
mod tasks;

pub use tasks::{Running, Tasks};

use crate::admin::config::AdminSettings;
use crate::admin::{self, AdminError, Health};
use crate::logs;
use crate::shutdown::{Shutdown, Signals};
use config::KitSettings;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// After a second signal: 128 + SIGINT, as shells say it.
const EXIT_INSISTED: i32 = 130;

/// What the frame gives to a service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kit {
    /// What `/readyz` shows.
    pub health: Health,
    /// Cancelled when the service is to finish what it holds and stop.
    pub shutdown: CancellationToken,
    /// Named background tasks; a shutdown that takes too long names those that still run.
    pub tasks: Tasks,
    /// Where the admin port listens; `None` where there is none, as in a test.
    pub admin_address: Option<SocketAddr>,
}

impl Kit {
    /// A kit without admin port or signals, for tests.
    #[must_use]
    pub fn detached() -> Self {
        Self { health: Health::new(), shutdown: CancellationToken::new(), tasks: Tasks::default(), admin_address: None }
    }
}

/// Runs a service until it ends by itself or a signal asks it to stop.
///
/// `body` must return soon after `kit.shutdown` is cancelled. Exit codes: 0 when it returns `Ok`; 1 on an error (which
/// is logged with all its causes), on an admin port that is taken, and when the service has not stopped within
/// `shutdown_timeout_ms`; 130 at once on a second signal. With `--health` no service is run: the one that runs already is asked whether it is
/// ready, and the exit code is 0 when it is, 1 when not.
pub fn run<F, Fut, E>(name: &'static str, settings: &KitSettings, body: F) -> ExitCode
where
    F: FnOnce(Kit) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Error,
{
    logs::init(&settings.log);
    if settings.admin.health {
        return tell_health(&settings.admin);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_name(name).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(name, &error),
    };
    let code = runtime.block_on(async {
        let (kit, _admin) = match start(name, settings).await {
            Ok(started) => started,
            Err(error) => return failed(name, &error),
        };
        match body(kit).await {
            Ok(()) => {
                tracing::info!("{name} stopped");
                ExitCode::SUCCESS
            }
            Err(error) => failed(name, &error),
        }
    });
    // Whatever blocking call is still under way has no more to say; it must not keep the process.
    runtime.shutdown_background();
    code
}

/// Answers the flag `--health`.
fn tell_health(settings: &AdminSettings) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed("the question", &error),
    };
    match runtime.block_on(admin::ask(settings)) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn start(name: &'static str, settings: &KitSettings) -> Result<(Kit, admin::AdminServer), StartError> {
    let signals = Signals::listen().map_err(StartError::Signals)?;
    let health = Health::new();
    let server = admin::serve(&settings.admin, health.clone()).await?;
    let shutdown = Shutdown::new();
    let tasks = Tasks::default();
    let timeout = Duration::from_millis(settings.shutdown_timeout_ms);
    tokio::spawn(stop_on_signal(name, signals, shutdown.clone(), tasks.clone(), timeout));
    let address = server.address();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, "{name} starts; admin port at http://{address}/readyz");
    let kit = Kit { health, shutdown: shutdown.token(), tasks, admin_address: Some(address) };
    Ok((kit, server))
}

#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error("cannot listen to signals")]
    Signals(#[source] std::io::Error),
}

/// Runs beside the service, so that it also ends one that is stuck.
async fn stop_on_signal(name: &str, mut signals: Signals, shutdown: Shutdown, tasks: Tasks, timeout: Duration) {
    tokio::select! {
        signal = signals.next() => {
            tracing::info!("{signal}: {name} finishes what it holds; a second signal ends it at once");
            shutdown.request();
        }
        () = shutdown.requested() => {}
    }
    tokio::select! {
        signal = signals.next() => {
            tracing::warn!("second signal ({signal}): {name} ends at once");
            std::process::exit(EXIT_INSISTED);
        }
        () = tokio::time::sleep(timeout) => {
            let running = tasks.running();
            let still = if running.is_empty() { "its main task".to_owned() } else { running.join(", ") };
            tracing::error!("{name} did not stop within {} ms; still running: {still}", timeout.as_millis());
            std::process::exit(1);
        }
    }
}

fn failed(name: &str, error: &dyn Error) -> ExitCode {
    tracing::error!("{name} failed: {}", chain(error));
    ExitCode::FAILURE
}

/// An error with all its causes, in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
