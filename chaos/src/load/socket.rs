//! A GraphQL WebSocket as a browser has it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Why a socket gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nobody took the connection.
    #[error("could not connect: {0}")]
    NoConnection(String),
    /// It ended.
    #[error("the connection was lost")]
    Lost,
    /// Nothing came in time.
    #[error("no answer in time")]
    Silence,
    /// An error of GraphQL.
    #[error("refused: {0}")]
    Refused(String),
}

/// An open WebSocket that speaks graphql-transport-ws.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
}

impl Socket {
    /// Connects and is welcomed.
    ///
    /// # Errors
    /// When it is not within the time.
    pub async fn open(port: u16, timeout: Duration) -> Result<Self, Trouble> {
        let opened = tokio::time::timeout(timeout, Self::try_open(port)).await;
        opened.map_err(|_| Trouble::NoConnection("no welcome in time".to_owned()))?
    }

    async fn try_open(port: u16) -> Result<Self, Trouble> {
        let refused = |error: tokio_tungstenite::tungstenite::Error| Trouble::NoConnection(error.to_string());
        let mut request = format!("ws://127.0.0.1:{port}/graphql-ws").into_client_request().map_err(refused)?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (stream, _) = connect_async(request).await.map_err(refused)?;
        if let MaybeTlsStream::Plain(tcp) = stream.get_ref() {
            tcp.set_nodelay(true).map_err(|error| Trouble::NoConnection(error.to_string()))?;
        }
        let mut socket = Self { stream, next_id: 0 };
        socket.say(&json!({ "type": "connection_init" })).await?;
        let welcome = socket.hear().await?;
        if welcome["type"] == "connection_ack" { Ok(socket) } else { Err(Trouble::NoConnection(welcome.to_string())) }
    }

    /// Begins an operation and gives its id.
    ///
    /// # Errors
    /// When the socket is lost.
    pub async fn begin(&mut self, query: &str, variables: &Value) -> Result<String, Trouble> {
        self.next_id += 1;
        let id = self.next_id.to_string();
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await?;
        Ok(id)
    }

    /// The first result of an operation, of which `field` is given. Nothing else may run in this socket.
    ///
    /// # Errors
    /// When there is none within the time.
    pub async fn ask(
        &mut self,
        query: &str,
        variables: &Value,
        field: &str,
        timeout: Duration,
    ) -> Result<Value, Trouble> {
        let answered = async {
            let id = self.begin(query, variables).await?;
            loop {
                let message = self.hear().await?;
                if message["id"] != *id {
                    continue; // what is left of the operation before
                }
                let result = &message["payload"]["data"][field];
                match message["type"].as_str() {
                    Some("next") if !result.is_null() => return Ok(result.clone()),
                    Some("next" | "error" | "complete") => {
                        return Err(Trouble::Refused(message["payload"].to_string()));
                    }
                    _ => {}
                }
            }
        };
        tokio::time::timeout(timeout, answered).await.map_err(|_| Trouble::Silence)?
    }

    /// The next message.
    ///
    /// # Errors
    /// When the socket is lost.
    pub async fn hear(&mut self) -> Result<Value, Trouble> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).map_err(|_| Trouble::Lost),
                // Pongs go out with the next flush.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    self.stream.flush().await.map_err(|_| Trouble::Lost)?;
                }
                _ => return Err(Trouble::Lost),
            }
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), Trouble> {
        self.stream.send(Message::text(message.to_string())).await.map_err(|_| Trouble::Lost)
    }
}
