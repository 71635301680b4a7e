//! The HTTP calls, each under a time-out and tried a bounded number of times.

use super::{RegistryError, RegistrySettings};
use crate::retry::Backoff;
use reqwest::{Client, Method};
use schema_registry_converter::async_impl::schema_registry::{SrSettings, perform_sr_call};
use schema_registry_converter::schema_registry_common::{RawRegisteredSchema, SrCall};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";
const BACKOFF: Backoff = Backoff { initial_ms: 50, max_ms: 1_000 };

#[derive(Debug)]
pub(super) struct Calls {
    library: SrSettings,
    /// For what the library has no call for: configuration, deletion, and the reasons of an incompatibility.
    http: Client,
    url: String,
    attempts: u32,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error_code: u32,
    #[serde(default)]
    message: String,
}

impl Calls {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let url = settings.url.clone();
        let library = SrSettings::new_builder(url.clone())
            .set_timeout(timeout)
            .no_proxy()
            .build()
            .map_err(|error| RegistryError::Client(crate::service::chain(&error)))?;
        let http = Client::builder()
            .timeout(timeout)
            .no_proxy()
            .build()
            .map_err(|error| RegistryError::Client(crate::service::chain(&error)))?;
        Ok(Self { library, http, url, attempts: settings.attempts })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn schema_by_id(&self, id: u32) -> Result<RawRegisteredSchema, RegistryError> {
        self.trying(|| self.library_call(SrCall::GetById(id))).await
    }

    /// The id of this very schema in the subject.
    pub(super) async fn look_up(&self, subject: &str, schema: &str) -> Result<RawRegisteredSchema, RegistryError> {
        let body = schema_body(schema);
        self.trying(|| self.library_call(SrCall::PostForVersion(subject, &body))).await
    }

    pub(super) async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let body = schema_body(schema);
        let path = format!("/subjects/{subject}/versions");
        let answer = self.ask(Method::POST, &path, Some(&body)).await?;
        self.field(&answer, "id").and_then(|id| {
            let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
            id.ok_or_else(|| self.nonsense(&answer))
        })
    }

    /// A call by hand, with JSON both ways.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&str>) -> Result<Value, RegistryError> {
        self.trying(|| self.plain_call(method.clone(), path, body)).await
    }

    pub(super) fn field<'a>(&self, answer: &'a Value, name: &str) -> Result<&'a Value, RegistryError> {
        answer.get(name).ok_or_else(|| self.nonsense(answer))
    }

    pub(super) fn nonsense(&self, answer: &Value) -> RegistryError {
        RegistryError::Refused { url: self.url.clone(), status: 200, reason: format!("it answered {answer}") }
    }

    async fn trying<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, RegistryError>
    where
        F: Future<Output = Result<T, RegistryError>>,
    {
        let mut failures = 0;
        loop {
            match call().await {
                Err(error) if error.is_retriable() && failures + 1 < self.attempts => {
                    failures += 1;
                    tracing::debug!(%error, failures, "asking the schema registry again");
                    BACKOFF.sleep(failures).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn library_call(&self, call: SrCall<'_>) -> Result<RawRegisteredSchema, RegistryError> {
        perform_sr_call(&self.library, call).await.map_err(|error| RegistryError::from_library(&self.url, &error))
    }

    async fn plain_call(&self, method: Method, path: &str, body: Option<&str>) -> Result<Value, RegistryError> {
        let unavailable = |error: reqwest::Error| RegistryError::Unavailable {
            url: self.url.clone(),
            reason: crate::service::chain(&error),
        };
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("accept", CONTENT_TYPE);
        if let Some(body) = body {
            request = request.header("content-type", CONTENT_TYPE).body(body.to_owned());
        }
        let answer = request.send().await.map_err(unavailable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(unavailable)?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| RegistryError::Refused {
                url: self.url.clone(),
                status: status.as_u16(),
                reason: format!("its answer is no JSON: {error}"),
            });
        }
        let said: ErrorBody = serde_json::from_slice(&bytes).unwrap_or_default();
        let reason = if said.message.is_empty() { format!("status {status}") } else { said.message };
        Err(RegistryError::from_answer(&self.url, status.as_u16(), said.error_code, reason))
    }
}

pub(super) fn schema_body(schema: &str) -> String {
    serde_json::json!({ "schema": schema, "schemaType": "AVRO" }).to_string()
}
