//! The port that clients use: GraphQL over POST and WebSocket, and its page.

pub mod config;
mod origin;

pub use origin::Origins;

use crate::console;
use crate::limits::LimitSettings;
use crate::schema::BankSchema;
use crate::ws::{SUBPROTOCOLS, Session};
use async_graphql_axum::rejection::GraphQLRejection;
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequest, Request as HttpRequest, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{counter, gauge, histogram};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;

/// What the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    schema: BankSchema,
    limits: Arc<LimitSettings>,
    origins: Origins,
    connections: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Door {
    /// A door to the schema, for these origins.
    #[must_use]
    pub fn new(schema: BankSchema, limits: Arc<LimitSettings>, origins: Origins, shutdown: CancellationToken) -> Self {
        let permits = |bound: u32| Arc::new(Semaphore::new(usize::try_from(bound).unwrap_or(usize::MAX)));
        let connections = permits(limits.connections_max);
        let requests = permits(limits.requests_max);
        Self { schema, limits, origins, connections, requests, shutdown }
    }

    /// Waits until every web socket is closed, up to `timeout`.
    pub async fn closed(&self, timeout: Duration) {
        let all = self.connections.acquire_many(self.limits.connections_max);
        if tokio::time::timeout(timeout, all).await.is_err() {
            tracing::debug!("some web sockets did not take their leave");
        }
    }

    /// The routes.
    pub fn routes(self) -> Router {
        let body_max = usize::try_from(self.limits.request_max_bytes).unwrap_or(usize::MAX);
        let origins = self.origins.clone();
        let cors = CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin: &HeaderValue, _| origins.allow(Some(origin.as_bytes()))))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([CONTENT_TYPE]);
        Router::new()
            .route("/graphql", get(websocket).post(query))
            .route("/graphql-ws", get(websocket))
            .layer(middleware::from_fn_with_state(self.clone(), check_origin))
            .layer(cors)
            .merge(console::routes())
            // Not axum's own bound: the GraphQL extractor reads the body past it.
            .layer(RequestBodyLimitLayer::new(body_max))
            .layer(middleware::map_response(say_when_it_closes))
            .with_state(self)
    }
}

async fn check_origin(State(door): State<Door>, request: HttpRequest, next: Next) -> Response {
    if door.origins.allow(request.headers().get(ORIGIN).map(HeaderValue::as_bytes)) {
        return next.run(request).await;
    }
    counter!("graphql_endpoint_refused_total", "why" => "origin").increment(1);
    (StatusCode::FORBIDDEN, "this page's origin is not listed in ALLOWED_ORIGINS\n").into_response()
}

/// A connection is closed behind an answer for which the rest of the request was not read. A client that is not told so
/// sends its next request there, and that one is lost.
async fn say_when_it_closes(mut response: Response) -> Response {
    if matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT)
    {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn query(State(door): State<Door>, request: HttpRequest) -> Response {
    let patience = Duration::from_millis(door.limits.body_timeout_ms);
    let reading = <GraphQLRequest>::from_request(request, &());
    let Ok(request): Result<Result<_, GraphQLRejection>, _> = tokio::time::timeout(patience, reading).await else {
        counter!("graphql_endpoint_refused_total", "why" => "slow").increment(1);
        return (StatusCode::REQUEST_TIMEOUT, "the body did not come in time\n").into_response();
    };
    let Ok(_permit) = door.requests.try_acquire() else { return full("requests") };
    let Ok(request) = request else {
        return (StatusCode::BAD_REQUEST, "the body is not a GraphQL request in JSON: {\"query\": ...}\n")
            .into_response();
    };
    let started = Instant::now();
    let response = door.schema.execute(request.into_inner()).await;
    histogram!("graphql_endpoint_query_seconds").record(started.elapsed().as_secs_f64());
    GraphQLResponse::from(response).into_response()
}

async fn websocket(State(door): State<Door>, upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Response {
    let Ok(upgrade) = upgrade else {
        return (StatusCode::UPGRADE_REQUIRED, "POST a query to /graphql, or open a WebSocket; GraphiQL is at /\n")
            .into_response();
    };
    let Ok(permit) = Arc::clone(&door.connections).try_acquire_owned() else { return full("connections") };
    let max = usize::try_from(door.limits.message_max_bytes).unwrap_or(usize::MAX);
    upgrade.protocols(SUBPROTOCOLS).max_message_size(max).max_frame_size(max).on_upgrade(async move |socket| {
        let open = gauge!("graphql_endpoint_connections");
        open.increment(1.0);
        Session::new(socket, door.schema, &door.limits).run(door.shutdown).await;
        open.decrement(1.0);
        drop(permit);
    })
}

fn full(what: &'static str) -> Response {
    counter!("graphql_endpoint_refused_total", "why" => what).increment(1);
    (StatusCode::SERVICE_UNAVAILABLE, format!("too many {what} at once\n")).into_response()
}
