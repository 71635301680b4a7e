//! Somebody who follows an account's transactions, and goes on behind the last one after a lost connection.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::socket::{Socket, Trouble};
use super::{Account, Shared};

const CONNECT: Duration = Duration::from_secs(2);
const BEFORE_AGAIN: Duration = Duration::from_millis(100);
const STREAM: &str =
    "subscription($iban: String, $after: Int) { stream_transactions(iban: $iban, after: $after) { id account_seq } }";

/// How far a watcher has come in an account's transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The last one's id; 0 before the first.
    pub id: i64,
    /// The last one's number in its account.
    pub account_seq: i64,
}

impl Place {
    /// Goes on to the next one; whether it was the one whose turn it is.
    pub fn advance(&mut self, id: i64, account_seq: i64) -> bool {
        let is_next = account_seq == self.account_seq + 1;
        if account_seq > self.account_seq {
            *self = Self { id, account_seq };
        }
        is_next
    }
}

/// One watcher.
pub struct Watcher {
    shared: Arc<Shared>,
    account: Account,
}

impl Watcher {
    /// Who follows this account.
    pub fn new(shared: Arc<Shared>, account: Account) -> Self {
        Self { shared, account }
    }

    /// Follows until the load is over and its streams have shown all, or were given up.
    pub async fn run(self) {
        loop {
            tokio::select! {
                () = self.shared.watched.cancelled() => return,
                _ = self.follow() => {}
            }
            tokio::select! {
                () = self.shared.watched.cancelled() => return,
                () = tokio::time::sleep(BEFORE_AGAIN) => {}
            }
        }
    }

    async fn follow(&self) -> Result<(), Trouble> {
        let mut socket = Socket::open(self.shared.door_port, CONNECT).await?;
        let after = self.shared.place_of(&self.account.iban).id;
        let after = if after == 0 { Value::Null } else { json!(after) };
        socket.begin(STREAM, &json!({ "iban": self.account.iban, "after": after })).await?;
        // Operations of one socket begin in order, so an answer to this says that the stream has begun.
        socket.begin("{ account(iban: \"NL66OPEN0000000000\") { iban } }", &json!({})).await?;
        loop {
            let message = socket.hear().await?;
            let data = &message["payload"]["data"];
            if !data["account"].is_null() {
                self.shared.following.send_modify(|following| {
                    following.insert(self.account.iban.clone());
                });
                continue;
            }
            let found = &data["stream_transactions"];
            match (found["id"].as_i64(), found["account_seq"].as_i64()) {
                (Some(id), Some(account_seq)) => self.shared.streamed(&self.account.iban, id, account_seq),
                _ if message["type"] == "complete" && message["id"] == "2" => {}
                _ => return Err(Trouble::Refused(message.to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_number_is_in_turn() {
        let at = |account_seq| Place { id: account_seq * 10, account_seq };
        for (from, seq, is_next, to) in [
            (Place::default(), 1, true, at(1)),
            (at(1), 2, true, at(2)),
            (at(2), 2, false, at(2)),
            (at(2), 1, false, at(2)),
            (at(2), 4, false, at(4)),
        ] {
            let mut place = from;
            assert_eq!((place.advance(seq * 10, seq), place), (is_next, to), "{seq} after {from:?}");
        }
    }
}
