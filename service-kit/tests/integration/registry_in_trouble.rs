//! A registry that fails in every way: a stand-in that answers what a test tells it to.

use axum::Router;
use axum::http::StatusCode;
use service_kit::registry::{DecodeFailure, Decoded, Registry, RegistryError};
use service_kit::settings::RegistrySettings;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use topology::{Heartbeat, Record, wire};

const UNKNOWN: (u16, &str) = (404, r#"{"error_code":40403,"message":"Schema not found"}"#);
const BROKEN: (u16, &str) = (500, r#"{"error_code":50001,"message":"Error in the backend data store"}"#);
const SILENCE: (u16, &str) = (0, "");

/// Gives these answers, one per call, then silence. Counts the calls.
struct StandIn {
    settings: RegistrySettings,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
}

impl StandIn {
    async fn start(answers: &[(u16, &str)]) -> Self {
        let answers: VecDeque<(u16, String)> = answers.iter().map(|(status, body)| (*status, (*body).into())).collect();
        let answers = Arc::new(Mutex::new(answers));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let left = Arc::clone(&answers);
        let router = Router::new().fallback(async move || {
            let next = left.lock().expect("no panic").pop_front().filter(|(status, _)| *status != 0);
            match next {
                Some((status, body)) => (StatusCode::from_u16(status).expect("a status"), body),
                None => std::future::pending().await,
            }
        });
        tokio::spawn(async { axum::serve(listener, router).await });
        let settings =
            RegistrySettings { url, timeout_ms: 300, attempts: 1, unknown_ms: 60_000, cache_max_schemas: 10 };
        Self { settings, answers }
    }

    fn registry(&self) -> Registry {
        Registry::new(&self.settings).expect("valid settings")
    }

    fn left(&self) -> usize {
        self.answers.lock().expect("no panic").len()
    }
}

fn schema() -> String {
    serde_json::json!({ "schema": Heartbeat::SCHEMA }).to_string()
}

fn beat() -> Vec<u8> {
    let mut payload = Vec::new();
    wire::frame(7, &Heartbeat { beat: 1 }, &mut payload);
    payload
}

#[tokio::test]
async fn trouble_is_never_remembered() {
    let schema = schema();
    let proxy = (404, "<html>no such page</html>");
    let garbage = (200, "<html>log in first</html>");
    for trouble in [BROKEN, SILENCE, (503, ""), (429, "{}"), proxy, garbage] {
        let stand_in = StandIn::start(&[trouble, (200, &schema)]).await;
        let decoder = stand_in.registry().decoder::<Heartbeat>();
        let failed = decoder.decode(Some(&beat())).await;
        let Err(DecodeFailure::Unavailable(error)) = failed else { panic!("{trouble:?}: {failed:?}") };
        assert!(error.is_retriable() && error.to_string().contains(&stand_in.settings.url), "{trouble:?}: {error}");
        assert_eq!(decoder.decode(Some(&beat())).await, Ok(Heartbeat { beat: 1 }), "{trouble:?}");
    }
}

#[tokio::test]
async fn what_a_topic_is_written_with_is_asked_for_once() {
    let found = r#"{"subject":"beats-value","id":7,"version":1,"schema":"\"long\""}"#;
    let stand_in = StandIn::start(&[BROKEN, (200, found), BROKEN]).await;
    let registry = stand_in.registry();
    assert!(registry.encoder::<Heartbeat>("beats").await.is_err());
    for _ in 0..2 {
        let encoder = registry.encoder::<Heartbeat>("beats").await.expect("known by now");
        assert_eq!((encoder.schema_id(), stand_in.left()), (7, 1));
    }
    assert!(registry.encoder::<Heartbeat>("other").await.is_err(), "another topic is another subject");
}

#[tokio::test]
async fn a_call_is_tried_again_a_bounded_number_of_times() {
    let schema = schema();
    let mut stand_in = StandIn::start(&[BROKEN, BROKEN, (200, &schema)]).await;
    stand_in.settings.attempts = 3;
    assert_eq!(stand_in.registry().decoder().decode(Some(&beat())).await, Ok(Heartbeat { beat: 1 }));

    let mut stand_in = StandIn::start(&[BROKEN, BROKEN, BROKEN, (200, &schema)]).await;
    stand_in.settings.attempts = 3;
    let failed = stand_in.registry().decoder::<Heartbeat>().decode(Some(&beat())).await;
    assert!(matches!(failed, Err(DecodeFailure::Unavailable(_))), "{failed:?}");
    assert_eq!(stand_in.left(), 1);
}

#[tokio::test]
async fn silence_is_bounded_by_the_time_out() {
    let stand_in = StandIn::start(&[]).await;
    let start = Instant::now();
    let failed = stand_in.registry().subjects().await;
    assert!(matches!(failed, Err(RegistryError::Unavailable { .. })), "{failed:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_unknown_schema_is_poison_for_a_while_and_then_asked_for_again() {
    let schema = schema();
    let mut stand_in = StandIn::start(&[UNKNOWN, (200, &schema)]).await;
    stand_in.settings.unknown_ms = 500;
    let decoder = stand_in.registry().decoder::<Heartbeat>();
    let poison = decoder.decode(Some(&beat())).await;
    assert_eq!(poison, Err(DecodeFailure::Poison("schema id 7 is unknown to the registry".to_owned())));
    assert!(matches!(decoder.try_decode(Some(&beat())), Decoded::Poison(_)), "no call");
    assert_eq!(stand_in.left(), 1);
    service_kit::fixture::eventually("it is asked for again", Duration::from_secs(10), async || {
        decoder.decode(Some(&beat())).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_is_no_avro_is_poison() {
    let protobuf = r#"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF"}"#;
    for answer in [protobuf, r#"{"schema":"no schema"}"#] {
        let stand_in = StandIn::start(&[(200, answer)]).await;
        let failed = stand_in.registry().decoder::<Heartbeat>().decode(Some(&beat())).await;
        let Err(DecodeFailure::Poison(reason)) = failed else { panic!("{answer}: {failed:?}") };
        assert!(reason.contains("schema id 7 is no Avro schema"), "{reason}");
    }
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let mut stand_in = StandIn::start(&[(401, r#"{"error_code":40101,"message":"Unauthorized"}"#), (200, "[]")]).await;
    stand_in.settings.attempts = 3;
    let refused = stand_in.registry().subjects().await;
    assert!(matches!(&refused, Err(RegistryError::Refused { reason, .. }) if reason == "Unauthorized"), "{refused:?}");
    assert_eq!(stand_in.left(), 1);
}
