//! A WebSocket of a client, in either subprotocol's words.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const DEADLINE: Duration = Duration::from_secs(20);

pub struct WebSocket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub subprotocol: Option<String>,
    next_id: u32,
}

impl WebSocket {
    pub async fn open(address: SocketAddr, path: &str, subprotocol: Option<&str>) -> Self {
        Self::try_open(address, path, subprotocol, None).await.expect("is opened")
    }

    pub async fn try_open(
        address: SocketAddr,
        path: &str,
        subprotocol: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        for (name, value) in [("sec-websocket-protocol", subprotocol), ("origin", origin)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header"));
            }
        }
        let (socket, response) = connect_async(request).await?;
        let subprotocol = response.headers().get("sec-websocket-protocol");
        let subprotocol = subprotocol.and_then(|name| name.to_str().ok()).map(str::to_owned);
        Ok(Self { socket, subprotocol, next_id: 0 })
    }

    pub async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("is open");
    }

    pub async fn hear(&mut self) -> Value {
        match self.hear_message().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("unexpected: {other:?}"),
        }
    }

    /// The code that the endpoint closes with.
    pub async fn hear_close(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.hear_message().await {
                return frame.expect("a reason").code.into();
            }
        }
    }

    async fn hear_message(&mut self) -> Message {
        loop {
            let message = tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("is told something in time");
            match message.expect("is open").expect("is sound") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// Begins an operation, and gives its id.
    pub async fn subscribe(&mut self, query: &str) -> String {
        self.next_id += 1;
        let id = self.next_id.to_string();
        self.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
        id
    }

    /// Begins a stream, and waits until it runs: operations of one socket begin in order.
    pub async fn stream(&mut self, query: &str) -> String {
        let id = self.subscribe(query).await;
        let marker = self.subscribe("{ __typename }").await;
        while self.hear().await != json!({ "type": "complete", "id": marker }) {}
        id
    }

    /// The result of an operation that has one.
    pub async fn ask(&mut self, query: &str) -> Value {
        let id = self.subscribe(query).await;
        let result = self.hear().await;
        assert_eq!((&result["type"], &result["id"]), (&json!("next"), &json!(id)), "{result}");
        assert_eq!(self.hear().await, json!({ "type": "complete", "id": id }));
        result["payload"].clone()
    }

    /// What a stream gives next.
    pub async fn next_data(&mut self, field: &str) -> Value {
        let message = self.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        message["payload"]["data"][field].clone()
    }
}
