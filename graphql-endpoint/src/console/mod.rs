//! The page of `GraphiQL`, served from what is built into the binary: it works with no internet. See graphiql/README.md.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The page may use nothing but this endpoint. Its editor makes style elements of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src data:; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'";

/// The routes of the page and its parts.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async || page(HTML, include_bytes!("../../graphiql/index.html"))))
        .route("/graphiql/start.js", get(async || page(SCRIPT, include_bytes!("../../graphiql/start.js"))))
        .route("/graphiql/react.js", get(async || packed(SCRIPT, include_bytes!("../../graphiql/assets/react.js.gz"))))
        .route(
            "/graphiql/react-dom.js",
            get(async || packed(SCRIPT, include_bytes!("../../graphiql/assets/react-dom.js.gz"))),
        )
        .route(
            "/graphiql/graphiql.js",
            get(async || packed(SCRIPT, include_bytes!("../../graphiql/assets/graphiql.js.gz"))),
        )
        .route(
            "/graphiql/graphiql.css",
            get(async || packed(STYLE, include_bytes!("../../graphiql/assets/graphiql.css.gz"))),
        )
        .route(
            "/graphiql/licenses.txt",
            get(async || page("text/plain; charset=utf-8", include_bytes!("../../graphiql/LICENSES.txt"))),
        )
}

type Headers = [(HeaderName, HeaderValue); 4];

fn page(content_type: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    (headers(content_type, "no-cache"), bytes)
}

/// What is compressed is sent so: every browser takes gzip.
fn packed(content_type: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    (headers(content_type, "public, max-age=86400"), [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))], bytes)
}

fn headers(content_type: &'static str, cache: &'static str) -> Headers {
    [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, cache),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}
