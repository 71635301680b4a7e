//! One WebSocket, from its upgrade to its end.

use super::message::{FromClient, ToClient, Words};
use super::operations::{NotBegun, Operations, Step};
use crate::limits::LimitSettings;
use crate::schema::BankSchema;
use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Results that go out before the client is read again.
const RESULTS_AT_ONCE: usize = 256;
/// Close code of graphql-transport-ws: an unreadable message.
const INVALID_MESSAGE: u16 = 4400;
/// Close code of graphql-transport-ws: an id is used twice.
const SAME_ID: u16 = 4409;
/// Close code of graphql-transport-ws: a second `connection_init`.
const TOO_MANY_INITIALISATIONS: u16 = 4429;

/// Why a WebSocket ends.
#[derive(Debug)]
enum End {
    /// The client left, or cannot be reached.
    Gone,
    /// It is told why.
    Close(u16, &'static str),
}

/// A WebSocket and what runs in it.
pub struct Session {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    operations: Operations,
    is_initialised: bool,
    /// Pings since the client was last heard.
    unanswered_pings: u8,
    write_timeout: Duration,
    ping_interval: Duration,
}

impl Session {
    /// A session in a WebSocket that was just opened.
    #[must_use]
    pub fn new(socket: WebSocket, schema: BankSchema, limits: &LimitSettings) -> Self {
        let (sink, stream) = socket.split();
        Self {
            sink,
            stream,
            operations: Operations::new(schema, limits.subscriptions_per_connection_max),
            is_initialised: false,
            unanswered_pings: 0,
            write_timeout: Duration::from_millis(limits.write_timeout_ms),
            ping_interval: Duration::from_millis(limits.ping_interval_ms),
        }
    }

    /// Serves the client until either side ends it.
    pub async fn run(mut self, shutdown: CancellationToken) {
        if let End::Close(code, reason) = self.serve(&shutdown).await {
            let frame = CloseFrame { code, reason: reason.into() };
            // Whoever does not take the reason is gone, which is what was wanted.
            let _ = self.send(Message::Close(Some(frame))).await;
        }
    }

    async fn serve(&mut self, shutdown: &CancellationToken) -> End {
        let mut pings = tokio::time::interval(self.ping_interval);
        pings.reset();
        loop {
            let served = tokio::select! {
                biased;
                () = shutdown.cancelled() => Err(End::Close(close_code::AWAY, "the endpoint stops")),
                message = self.stream.next() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    _ => Err(End::Gone),
                },
                step = self.operations.next() => self.tell(step).await,
                _ = pings.tick() => self.ping().await,
            };
            if let Err(end) = served {
                return end;
            }
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.unanswered_pings = 0;
        let text = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        let message =
            serde_json::from_slice(text).map_err(|_| End::Close(INVALID_MESSAGE, "not a message of GraphQL"))?;
        match message {
            FromClient::ConnectionInit if self.is_initialised => {
                Err(End::Close(TOO_MANY_INITIALISATIONS, "too many initialisation requests"))
            }
            FromClient::ConnectionInit => {
                self.is_initialised = true;
                self.say(&ToClient::ConnectionAck).await
            }
            FromClient::Subscribe { id, payload } => self.begin(id, Words::Newer, *payload).await,
            FromClient::Start { id, payload } => self.begin(id, Words::Older, *payload).await,
            FromClient::Complete { id } => {
                self.operations.end(&id);
                Ok(())
            }
            FromClient::Stop { id } => {
                if self.operations.end(&id) {
                    self.say(&ToClient::Complete { id: &id }).await
                } else {
                    Ok(())
                }
            }
            FromClient::ConnectionTerminate => Err(End::Close(close_code::NORMAL, "")),
            FromClient::Ping { payload } => self.say(&ToClient::Pong { payload }).await,
            FromClient::Pong => Ok(()),
        }
    }

    async fn begin(&mut self, id: String, words: Words, request: Request) -> Result<(), End> {
        let refused = match self.operations.begin(id.clone(), words, request) {
            Ok(()) => return Ok(()),
            Err(NotBegun::SameId) => return Err(End::Close(SAME_ID, "an operation of this id runs already")),
            Err(NotBegun::TooMany) => "too many operations at once in this connection",
            Err(NotBegun::NotOneField) => "a subscription must have exactly one field at its root",
        };
        let error = ServerError::new(refused, None);
        self.say(&ToClient::result(words, &id, &Response::from_errors(vec![error]))).await?;
        self.say(&ToClient::Complete { id: &id }).await
    }

    /// Sends a step, and those that are there already, in one go.
    async fn tell(&mut self, first: Step) -> Result<(), End> {
        let mut step = Some(first);
        for _ in 0..RESULTS_AT_ONCE {
            let Some(Step { id, words, result }) = step.take().or_else(|| self.operations.ready()) else { break };
            let message = match &result {
                Some(response) => ToClient::result(words, &id, response),
                None => ToClient::Complete { id: &id },
            };
            let message = Message::Text(message.to_json().into());
            within(self.write_timeout, self.sink.feed(message)).await?;
        }
        within(self.write_timeout, self.sink.flush()).await
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.unanswered_pings >= 2 {
            return Err(End::Gone);
        }
        self.unanswered_pings += 1;
        self.send(Message::Ping(Vec::new().into())).await
    }

    async fn say(&mut self, message: &ToClient<'_>) -> Result<(), End> {
        self.send(Message::Text(message.to_json().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        within(self.write_timeout, self.sink.send(message)).await
    }
}

/// A client that does not take what it is sent is gone.
async fn within<E>(timeout: Duration, write: impl Future<Output = Result<(), E>>) -> Result<(), End> {
    match tokio::time::timeout(timeout, write).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
