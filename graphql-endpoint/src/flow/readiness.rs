//! How the services are, as their admin ports tell it.

use super::config::Service;
use super::part::{Kind, Part};
use reqwest::{Client, Response};
use serde::Deserialize;

/// An answer longer than this is none of `/readyz`.
const ANSWER_MAX_BYTES: usize = 16_384;

/// What `/readyz` answers; see `service_kit::admin::Readiness`.
#[derive(Debug, Deserialize)]
struct Readiness {
    ready: bool,
    role: Option<String>,
    #[serde(default)]
    missing: Vec<Missing>,
}

#[derive(Debug, Deserialize)]
struct Missing {
    part: String,
    reason: String,
}

/// Asks a service; the client has the time-out.
pub async fn ask(client: &Client, service: &Service) -> Part {
    let answered = async {
        let answer = client.get(format!("{}/readyz", service.url)).send().await.map_err(|error| why(&error))?;
        understood(&body(answer).await?)
    };
    let part = Part::new(Kind::Service, &service.name, &service.url);
    match answered.await {
        Err(reason) => part.down(reason),
        Ok(Readiness { ready, role, missing }) => {
            let missing = missing.into_iter().map(|it| format!("{}: {}", it.part, it.reason)).collect();
            Part { up: true, ready, role, missing, ..part }
        }
    }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|error| why(&error))? {
        body.extend_from_slice(&bytes);
        if body.len() > ANSWER_MAX_BYTES {
            return Err("its answer is too long for one about readiness".to_owned());
        }
    }
    Ok(body)
}

fn understood(body: &[u8]) -> Result<Readiness, String> {
    serde_json::from_slice(body).map_err(|_| "its answer is not one about readiness".to_owned())
}

fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "does not answer in time".to_owned();
    }
    if error.is_connect() {
        return "cannot be reached".to_owned();
    }
    service_kit::service::chain(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_is_or_not_at_all() {
        let rows = [
            (r#"{"ready":true,"missing":[]}"#, Some((true, None, 0))),
            (r#"{"ready":true,"role":"standby","missing":[],"more":1}"#, Some((true, Some("standby"), 0))),
            (r#"{"ready":false,"missing":[{"part":"kafka","reason":"starting"}]}"#, Some((false, None, 1))),
            (r#"{"status":"ok"}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in rows {
            let found = understood(body.as_bytes()).ok();
            let found = found.as_ref().map(|it| (it.ready, it.role.as_deref(), it.missing.len()));
            assert_eq!(found, expected, "{body}");
        }
    }
}
