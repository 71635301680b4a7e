//! Subscribers that read too slowly, or not at all.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::Scene;
use crate::bank::wait_for;
use crate::error::ChaosError;
use crate::load::{Socket, Trouble};

const DEAF: usize = 10;
/// Streams of everything in each deaf socket, so that the kernel's buffers are soon full.
const STREAMS: usize = 20;
const CONNECT: Duration = Duration::from_secs(5);
/// The bank's time-outs of writing and pinging are 5 s in chaos.
const DISCONNECTED: Duration = Duration::from_mins(1);
const STREAM: &str = "subscription { stream_transactions { id iban account_seq } }";
/// A slow reader's pause after each message.
const SLOW: Duration = Duration::from_millis(20);
/// Commands a second, so that a slow reader soon falls behind.
const QUICK: u32 = 3_000;
const CATCH_UP: Duration = Duration::from_secs(40);

/// Nobody reads: the endpoint must let go of them, and serve the others meanwhile.
pub async fn deaf(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let connections = async || scene.bank.questions.metric("graphql-endpoint", "graphql_endpoint_connections").await;
    let mut deaf = Vec::new();
    for _ in 0..DEAF {
        let mut socket = Socket::open(scene.bank.questions.graphql_port, CONNECT).await.map_err(unwell)?;
        for _ in 0..STREAMS {
            socket.begin(STREAM, &json!({})).await.map_err(unwell)?;
        }
        deaf.push(socket);
    }
    scene.hold().await;
    let all = count(DEAF + 2 * scene.people.accounts.len());
    let with_them = connections().await.unwrap_or_default();
    if with_them + 0.5 < all {
        return Err(ChaosError::DidNotHappen(format!("the endpoint has {with_them} connections, not {all}")));
    }
    let began = Instant::now();
    let without_them = count(2 * scene.people.accounts.len());
    let are_gone = async || connections().await.is_some_and(|now| now < without_them + 0.5);
    wait_for("deaf clients to be disconnected", DISCONNECTED, are_gone).await?;
    scene.served(CONNECT).await?;
    drop(deaf);
    Ok(format!("{DEAF} clients with {STREAMS} streams each were disconnected after {} ms", began.elapsed().as_millis()))
}

/// Slowly at first and then quickly: every account's transactions must come in turn.
pub async fn slow(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let behind = async || {
        let metric = "graphql_endpoint_subscribers_behind_total";
        scene.bank.questions.metric("graphql-endpoint", metric).await.unwrap_or_default()
    };
    let behind_before = behind().await;
    let mut reader = Reader::open(scene.bank.questions.graphql_port).await.map_err(unwell)?;
    // The kernel's buffers come before the endpoint's own: it is slow until the endpoint has noticed.
    let patience = Duration::from_millis(scene.plan.held_ms) + CATCH_UP;
    let began = Instant::now();
    scene.load.set_rate(QUICK).await?;
    let mut slow_until = Instant::now();
    while began.elapsed() < patience && behind().await < behind_before + 0.5 {
        slow_until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < slow_until {
            reader.read().await?;
            tokio::time::sleep(SLOW).await;
        }
    }
    let fell_behind = behind().await > behind_before + 0.5;
    scene.load.set_usual_rate().await?;
    if !fell_behind {
        return Err(ChaosError::DidNotHappen(format!("the reader never fell behind, in {:?}", slow_until - began)));
    }
    let slowly = reader.count;
    // What is booked from now on comes last: once it was read, all before it was.
    let wanted = scene.bank.questions.number("select max(event) from event").await?;
    let end = Instant::now() + CATCH_UP;
    while reader.last_event < wanted {
        if Instant::now() > end {
            let timeout_ms = u64::try_from(CATCH_UP.as_millis()).unwrap_or(u64::MAX);
            return Err(ChaosError::Late { what: "the slow reader to catch up".to_owned(), timeout_ms });
        }
        reader.read().await?;
    }
    Ok(format!("fell behind after {slowly} transactions, caught up after {} more, none missing", reader.count - slowly))
}

/// Follows everything, and knows whose turn it is.
struct Reader {
    socket: Socket,
    last: HashMap<String, i64>,
    count: u64,
    last_event: i64,
}

impl Reader {
    async fn open(port: u16) -> Result<Self, Trouble> {
        let mut socket = Socket::open(port, CONNECT).await?;
        socket.begin(STREAM, &json!({})).await?;
        Ok(Self { socket, last: HashMap::new(), count: 0, last_event: 0 })
    }

    async fn read(&mut self) -> Result<(), ChaosError> {
        let heard = tokio::time::timeout(CATCH_UP, self.socket.hear()).await;
        let message = heard.map_err(|_| unwell(Trouble::Silence))?.map_err(unwell)?;
        let found = &message["payload"]["data"]["stream_transactions"];
        let (Some(id), Some(iban), Some(seq)) =
            (found["id"].as_i64(), found["iban"].as_str(), found["account_seq"].as_i64())
        else {
            // It is told that it fell behind in a result of its own.
            return Ok(());
        };
        let before = self.last.insert(iban.to_owned(), seq);
        if before.is_some_and(|before| seq != before + 1) {
            return Err(ChaosError::Broken(format!("after transaction {before:?} of {iban} came {seq}")));
        }
        self.count += 1;
        // A transaction's id is its event's number, doubled, and its leg.
        self.last_event = self.last_event.max(id / 2);
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a float, and this is small")]
fn count(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwell(trouble: Trouble) -> ChaosError {
    ChaosError::Broken(format!("the endpoint: {trouble}"))
}
