//! A GraphQL client over a WebSocket, by the protocol `graphql-transport-ws`. One operation at a time.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What the endpoint did that it should not have done.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The connection failed, or ended.
    #[error("the endpoint at {url}: {source}")]
    Socket {
        /// Where it is.
        url: String,
        /// What was said.
        source: Box<tungstenite::Error>,
    },
    /// It closed the connection.
    #[error("the endpoint left")]
    Left,
    /// Nothing came.
    #[error("nothing came from the endpoint for {0} ms")]
    Silence(u128),
    /// It answered with something else than the protocol and the schema want.
    #[error("the endpoint said {0}")]
    Unexpected(String),
    /// It refused what it should have done.
    #[error("{0}")]
    Refused(String),
}

/// A connection.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
    timeout: Duration,
    operations: u64,
}

impl Client {
    /// Connects, and waits at most `timeout` for that and for everything later.
    pub async fn connect(url: &str, timeout: Duration) -> Result<Self, Wrong> {
        let failed = |source| Wrong::Socket { url: url.to_owned(), source: Box::new(source) };
        let mut request = url.into_client_request().map_err(failed)?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let connected = tokio::time::timeout(timeout, connect_async(request)).await;
        let (socket, _) = connected.map_err(|_| Wrong::Silence(timeout.as_millis()))?.map_err(failed)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true).map_err(|error| failed(error.into()))?;
        }
        let mut client = Self { socket, url: url.to_owned(), timeout, operations: 0 };
        client.say(&json!({ "type": "connection_init" })).await?;
        let answer = client.hear().await?;
        if answer["type"] == "connection_ack" { Ok(client) } else { Err(unexpected(&answer)) }
    }

    /// How long everything may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The data of an operation's first result, and the operation's end.
    pub async fn ask(&mut self, query: &str, variables: &Value) -> Result<Value, Wrong> {
        let id = self.begin(query, variables).await?;
        let data = self.next(&id).await?;
        loop {
            let message = self.hear().await?;
            match message["type"].as_str() {
                Some("complete") if message["id"] == id => return Ok(data),
                Some("complete") => {}
                _ => return Err(unexpected(&message)),
            }
        }
    }

    /// Begins an operation. Gives its id.
    pub async fn begin(&mut self, query: &str, variables: &Value) -> Result<String, Wrong> {
        self.operations += 1;
        let id = self.operations.to_string();
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await?;
        Ok(id)
    }

    /// The data of an operation's next result.
    pub async fn next(&mut self, id: &str) -> Result<Value, Wrong> {
        loop {
            let mut message = self.hear().await?;
            match message["type"].as_str() {
                Some("next") if message["id"] == *id && message["payload"]["errors"].is_null() => {
                    return Ok(message["payload"]["data"].take());
                }
                // Of an operation of which the first result was enough.
                Some("complete") if message["id"] != *id => {}
                _ => return Err(unexpected(&message)),
            }
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), Wrong> {
        self.socket.send(Message::text(message.to_string())).await.map_err(|source| self.failed(source))
    }

    async fn hear(&mut self) -> Result<Value, Wrong> {
        // Pings are no answer, however often they come.
        let end = tokio::time::Instant::now() + self.timeout;
        loop {
            let message = tokio::time::timeout_at(end, self.socket.next()).await;
            let message = message.map_err(|_| Wrong::Silence(self.timeout.as_millis()))?.ok_or(Wrong::Left)?;
            match message.map_err(|source| self.failed(source))? {
                Message::Text(text) => {
                    let message: Value =
                        serde_json::from_str(&text).map_err(|_| Wrong::Unexpected(text.as_str().to_owned()))?;
                    match message["type"].as_str() {
                        Some("ping") => self.say(&json!({ "type": "pong" })).await?,
                        _ => return Ok(message),
                    }
                }
                Message::Close(_) => return Err(Wrong::Left),
                // The library answers pings by itself.
                _ => self.socket.flush().await.map_err(|source| self.failed(source))?,
            }
        }
    }

    fn failed(&self, source: tungstenite::Error) -> Wrong {
        Wrong::Socket { url: self.url.clone(), source: Box::new(source) }
    }
}

fn unexpected(message: &Value) -> Wrong {
    Wrong::Unexpected(message.to_string())
}
