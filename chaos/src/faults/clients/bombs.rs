//! Requests that must be refused, and at little cost.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::super::Scene;
use crate::error::ChaosError;

const REFUSED_WITHIN: Duration = Duration::from_secs(10);
const EACH: usize = 20;
const ELSEWHERE: &str = "http://elsewhere.example";

/// Bodies that no endpoint should carry out.
fn bombs() -> Vec<(&'static str, String)> {
    let query = |text: String| json!({ "query": text }).to_string();
    let deep = format!("{}{}{}", "{ a ".repeat(500), "", "}".repeat(500));
    let alias = |number| format!("a{number}: accounts(first: 500) {{ edges {{ node {{ iban }} }} }}");
    let aliases = (0..400).map(alias).collect::<Vec<_>>().join(" ");
    let fragment = |number| format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1);
    let doubling = (0..38).map(fragment).collect::<String>();
    vec![
        ("deep", query(deep)),
        ("wide", query(format!("{{ {aliases} }}"))),
        ("circular", query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned())),
        ("doubling", query(format!("{{ ...f0 }} {doubling} fragment f38 on Query {{ __typename }}"))),
        ("many items", query("{ accounts(first: 1000000000) { edges { node { iban } } } }".to_owned())),
        ("large", query(format!("{{ account(iban: \"{}\") {{ iban }} }}", "x".repeat(1_000_000)))),
        ("no JSON", "{".repeat(60_000)),
        ("no query", query("this is no query".to_owned())),
        ("unknown field", query("{ passwords }".to_owned())),
    ]
}

pub async fn queries(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let http = Client::builder().no_proxy().timeout(REFUSED_WITHIN).build()?;
    let url = format!("http://127.0.0.1:{}/graphql", scene.bank.questions.graphql_port);
    let began = Instant::now();
    let bombs = bombs();
    for (name, body) in &bombs {
        let send = |_| post(&http, &url, body).send();
        for answer in join_all((0..EACH).map(send)).await {
            match answer {
                Ok(answer) => {
                    let status = answer.status();
                    let said = answer.text().await.unwrap_or_default();
                    check_refused(name, status, &said)?;
                }
                // The body's bound ends the connection while it is still being sent.
                Err(error) if *name == "large" && !error.is_timeout() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let took = began.elapsed();
    scene.served(REFUSED_WITHIN).await?;
    Ok(format!("{} requests of {} kinds were refused in {} ms", bombs.len() * EACH, bombs.len(), took.as_millis()))
}

fn post(http: &Client, url: &str, body: &str) -> RequestBuilder {
    http.post(url).header("content-type", "application/json").body(body.to_owned())
}

fn check_refused(name: &str, status: StatusCode, said: &str) -> Result<(), ChaosError> {
    let answer: Value = serde_json::from_str(said).unwrap_or_default();
    let has_errors = answer["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    if status.is_client_error() || (status.is_success() && has_errors) || status == StatusCode::SERVICE_UNAVAILABLE {
        return Ok(());
    }
    let said: String = said.chars().take(200).collect();
    Err(ChaosError::Broken(format!("the query `{name}` was answered with {status}: {said}")))
}

pub async fn foreign_origin(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let port = scene.bank.questions.graphql_port;
    let http = Client::builder().no_proxy().timeout(REFUSED_WITHIN).build()?;
    let url = format!("http://127.0.0.1:{port}/graphql");
    let body = json!({ "query": "{ account(iban: \"NL66OPEN0000000000\") { balance } }" }).to_string();
    for _ in 0..EACH {
        let by_http = post(&http, &url, &body).header("origin", ELSEWHERE).send().await?.status();
        let by_socket = socket_status(port).await?;
        if by_http != StatusCode::FORBIDDEN || by_socket != StatusCode::FORBIDDEN.as_u16() {
            return Err(ChaosError::Broken(format!("another site's page got {by_http} and {by_socket}, not 403")));
        }
    }
    // The same question from no page at all must be answered, or the refusals would prove nothing.
    let answer: Value = post(&http, &url, &body).send().await?.json().await?;
    if answer["data"]["account"]["balance"].is_null() {
        return Err(ChaosError::DidNotHappen(format!("the question itself is wrong: {answer}")));
    }
    scene.served(REFUSED_WITHIN).await?;
    Ok(format!("{} requests of {ELSEWHERE} got status 403", 2 * EACH))
}

async fn socket_status(port: u16) -> Result<u16, ChaosError> {
    let wrong = |error: Error| ChaosError::Broken(format!("a WebSocket ended with {error}, not with a status"));
    let mut request = format!("ws://127.0.0.1:{port}/graphql-ws").into_client_request().map_err(wrong)?;
    request.headers_mut().insert("origin", HeaderValue::from_static(ELSEWHERE));
    match connect_async(request).await {
        Ok((_, response)) => Ok(response.status().as_u16()),
        Err(Error::Http(response)) => Ok(response.status().as_u16()),
        Err(error) => Err(wrong(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_is_taken_for_one() {
        let refused = [
            (StatusCode::PAYLOAD_TOO_LARGE, ""),
            (StatusCode::BAD_REQUEST, "no JSON"),
            (StatusCode::OK, r#"{"data": null, "errors": [{"message": "too deep"}]}"#),
        ];
        for (status, said) in refused {
            assert!(check_refused("a", status, said).is_ok(), "{status} {said}");
        }
        let carried_out = [
            (StatusCode::OK, r#"{"data": {"a": 1}}"#),
            (StatusCode::OK, "hello"),
            (StatusCode::OK, r#"{"errors": []}"#),
            (StatusCode::INTERNAL_SERVER_ERROR, ""),
        ];
        for (status, said) in carried_out {
            assert!(check_refused("a", status, said).is_err(), "{status} {said}");
        }
    }
}
