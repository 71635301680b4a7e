//! An endpoint that has one defect: who follows accounts and asks behind outcomes must notice.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use audit::books::Books;
use audit::check::Tally;
use audit::endpoint::{self, EndpointSettings};
use audit::projection::TransactionRow;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use service_kit::settings::from_flags;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use topology::Iban;

use crate::bank::Bank;
use crate::specimen::{Specimen, books};

/// What is wrong with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    LeavesOutTheFirstBehindAfter,
    BeginsWithAfterItself,
    ForgetsAfter,
    Swaps,
    MixesAccounts,
    RoundsBalances,
    NumbersWrongly,
    EndsEarly,
    Stalls,
    DoesNotKnowTheFirst,
    ShowsTheBalanceBefore,
    ShowsNoTransaction,
    MovesTwice,
    Loses,
    Refuses,
    NeverDecides,
    HasNoAccounts,
}

struct Liar {
    defect: Defect,
    transactions: Vec<TransactionRow>,
    /// Deposits by uuid, cents and what they were for.
    deposits: Mutex<Vec<(String, i64, String)>>,
}

impl Liar {
    async fn listening(defect: Defect, transactions: Vec<TransactionRow>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let liar = Arc::new(Self { defect, transactions, deposits: Mutex::default() });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let liar = Arc::clone(&liar);
                tokio::spawn(async move { liar.serve(stream).await });
            }
        });
        address
    }

    /// Until the client leaves.
    #[allow(clippy::result_large_err, reason = "the library's type of a refused handshake")]
    async fn serve(&self, stream: TcpStream) {
        use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
        let protocol = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            response.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
            Ok(response)
        };
        stream.set_nodelay(true).unwrap();
        let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, protocol).await else { return };
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == "connection_init" {
                let _ = socket.send(Message::text(json!({ "type": "connection_ack" }).to_string())).await;
                continue;
            }
            assert_eq!(message["type"], "subscribe", "{message}");
            let payload = &message["payload"];
            self.answer(&mut socket, &message["id"], payload["query"].as_str().unwrap(), &payload["variables"]).await;
        }
    }

    async fn answer(&self, socket: &mut WebSocketStream<TcpStream>, id: &Value, query: &str, variables: &Value) {
        let (results, goes_on) = if query.contains("stream_transactions") {
            (self.streamed(variables), self.defect != Defect::EndsEarly)
        } else if query.contains("transaction_by_id") {
            (vec![self.by_id(variables)], false)
        } else if query.contains("get_account") {
            (vec![self.account()], false)
        } else if query.contains("money_transfer") {
            (vec![self.transfer(variables)], false)
        } else {
            (vec![self.shown()], false)
        };
        for data in results {
            let next = json!({ "type": "next", "id": id, "payload": { "data": data } });
            if socket.send(Message::text(next.to_string())).await.is_err() {
                return;
            }
        }
        if !goes_on {
            let _ = socket.send(Message::text(json!({ "type": "complete", "id": id }).to_string())).await;
        }
    }

    fn streamed(&self, variables: &Value) -> Vec<Value> {
        let iban: Iban = variables["iban"].as_str().unwrap().parse().unwrap();
        let number = i64::try_from(iban.number()).unwrap();
        let after = variables["after"].as_i64().unwrap();
        let mut rows = self.transactions.clone();
        if self.defect != Defect::MixesAccounts {
            rows.retain(|row| row.account == number);
        }
        let behind = rows.iter().position(|row| row.id == after).unwrap() + 1;
        let mut rows = match self.defect {
            Defect::LeavesOutTheFirstBehindAfter => rows.split_off((behind + 1).min(rows.len())),
            Defect::BeginsWithAfterItself => rows.split_off(behind - 1),
            Defect::ForgetsAfter => rows,
            _ => rows.split_off(behind),
        };
        if rows.len() > 2 && self.defect == Defect::Swaps {
            rows.swap(1, 2);
        }
        let lacks = usize::from(matches!(self.defect, Defect::EndsEarly | Defect::Stalls));
        rows.truncate(rows.len() - lacks.min(rows.len()));
        rows.iter().map(|row| json!({ "stream_transactions": self.told(row) })).collect()
    }

    fn by_id(&self, variables: &Value) -> Value {
        let row = self.transactions.iter().find(|row| variables["id"] == row.id);
        let row = row.filter(|_| self.defect != Defect::DoesNotKnowTheFirst);
        json!({ "transaction_by_id": row.map(|row| self.told(row)) })
    }

    fn told(&self, row: &TransactionRow) -> Value {
        let iban = Iban::from_number(u64::try_from(row.account).unwrap()).unwrap();
        let balance = if self.defect == Defect::RoundsBalances { row.new_balance / 100 * 100 } else { row.new_balance };
        let seq = row.account_seq.map(|seq| seq + i64::from(self.defect == Defect::NumbersWrongly));
        json!({ "id": row.id, "iban": iban.to_string(), "new_balance_cents": balance.to_string(),
            "changed_by_cents": row.changed_by.to_string(), "from_to": row.from_to, "descr": row.descr,
            "account_seq": seq })
    }

    fn account(&self) -> Value {
        let iban = (self.defect != Defect::HasNoAccounts).then(|| Iban::from_number(5).unwrap().to_string());
        json!({ "get_account": { "iban": iban, "reason": "no account for you" } })
    }

    fn transfer(&self, variables: &Value) -> Value {
        let mut deposits = self.deposits.lock().unwrap();
        let uuid = variables["uuid"].as_str().unwrap().to_owned();
        let is_known = deposits.iter().any(|(known, ..)| *known == uuid);
        let moves = match self.defect {
            Defect::MovesTwice => true,
            Defect::Loses => deposits.len() < 2 && !is_known,
            Defect::Refuses | Defect::NeverDecides => false,
            _ => !is_known,
        };
        if moves {
            deposits.push((
                uuid,
                variables["amount"].as_i64().unwrap(),
                variables["descr"].as_str().unwrap().to_owned(),
            ));
        }
        let success = match self.defect {
            Defect::Refuses => json!(false),
            Defect::NeverDecides => Value::Null,
            _ => json!(true),
        };
        json!({ "money_transfer": { "success": success, "reason": "why not" } })
    }

    fn shown(&self) -> Value {
        let deposits = self.deposits.lock().unwrap();
        let balance: i64 = deposits.iter().map(|(_, cents, _)| cents).sum();
        let newest = deposits.last().filter(|_| self.defect != Defect::ShowsNoTransaction);
        let before = newest.filter(|_| self.defect == Defect::ShowsTheBalanceBefore).map_or(0, |(_, cents, _)| *cents);
        let newest = newest.map(|(_, cents, descr)| {
            json!({ "descr": descr, "changed_by_cents": cents.to_string(), "new_balance_cents": balance.to_string() })
        });
        json!({ "transactions_by_iban": newest.into_iter().collect::<Vec<_>>(),
            "account": { "balance_cents": (balance - before).to_string() } })
    }
}

fn settings(address: SocketAddr) -> EndpointSettings {
    let url = format!("ws://{address}/graphql-ws");
    from_flags(&["--endpoint", &url, "--endpoint-timeout-ms", "300", "--watch-cuts", "3", "--probe", "4"]).unwrap()
}

fn read(specimen: &Specimen) -> Books {
    let mut books = books();
    specimen.seen.iter().for_each(|seen| books.observe(seen.clone()));
    books
}

async fn followed(defect: Defect, seed: u64) -> Tally {
    let specimen = Specimen::of(&Bank::after_a_day());
    let address = Liar::listening(defect, specimen.transactions.clone()).await;
    endpoint::follow_accounts(&settings(address), &read(&specimen), seed, 3).await.unwrap()
}

async fn probed(defect: Defect) -> Tally {
    let address = Liar::listening(defect, Vec::new()).await;
    endpoint::probe(&settings(address), 3).await.unwrap()
}

#[tokio::test]
async fn a_sound_endpoint_passes_wherever_it_is_cut() {
    for seed in 0..20 {
        let tally = followed(Defect::None, seed).await;
        assert_eq!(tally.failed, 0, "{tally:?}");
        // The company's four salaries, and over twenty transactions of each of two customers.
        assert!(tally.checked > 44, "{tally:?}");
    }
    let tally = probed(Defect::None).await;
    assert_eq!((tally.checked, tally.failed), (5, 0), "{tally:?}");
}

#[tokio::test]
async fn who_follows_notices_each_defect() {
    for (defect, says) in [
        (Defect::LeavesOutTheFirstBehindAfter, "should have"),
        (Defect::BeginsWithAfterItself, "should have"),
        (Defect::ForgetsAfter, "should have"),
        (Defect::Swaps, "should have"),
        (Defect::MixesAccounts, "should have"),
        (Defect::RoundsBalances, "is not what the topic says"),
        (Defect::NumbersWrongly, "is not what the topic says"),
        (Defect::EndsEarly, "the endpoint said"),
        (Defect::Stalls, "nothing came from the endpoint for 300 ms"),
        (Defect::DoesNotKnowTheFirst, "the endpoint said null"),
    ] {
        let tally = followed(defect, 1).await;
        assert!(tally.failed > 0, "{defect:?}: {tally:?}");
        assert!(tally.examples[0].contains(says), "{defect:?}: {tally:?}");
    }
}

#[tokio::test]
async fn who_asks_behind_outcomes_notices_each_defect() {
    for (defect, says) in [
        (Defect::ShowsTheBalanceBefore, "right behind the outcome"),
        (Defect::ShowsNoTransaction, "right behind the outcome"),
        (Defect::MovesTwice, "asked for twice"),
        (Defect::Loses, "right behind the outcome"),
        (Defect::Refuses, "is not confirmed: \"why not\""),
        (Defect::NeverDecides, "is not confirmed"),
        (Defect::HasNoAccounts, "no account for you"),
    ] {
        let tally = probed(defect).await;
        assert!(tally.failed > 0, "{defect:?}: {tally:?}");
        assert!(tally.examples[0].contains(says), "{defect:?}: {tally:?}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_no_failure_of_the_bank() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let specimen = Specimen::of(&Bank::after_a_day());
    assert!(endpoint::follow_accounts(&settings(nobody), &read(&specimen), 1, 3).await.is_err());
    assert!(endpoint::probe(&settings(nobody), 3).await.is_err());
}
