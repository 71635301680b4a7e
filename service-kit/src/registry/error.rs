//! What can go wrong with the registry.

use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::RawError;
use std::error::Error;
use thiserror::Error;

/// A call that failed. [`RegistryError::is_retriable`] sorts them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// No answer, or the registry itself is in trouble. Retry.
    #[error("schema registry at {url}: {reason}")]
    Unavailable {
        /// Its base URL.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The registry does not have it.
    #[error("schema registry at {url} does not have it: {reason}")]
    NotFound {
        /// Its base URL.
        url: String,
        /// The registry's message.
        reason: String,
    },
    /// The schema cannot follow those that the subject has. Fatal: the schema must change.
    #[error("subject `{subject}` refuses the schema: {reason}")]
    Incompatible {
        /// The subject.
        subject: String,
        /// The registry's message.
        reason: String,
    },
    /// The registry refuses the call, or answers what it should not. Fatal: a wrong URL or setting.
    #[error("schema registry at {url} refuses: {reason}")]
    Refused {
        /// Its base URL.
        url: String,
        /// The HTTP status of its answer.
        status: u16,
        /// The registry's message.
        reason: String,
    },
    /// The HTTP client could not be built. Fatal.
    #[error("HTTP client of the schema registry: {0}")]
    Client(String),
}

impl RegistryError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Sorts an answer by its status and the registry's error code (0 where there was none in the body).
    ///
    /// A 404 without a registry's error code comes from something that is no registry, as a proxy or a wrong path, and
    /// says nothing about the schema.
    pub(super) fn from_answer(url: &str, status: u16, error_code: u32, reason: String) -> Self {
        let url = url.to_owned();
        match (status, error_code) {
            (404, 404 | 40_400..=40_499) => Self::NotFound { url, reason },
            (404 | 408 | 429 | 500.., _) => Self::Unavailable { url, reason },
            _ => Self::Refused { url, status, reason },
        }
    }

    /// Sorts an error of `schema_registry_converter`, which keeps the status only in its text.
    pub(super) fn from_library(url: &str, error: &SRCError) -> Self {
        let Some(said) = error.source().and_then(|source| source.downcast_ref::<RawError>()) else {
            let reason = crate::service::chain(error.source().unwrap_or(error));
            return Self::Unavailable { url: url.to_owned(), reason };
        };
        let status = error
            .error
            .split_once("status ")
            .and_then(|(_, rest)| rest.get(..3))
            .and_then(|status| status.parse().ok())
            .unwrap_or(500);
        let reason = if said.error_code == 0 { error.error.clone() } else { said.message.clone() };
        Self::from_answer(url, status, said.error_code, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted_by_what_they_mean() {
        let rows = [
            (404, 40_403, "not found"),
            (404, 404, "not found"),
            (404, 0, "retry"),
            (500, 50_001, "retry"),
            (503, 0, "retry"),
            (429, 0, "retry"),
            (401, 40_101, "refused"),
            (422, 42_201, "refused"),
        ];
        for (status, code, expected) in rows {
            let found = match RegistryError::from_answer("http://r", status, code, "said".to_owned()) {
                RegistryError::NotFound { .. } => "not found",
                RegistryError::Unavailable { .. } => "retry",
                RegistryError::Refused { .. } => "refused",
                RegistryError::Incompatible { .. } | RegistryError::Client(_) => "something else",
            };
            assert_eq!(found, expected, "{status} {code}");
        }
    }
}
