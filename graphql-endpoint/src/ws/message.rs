//! The messages of both WebSocket subprotocols.
//!
//! Sources: graphql-ws' PROTOCOL.md (subprotocol `graphql-transport-ws`) and subscriptions-transport-ws' PROTOCOL.md (the
//! older subprotocol, named `graphql-ws`). A client is answered in the words that it began the operation with, so neither
//! the subprotocol's header nor a `connection_init` is needed.

use async_graphql::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The names of the subprotocols, the one that is preferred first.
pub const SUBPROTOCOLS: [&str; 2] = ["graphql-transport-ws", "graphql-ws"];

/// What a client says.
// Without Debug outside of tests, since a request may hold a password or a token.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// It begins; the payload is of no concern here.
    ConnectionInit,
    /// An operation, in the newer words.
    Subscribe {
        /// By which it is known.
        id: String,
        /// What is asked.
        payload: Box<Request>,
    },
    /// An operation, in the older words.
    Start {
        /// By which it is known.
        id: String,
        /// What is asked.
        payload: Box<Request>,
    },
    /// The end of an operation, in the newer words.
    Complete {
        /// Which.
        id: String,
    },
    /// The end of an operation, in the older words.
    Stop {
        /// Which.
        id: String,
    },
    /// It leaves, in the older words.
    ConnectionTerminate,
    /// Are you there?
    Ping {
        /// Comes back in the answer.
        #[serde(default)]
        payload: Option<Value>,
    },
    /// I am here.
    Pong,
}

/// In which words an operation began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Those of `graphql-transport-ws`.
    Newer,
    /// Those of `graphql-ws`.
    Older,
}

/// What a client is told.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToClient<'a> {
    /// Welcome.
    ConnectionAck,
    /// A result, in the newer words.
    Next {
        /// Of which operation.
        id: &'a str,
        /// The result.
        payload: &'a Response,
    },
    /// A result, in the older words.
    Data {
        /// Of which operation.
        id: &'a str,
        /// The result.
        payload: &'a Response,
    },
    /// An operation ended.
    Complete {
        /// Which.
        id: &'a str,
    },
    /// I am here.
    Pong {
        /// What came with the question.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
}

impl<'a> ToClient<'a> {
    /// A result, in the words that its operation began with.
    #[must_use]
    pub fn result(words: Words, id: &'a str, payload: &'a Response) -> Self {
        match words {
            Words::Newer => Self::Next { id, payload },
            Words::Older => Self::Data { id, payload },
        }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message has no keys but texts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_understood() {
        let rows = [
            (r#"{"type":"connection_init"}"#, "ConnectionInit"),
            (r#"{"type":"connection_init","payload":{"a":1}}"#, "ConnectionInit"),
            (r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#, "Subscribe"),
            (r#"{"id":"1","type":"start","payload":{"query":"{a}","variables":null}}"#, "Start"),
            (r#"{"type":"complete","id":"1"}"#, "Complete"),
            (r#"{"type":"stop","id":"1"}"#, "Stop"),
            (r#"{"type":"connection_terminate","payload":null}"#, "ConnectionTerminate"),
            (r#"{"type":"ping"}"#, "Ping"),
            (r#"{"type":"pong","payload":{}}"#, "Pong"),
        ];
        for (text, name) in rows {
            let message: FromClient = serde_json::from_str(text).expect(text);
            assert!(format!("{message:?}").starts_with(name), "{text}");
        }
        for text in ["", "{}", r#"{"type":"subscribe","id":"1"}"#, r#"{"type":"start","payload":{"query":""}}"#, "[]"] {
            assert!(serde_json::from_str::<FromClient>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn answers_are_in_the_words_of_the_question() {
        let response = Response::default();
        let newer = ToClient::result(Words::Newer, "7", &response).to_json();
        let older = ToClient::result(Words::Older, "7", &response).to_json();
        assert_eq!(newer, r#"{"type":"next","id":"7","payload":{"data":null}}"#);
        assert_eq!(older, r#"{"type":"data","id":"7","payload":{"data":null}}"#);
        assert_eq!(ToClient::Complete { id: "7" }.to_json(), r#"{"type":"complete","id":"7"}"#);
        assert_eq!(ToClient::Pong { payload: None }.to_json(), r#"{"type":"pong"}"#);
    }
}
