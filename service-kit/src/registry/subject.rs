//! The subjects of the registry: their schemas, and which schemas may follow. The synchronizer's part of it.

use super::calls::schema_body;
use super::{Registry, RegistryError};
use reqwest::Method;
use serde_json::{Value, json};

/// The subject of a topic's values.
#[must_use]
pub fn value_subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// Whether a schema can follow those of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compatibility {
    /// It can, or the subject is new.
    Compatible,
    /// It cannot, for these reasons of the registry; not every registry gives any before it refuses to register.
    Incompatible(Option<String>),
}

impl Registry {
    /// The names of all subjects.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        let answer = self.inner.calls.ask(Method::GET, "/subjects", None).await?;
        serde_json::from_value(answer.clone()).map_err(|_| self.inner.calls.nonsense(&answer))
    }

    /// The id of this very schema in the subject, if it is registered there.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn id_of(&self, subject: &str, schema: &str) -> Result<Option<u32>, RegistryError> {
        match self.inner.calls.look_up(subject, schema).await {
            Ok(found) => Ok(found.id),
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers the schema as the subject's newest, or finds it there. Gives its id.
    ///
    /// # Errors
    /// [`RegistryError::Incompatible`] when it cannot follow the subject's schemas, or is no valid schema.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        self.inner.calls.register(subject, schema).await.map_err(|error| match error {
            RegistryError::Refused { status: 409 | 422, reason, .. } => {
                RegistryError::Incompatible { subject: subject.to_owned(), reason }
            }
            other => other,
        })
    }

    /// The subject's newest schema, as registered; `None` where the subject has none.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn latest_schema(&self, subject: &str) -> Result<Option<String>, RegistryError> {
        match self.inner.calls.ask(Method::GET, &format!("/subjects/{subject}/versions/latest"), None).await {
            Ok(answer) => {
                let schema = self.inner.calls.field(&answer, "schema")?.as_str();
                schema.map(|schema| Some(schema.to_owned())).ok_or_else(|| self.inner.calls.nonsense(&answer))
            }
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the schema can follow those of the subject, by the compatibility that the subject is set to.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn check_compatible(&self, subject: &str, schema: &str) -> Result<Compatibility, RegistryError> {
        let path = format!("/compatibility/subjects/{subject}/versions/latest?verbose=true");
        let answer = match self.inner.calls.ask(Method::POST, &path, Some(&schema_body(schema))).await {
            Ok(answer) => answer,
            Err(RegistryError::NotFound { .. }) => return Ok(Compatibility::Compatible),
            Err(error) => return Err(error),
        };
        match self.inner.calls.field(&answer, "is_compatible")? {
            Value::Bool(true) => Ok(Compatibility::Compatible),
            Value::Bool(false) => Ok(Compatibility::Incompatible(reasons(&answer))),
            _ => Err(self.inner.calls.nonsense(&answer)),
        }
    }

    /// The compatibility that the subject itself is set to, as `BACKWARD`; `None` where it follows the registry's own.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn compatibility(&self, subject: &str) -> Result<Option<String>, RegistryError> {
        let path = format!("/config/{subject}");
        match self.inner.calls.ask(Method::GET, &path, None).await {
            Ok(answer) => {
                let level = self.inner.calls.field(&answer, "compatibilityLevel")?.as_str();
                level.map(|level| Some(level.to_owned())).ok_or_else(|| self.inner.calls.nonsense(&answer))
            }
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the subject's compatibility, as `BACKWARD`.
    ///
    /// # Errors
    /// When the registry does not answer, or does not know the level.
    pub async fn set_compatibility(&self, subject: &str, level: &str) -> Result<(), RegistryError> {
        let body = json!({ "compatibility": level }).to_string();
        self.inner.calls.ask(Method::PUT, &format!("/config/{subject}"), Some(&body)).await?;
        Ok(())
    }

    /// Deletes a subject with all its schemas, so that its name is as new. For tests and for starting afresh.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub async fn delete_subject(&self, subject: &str) -> Result<(), RegistryError> {
        for path in [format!("/subjects/{subject}"), format!("/subjects/{subject}?permanent=true")] {
            match self.inner.calls.ask(Method::DELETE, &path, None).await {
                Ok(_) | Err(RegistryError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The registry's messages in one line.
fn reasons(answer: &Value) -> Option<String> {
    let messages = answer.get("messages").and_then(Value::as_array)?;
    let messages: Vec<&str> = messages.iter().filter_map(Value::as_str).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}
