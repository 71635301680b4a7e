//! A client of the endpoint that follows all transactions and counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::error::BenchmarkError;

const PROTOCOL: &str = "graphql-transport-ws";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The ids of our two operations.
const STREAM: &str = "stream";
const BEGUN: &str = "begun";

/// What a subscriber got.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Streamed {
    /// Transactions that it should have got.
    pub expected: u64,
    /// Transactions that it got.
    pub transactions: u64,
    /// How often it was told that it had fallen behind and got the rest from the database.
    pub fell_behind: u64,
    /// Seconds from the last outcome until it had all of them; `None` where it never did.
    pub complete_after_s: Option<f64>,
}

/// A subscription that is being counted.
pub struct Subscriber {
    counts: Arc<Counts>,
    task: JoinHandle<Result<(), BenchmarkError>>,
}

struct Counts {
    began: Instant,
    transactions: AtomicU64,
    /// Microseconds after `began` at which the last one came.
    last_us: AtomicU64,
    fell_behind: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        let none = AtomicU64::default;
        Self { began: Instant::now(), transactions: none(), last_us: none(), fell_behind: none() }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Subscriber {
    /// Connects to a URL such as `ws://localhost:8888/graphql-ws`, and returns once transactions are followed.
    ///
    /// # Errors
    /// When the endpoint is not there or refuses.
    pub async fn start(url: &str) -> Result<Self, BenchmarkError> {
        let socket = tokio::time::timeout(ANSWER_TIMEOUT, begin(url)).await;
        let mut socket = socket.map_err(|_| failed(url, "no answer in time"))??;
        let counts = Arc::new(Counts::default());
        let (counted, url) = (Arc::clone(&counts), url.to_owned());
        let task = tokio::spawn(async move {
            loop {
                let Message::Text(text) = hear(&mut socket, &url).await? else { continue };
                counted.count(&text).map_err(|reason| failed(&url, &reason))?;
            }
        });
        Ok(Self { counts, task })
    }

    /// Waits until it has got so many, or no more come for as long as the patience lasts. `ended` is when the last outcome
    /// had come.
    ///
    /// # Errors
    /// When the endpoint ended the subscription.
    pub async fn finish(self, expected: u64, ended: Instant, patience: Duration) -> Result<Streamed, BenchmarkError> {
        let (mut seen, mut last_change) = (0, Instant::now());
        loop {
            let now = self.counts.transactions.load(Ordering::Relaxed);
            if now != seen {
                (seen, last_change) = (now, Instant::now());
            }
            if seen >= expected || last_change.elapsed() > patience {
                break;
            }
            if self.task.is_finished() {
                return self.task.await.map_err(|_| BenchmarkError::Panicked)?.map(|()| unreachable!("it has no end"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let last = self.counts.began + Duration::from_micros(self.counts.last_us.load(Ordering::Relaxed));
        let complete_after_s = (seen >= expected).then(|| last.saturating_duration_since(ended).as_secs_f64());
        self.task.abort();
        Ok(Streamed {
            expected,
            transactions: seen,
            fell_behind: self.counts.fell_behind.load(Ordering::Relaxed),
            complete_after_s,
        })
    }
}

impl Counts {
    /// Tells messages apart by their text: to read each as JSON would cost more than the endpoint's sending it.
    fn count(&self, text: &str) -> Result<(), String> {
        if text.contains(r#""stream_transactions""#) && !text.contains(r#""errors""#) {
            let now_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.last_us.store(now_us, Ordering::Relaxed);
            self.transactions.fetch_add(1, Ordering::Relaxed);
            if text.contains("fell_behind") {
                self.fell_behind.fetch_add(1, Ordering::Relaxed);
            }
            return Ok(());
        }
        let is_harmless = |kind| text.contains(kind);
        if [r#""ping""#, r#""pong""#].into_iter().any(is_harmless) || text.contains(BEGUN) {
            Ok(())
        } else {
            Err(text.to_owned())
        }
    }
}

/// Operations of one socket begin in order, so the answer to a query behind the subscription says that it has begun.
async fn begin(url: &str) -> Result<Socket, BenchmarkError> {
    let not_there = |error: SocketError| failed(url, &error.to_string());
    let mut request = url.into_client_request().map_err(not_there)?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(PROTOCOL));
    let (mut socket, _) = connect_async(request).await.map_err(not_there)?;
    let stream = "subscription { stream_transactions { id iban new_balance changed_by from_to direction descr } }";
    let begun = r#"{ account(iban: "NL66OPEN0000000000") { iban } }"#;
    let operation = |id: &str, query: &str| json!({ "type": "subscribe", "id": id, "payload": { "query": query } });
    let messages = [json!({ "type": "connection_init" }), operation(STREAM, stream), operation(BEGUN, begun)];
    for message in messages {
        socket.send(Message::text(message.to_string())).await.map_err(not_there)?;
    }
    loop {
        let Message::Text(text) = hear(&mut socket, url).await? else { continue };
        let message: Value = serde_json::from_str(&text).map_err(|error| failed(url, &error.to_string()))?;
        match (message["type"].as_str(), message["id"].as_str()) {
            (Some("error"), _) => return Err(failed(url, &text)),
            (Some("next"), Some(BEGUN)) => return Ok(socket),
            _ => {}
        }
    }
}

async fn hear(socket: &mut Socket, url: &str) -> Result<Message, BenchmarkError> {
    match socket.next().await {
        Some(Ok(Message::Close(reason))) => Err(failed(url, &format!("closed: {reason:?}"))),
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(failed(url, &error.to_string())),
        None => Err(failed(url, "the connection ended")),
    }
}

fn failed(url: &str, reason: &str) -> BenchmarkError {
    BenchmarkError::Subscriber { url: url.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_counted_and_errors_are_not_taken_for_them() {
        let counts = Counts::default();
        let next = r#"{"type":"next","id":"stream","payload":{"data":{"stream_transactions":{"id":3}}}}"#;
        let behind = r#"{"type":"next","id":"stream","payload":{"data":{"stream_transactions":{"id":4}},"extensions":{"fell_behind":1}}}"#;
        let error = r#"{"type":"next","id":"stream","payload":{"data":{"stream_transactions":null},"errors":[{}]}}"#;
        for text in [next, behind, r#"{"type":"complete","id":"begun"}"#, r#"{"type":"ping"}"#] {
            counts.count(text).unwrap();
        }
        for text in [error, r#"{"type":"complete","id":"stream"}"#, r#"{"type":"error","id":"stream","payload":[]}"#] {
            assert!(counts.count(text).is_err(), "{text}");
        }
        assert_eq!(counts.transactions.load(Ordering::Relaxed), 2);
        assert!(counts.last_us.load(Ordering::Relaxed) > 0);
        assert_eq!(counts.fell_behind.load(Ordering::Relaxed), 1);
    }
}
