//! A person who sends transfers one after another, and asks again with the same uuid until the outcome is known.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::socket::{Socket, Trouble};
use super::{Account, Shared};

/// Between two transfers of a user.
const PAUSE: Duration = Duration::from_millis(20);
/// Between two tries after an error.
const BEFORE_AGAIN: Duration = Duration::from_millis(100);
/// The endpoint itself answers within 5 s that an outcome is pending.
const ANSWER: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(2);
const TRANSFER: &str = "subscription($uuid: String!, $token: String!, $amount: Int!, $from: String!, $to: String!, $descr: String!) {
    money_transfer(uuid: $uuid, token: $token, amount: $amount, from: $from, to: $to, descr: $descr) { uuid success reason } }";

/// One user.
pub struct User {
    shared: Arc<Shared>,
    account: Account,
    friend: Account,
    socket: Option<Socket>,
    sent: u64,
}

impl User {
    /// Who owns `account` and pays to `friend`.
    pub fn new(shared: Arc<Shared>, account: Account, friend: Account) -> Self {
        Self { shared, account, friend, socket: None, sent: 0 }
    }

    /// Sends until the load is to end; the transfer that is under way then is asked for until `shared.give_up`.
    pub async fn run(mut self) {
        while !self.shared.end.is_cancelled() {
            self.transfer().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A deposit first and then a payment of the same amount, so that all must go through.
    async fn transfer(&mut self) {
        let is_deposit = self.sent.is_multiple_of(2);
        let amount = 1_000 + i64::try_from(self.sent / 2 % 1_000).unwrap_or_default();
        self.sent += 1;
        let account = &self.account;
        let (from, token, to) = if is_deposit {
            ("cash", "cash", account.iban.as_str())
        } else {
            (account.iban.as_str(), account.token.as_str(), self.friend.iban.as_str())
        };
        let what = json!({ "uuid": Uuid::new_v4(), "token": token, "amount": amount, "from": from, "to": to, "descr": "chaos" });
        let booked = [(from.to_owned(), -amount), (to.to_owned(), amount)];
        self.shared.seen().asked += 1;
        let asked = Instant::now();
        loop {
            match self.ask(&what).await {
                Ok(is_confirmed) => {
                    self.shared.seen().answered(is_confirmed, asked.elapsed());
                    if is_confirmed {
                        self.shared.book(&booked);
                    }
                    self.shared.answers.send_modify(|count| *count += 1);
                    return;
                }
                Err(error) => self.shared.seen().error(error),
            }
            if self.shared.give_up.is_cancelled() {
                self.shared.seen().given_up(asked.elapsed());
                return;
            }
            tokio::time::sleep(BEFORE_AGAIN).await;
            self.shared.seen().asked_again += 1;
        }
    }

    /// Whether the money has moved, or what came instead of an answer.
    async fn ask(&mut self, what: &Value) -> Result<bool, String> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::open(self.shared.door_port, CONNECT).await.map_err(|error| kind_of(&error))?,
        };
        let answer = socket.ask(TRANSFER, what, "money_transfer", ANSWER).await.map_err(|error| kind_of(&error))?;
        self.socket = Some(socket);
        match answer["success"].as_bool() {
            Some(success) => Ok(success),
            None => Err(answer["reason"].as_str().unwrap_or("no reason").to_owned()),
        }
    }
}

/// Without what differs from one time to the next.
fn kind_of(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NoConnection(_) => "no connection".to_owned(),
        other => other.to_string(),
    }
}
