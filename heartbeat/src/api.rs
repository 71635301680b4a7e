//! `GET /pace` and `PUT /pace`: JSON, on loopback.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};

use crate::control::PaceControl;
use crate::pace::{Pace, PaceChange, PaceRefusal};

/// Larger bodies are refused with 413: two numbers fit many times.
const BODY_MAX_BYTES: usize = 4_096;

/// What both methods answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceAnswer {
    /// Beats in a batch.
    pub batch_size: u32,
    /// Milliseconds from batch to batch.
    pub sleep_time_ms: u32,
    /// Beats that Kafka has acknowledged since beat 0, those before the last start included.
    pub beats: u64,
}

/// What a refusal answers, with status 400 (no JSON object) or 422 (a field or value that is not allowed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceError {
    /// What is wrong and what is allowed.
    pub error: String,
}

/// The routes of the pace API.
pub fn routes(control: Arc<PaceControl>) -> Router {
    Router::new().route("/pace", get(show).put(change)).layer(DefaultBodyLimit::max(BODY_MAX_BYTES)).with_state(control)
}

async fn show(State(control): State<Arc<PaceControl>>) -> Json<PaceAnswer> {
    Json(answer(control.pace(), &control))
}

async fn change(State(control): State<Arc<PaceControl>>, body: Bytes) -> Result<Json<PaceAnswer>, PaceRefusal> {
    let pace = control.change(PaceChange::from_json(&body)?);
    tracing::info!(batch_size = pace.batch_size(), sleep_time_ms = pace.sleep_time_ms(), "the pace was changed");
    Ok(Json(answer(pace, &control)))
}

fn answer(pace: Pace, control: &PaceControl) -> PaceAnswer {
    PaceAnswer { batch_size: pace.batch_size(), sleep_time_ms: pace.sleep_time_ms(), beats: control.beats() }
}

impl IntoResponse for PaceRefusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotAnObject { .. } => StatusCode::BAD_REQUEST,
            Self::UnknownField { .. } | Self::NothingToChange | Self::OutOfBounds { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        (status, Json(PaceError { error: self.to_string() })).into_response()
    }
}
