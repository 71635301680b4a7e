//! Transfers through the GraphQL WebSocket, each checked: its result, and that its transactions are streamed.
//!
//! Logs in two people (who get accounts when they are new), deposits from cash to the first, then pays from the first to
//! the second, over and over. Prints median and 99th percentile from subscribe to result and to the streamed transaction.
//! Exits with 1 on any wrong answer.

use clap::Parser;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use topology::Cents;
use uuid::Uuid;

type Wrong = Box<dyn std::error::Error>;
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Sends transfers through the GraphQL WebSocket and checks each
#[derive(Debug, Parser)]
struct Arguments {
    /// Transfers to send; every second one is a deposit from cash
    #[arg(long, default_value_t = 200)]
    count: u32,
    /// Where the endpoint listens
    #[arg(long, default_value = "ws://localhost:8888/graphql-ws")]
    url: String,
    /// Names of the two people; by default new ones
    #[arg(long, num_args = 2, value_names = ["PAYER", "SHOP"])]
    usernames: Option<Vec<String>>,
    /// Their password
    #[arg(long, default_value = "password")]
    password: String,
    /// Milliseconds to wait between two transfers
    #[arg(long, default_value_t = 0)]
    pause_ms: u64,
    /// Milliseconds to wait for each answer
    #[arg(long, default_value_t = 10_000)]
    timeout_ms: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("wrong: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Wrong> {
    let mut client = Client::connect(&arguments.url, Duration::from_millis(arguments.timeout_ms)).await?;
    let unique = Uuid::new_v4().simple().to_string();
    let new_names = || vec![format!("payer-{unique}"), format!("shop-{unique}")];
    let usernames = arguments.usernames.clone().unwrap_or_else(new_names);
    let payer = client.log_in(&usernames[0], &arguments.password).await?;
    let shop = client.log_in(&usernames[1], &arguments.password).await?;
    for account in [&payer, &shop] {
        client.stream(&account.iban).await?;
    }
    let (mut to_result, mut to_streamed) = (Vec::new(), Vec::new());
    for number in 0..arguments.count {
        let transfer =
            if number % 2 == 0 { Transfer::deposit(number, &payer) } else { Transfer::payment(number, &payer, &shop) };
        let timing = client.send(&transfer).await?;
        to_result.push(timing.to_result);
        to_streamed.push(timing.to_streamed);
        tokio::time::sleep(Duration::from_millis(arguments.pause_ms)).await;
    }
    client.check_refusals(&payer, &shop).await?;
    client.check_balance(&payer).await?;
    client.check_balance(&shop).await?;
    println!("{} transfers, each confirmed and streamed", arguments.count);
    println!("subscribe to result:               {}", Percentiles::of(to_result));
    println!("subscribe to streamed transaction: {}", Percentiles::of(to_streamed));
    Ok(())
}

/// An account, with the balance that it should have.
struct Account {
    iban: String,
    token: String,
}

struct Transfer {
    uuid: Uuid,
    token: String,
    amount: i64,
    from: String,
    to: String,
    descr: String,
}

impl Transfer {
    fn deposit(number: u32, to: &Account) -> Self {
        let (from, token) = ("cash".to_owned(), "cash".to_owned());
        let to = to.iban.clone();
        Self {
            uuid: Uuid::new_v4(),
            token,
            amount: 1_000 + i64::from(number),
            from,
            to,
            descr: format!("deposit {number}"),
        }
    }

    fn payment(number: u32, from: &Account, to: &Account) -> Self {
        let (token, from, to) = (from.token.clone(), from.iban.clone(), to.iban.clone());
        Self {
            uuid: Uuid::new_v4(),
            token,
            amount: 100 + i64::from(number),
            from,
            to,
            descr: format!("payment {number}"),
        }
    }

    fn query(&self) -> Value {
        json!({
            "query": "subscription($uuid: String!, $token: String!, $amount: Int!, $from: String!, $to: String!, $descr: String!) {
                money_transfer(uuid: $uuid, token: $token, amount: $amount, from: $from, to: $to, descr: $descr) { uuid success reason } }",
            "variables": { "uuid": self.uuid, "token": self.token, "amount": self.amount, "from": self.from,
                "to": self.to, "descr": self.descr },
        })
    }
}

struct Timing {
    to_result: Duration,
    to_streamed: Duration,
}

struct Client {
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    timeout: Duration,
    next_id: u32,
    /// Operation id of each account's stream.
    streams: HashMap<String, String>,
    /// What each account should have, in cents.
    balances: HashMap<String, i64>,
}

impl Client {
    async fn connect(url: &str, timeout: Duration) -> Result<Self, Wrong> {
        let mut request = url.into_client_request()?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, response) = tokio::time::timeout(timeout, connect_async(request)).await??;
        if response.headers().get("sec-websocket-protocol").is_none_or(|chosen| chosen != "graphql-transport-ws") {
            return Err("the endpoint does not speak graphql-transport-ws".into());
        }
        if let MaybeTlsStream::Plain(tcp) = socket.get_ref() {
            tcp.set_nodelay(true)?;
        }
        let (sink, stream) = socket.split();
        let mut client = Self { sink, stream, timeout, next_id: 0, streams: HashMap::new(), balances: HashMap::new() };
        client.say(&json!({ "type": "connection_init" })).await?;
        let answer = client.hear().await?;
        if answer["type"] == "connection_ack" { Ok(client) } else { Err(format!("not welcomed: {answer}").into()) }
    }

    async fn log_in(&mut self, username: &str, password: &str) -> Result<Account, Wrong> {
        let query = json!({
            "query": "subscription($u: String!, $p: String!) { get_account(username: $u, password: $p) { iban token reason } }",
            "variables": { "u": username, "p": password },
        });
        let result = self.ask(&query, "get_account").await?;
        let (Some(iban), Some(token)) = (result["iban"].as_str(), result["token"].as_str()) else {
            return Err(format!("no account for {username}: {}", result["reason"]).into());
        };
        let known = json!({
            "query": "query($iban: String!) { account(iban: $iban) { balance_cents } }", "variables": { "iban": iban } });
        let account = self.ask(&known, "account").await?;
        let cents = account["balance_cents"].as_str().ok_or("the account of a log-in is not there to be asked")?;
        self.balances.insert(iban.to_owned(), cents.parse()?);
        Ok(Account { iban: iban.to_owned(), token: token.to_owned() })
    }

    async fn stream(&mut self, iban: &str) -> Result<(), Wrong> {
        let query = json!({
            "query": "subscription($iban: String) { stream_transactions(iban: $iban) {
                id iban new_balance changed_by changed_by_cents from_to descr direction } }",
            "variables": { "iban": iban },
        });
        let id = self.begin(&query).await?;
        self.streams.insert(id, iban.to_owned());
        // Operations of one socket begin in order, so an answer to this says that the stream has begun.
        self.ask(&json!({ "query": "{ account(iban: \"NL66OPEN0000000000\") { iban } }" }), "account").await.map(drop)
    }

    /// Sends a transfer; waits for its result and for a transaction of each of its accounts that is streamed.
    async fn send(&mut self, transfer: &Transfer) -> Result<Timing, Wrong> {
        let started = Instant::now();
        let id = self.begin(&transfer.query()).await?;
        let mut expected: Vec<(String, i64)> = Vec::new();
        for (iban, change) in [(&transfer.from, -transfer.amount), (&transfer.to, transfer.amount)] {
            if let Some(balance) = self.balances.get_mut(iban) {
                *balance += change;
                expected.push((iban.clone(), change));
            }
        }
        let (mut to_result, mut to_streamed) = (None, None);
        while to_result.is_none() || to_streamed.is_none() {
            let message = self.hear().await?;
            let data = &message["payload"]["data"];
            if message["id"] == id && message["type"] == "next" {
                let result = &data["money_transfer"];
                if result["success"] != true || result["uuid"] != json!(transfer.uuid) {
                    return Err(format!("{}: {message}", transfer.descr).into());
                }
                to_result = Some(started.elapsed());
            } else if data["stream_transactions"].is_object() {
                self.check_streamed(&data["stream_transactions"], transfer, &mut expected)?;
                to_streamed = expected.is_empty().then(|| started.elapsed());
            } else if message["type"] != "complete" {
                return Err(format!("unexpected: {message}").into());
            }
        }
        Ok(Timing { to_result: to_result.unwrap_or_default(), to_streamed: to_streamed.unwrap_or_default() })
    }

    fn check_streamed(
        &self,
        found: &Value,
        transfer: &Transfer,
        expected: &mut Vec<(String, i64)>,
    ) -> Result<(), Wrong> {
        let iban = found["iban"].as_str().unwrap_or_default();
        let index = expected.iter().position(|(wanted, _)| wanted == iban);
        let (_, change) = expected.swap_remove(index.ok_or_else(|| format!("streamed twice or for nobody: {found}"))?);
        let other = if change < 0 { &transfer.to } else { &transfer.from };
        let wanted = json!({
            "id": found["id"],
            "iban": iban,
            "new_balance": Cents::new(self.balances[iban]).to_dutch(),
            "changed_by": Cents::new(change).unsigned_dutch(),
            "changed_by_cents": change.to_string(),
            "from_to": other,
            "descr": transfer.descr,
            "direction": if change < 0 { "DEBIT" } else { "CREDIT" },
        });
        if *found == wanted { Ok(()) } else { Err(format!("streamed {found}, not {wanted}").into()) }
    }

    /// The same uuid again has the same result and changes nothing; wrong ones are refused in the contract's words.
    async fn check_refusals(&mut self, payer: &Account, shop: &Account) -> Result<(), Wrong> {
        let sent = Transfer::payment(1, payer, shop);
        self.send(&sent).await?;
        let changed = Transfer { amount: sent.amount + 1, ..Transfer::payment(1, payer, shop) };
        let rows = [
            (sent.query(), json!(true), Value::Null),
            (Transfer { uuid: sent.uuid, ..changed }.query(), json!(false), json!("id was used for another command")),
            (
                Transfer { amount: 0, ..Transfer::payment(1, payer, shop) }.query(),
                json!(false),
                json!("invalid amount"),
            ),
            (
                Transfer { token: "0".into(), ..Transfer::payment(1, payer, shop) }.query(),
                json!(false),
                json!("invalid token"),
            ),
            (
                Transfer { amount: 2_000_000_000, ..Transfer::payment(1, payer, shop) }.query(),
                json!(false),
                json!("insufficient funds"),
            ),
        ];
        for (query, success, reason) in rows {
            let result = self.ask(&query, "money_transfer").await?;
            if result["success"] != success || result["reason"] != reason {
                return Err(format!("{result}, not success {success} for reason {reason}").into());
            }
        }
        Ok(())
    }

    async fn check_balance(&mut self, account: &Account) -> Result<(), Wrong> {
        let query = json!({
            "query": "query($iban: String!) { account(iban: $iban) { balance_cents } }",
            "variables": { "iban": account.iban },
        });
        let found = self.ask(&query, "account").await?;
        let wanted = self.balances[&account.iban].to_string();
        if found["balance_cents"] == wanted { Ok(()) } else { Err(format!("{found} is not {wanted}").into()) }
    }

    /// The first result of an operation; nothing may be streamed meanwhile.
    async fn ask(&mut self, query: &Value, field: &str) -> Result<Value, Wrong> {
        let id = self.begin(query).await?;
        let mut result = None;
        loop {
            let message = self.hear().await?;
            if message["id"] != id && message["type"] == "complete" {
                continue; // of an operation whose result was heard before
            }
            if message["id"] != id {
                return Err(format!("unexpected: {message}").into());
            }
            match (message["type"].as_str(), &message["payload"]["data"][field]) {
                (Some("next"), found) if !found.is_null() => result = Some(found.clone()),
                (Some("complete"), _) => return result.ok_or_else(|| format!("no answer to {field}").into()),
                _ => return Err(format!("{field}: {message}").into()),
            }
        }
    }

    async fn begin(&mut self, query: &Value) -> Result<String, Wrong> {
        self.next_id += 1;
        let id = self.next_id.to_string();
        self.say(&json!({ "type": "subscribe", "id": id, "payload": query })).await?;
        Ok(id)
    }

    async fn say(&mut self, message: &Value) -> Result<(), Wrong> {
        Ok(self.sink.send(Message::text(message.to_string())).await?)
    }

    async fn hear(&mut self) -> Result<Value, Wrong> {
        loop {
            let message = tokio::time::timeout(self.timeout, self.stream.next()).await;
            let message = message.map_err(|_| "no answer in time")?.ok_or("the endpoint left")??;
            match message {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Ping(_) | Message::Pong(_) => self.sink.flush().await?,
                other => return Err(format!("unexpected: {other}").into()),
            }
        }
    }
}

struct Percentiles {
    median: Duration,
    p99: Duration,
}

impl Percentiles {
    fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = (durations.len() * percent).div_ceil(100).saturating_sub(1);
            durations.get(index).copied().unwrap_or_default()
        };
        Self { median: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        write!(out, "median {:.1} ms, p99 {:.1} ms", ms(self.median), ms(self.p99))
    }
}
