//! The HTTP server of the admin port.

use super::{Health, config::AdminSettings, metrics, process};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Between two clean-ups of the recorder, which otherwise keeps every value of a histogram that nobody reads.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Why the admin port could not be opened. Fatal: the setting is wrong, or another process has the port.
#[derive(Debug, Error)]
pub enum AdminError {
    /// Most often the port is taken.
    #[error("cannot listen on {address} for the admin port (setting ADMIN_PORT or --admin-port)")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another recorder of metrics had been installed in this process.
    #[error("cannot start metrics")]
    Metrics(#[from] BuildError),
}

/// A running admin port. Dropping it closes the port.
#[derive(Debug)]
pub struct AdminServer {
    address: SocketAddr,
    _stop: DropGuard,
}

impl AdminServer {
    /// The address it listens on, with the real port where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[derive(Clone)]
struct Admin {
    health: Health,
    recorder: PrometheusHandle,
}

/// Opens the admin port and serves it in the background.
///
/// # Errors
/// When the port is taken or metrics cannot be started.
pub async fn serve(settings: &AdminSettings, health: Health) -> Result<AdminServer, AdminError> {
    let address = settings.address();
    let recorder = metrics::recorder()?;
    let listener = TcpListener::bind(address).await.map_err(|source| AdminError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| AdminError::Listen { address, source })?;
    let stop = CancellationToken::new();
    let router = router(Admin { health, recorder: recorder.clone() });
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the admin port stopped");
        }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(upkeep(recorder)));
    Ok(AdminServer { address, _stop: stop.drop_guard() })
}

fn router(admin: Admin) -> Router {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(admin)
}

async fn readyz(State(admin): State<Admin>) -> (StatusCode, Json<super::Readiness>) {
    let readiness = admin.health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn render(State(admin): State<Admin>) -> Response {
    process::record();
    let text_format = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (text_format, admin.recorder.render()).into_response()
}

async fn upkeep(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        recorder.run_upkeep();
    }
}
