//! The schema registry: ids for what is written, schemas for what is read, and the subjects for the synchronizer.
//!
//! Calls go through `schema_registry_converter`, but under our own time-outs, retries and cache: its cache also
//! remembers failures, so that one answer of 500 would make every later record unreadable.

mod cache;
mod calls;
pub mod config;
mod decoder;
mod encoder;
mod error;
mod subject;

pub use config::RegistrySettings;
pub use decoder::{DecodeFailure, Decoded, Decoder, PoisonReason};
pub use encoder::Encoder;
pub use error::RegistryError;
pub use subject::{Compatibility, value_subject};

use cache::Cache;
use calls::Calls;
use std::sync::Arc;
use topology::Record;

/// A client of the schema registry. Cheap to clone; clones share what they know.
#[derive(Debug, Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    calls: Calls,
    cache: Cache,
}

impl Registry {
    /// A client; it connects when it is first asked.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let calls = Calls::new(settings)?;
        Ok(Self { inner: Arc::new(Inner { calls, cache: Cache::new(settings) }) })
    }

    /// The base URL, for messages.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.calls.url()
    }

    /// An encoder for the values of a topic: with the id of `R`'s schema in the topic's subject, where it is registered
    /// if it is missing. Asked for once, it is known for good: who starts over needs no registry.
    ///
    /// # Errors
    /// When the registry does not answer, or the subject refuses the schema.
    pub async fn encoder<R: Record>(&self, topic: &str) -> Result<Encoder<R>, RegistryError> {
        let subject = value_subject(topic);
        if let Some(id) = self.inner.cache.written_with(&subject, R::NAME) {
            return Ok(Encoder::new(id));
        }
        let id = match self.id_of(&subject, R::SCHEMA).await? {
            Some(id) => id,
            None => self.register(&subject, R::SCHEMA).await?,
        };
        self.inner.cache.put_written_with(subject, R::NAME, id);
        Ok(Encoder::new(id))
    }

    /// A decoder of `R`, whatever compatible schema it was written with.
    #[must_use]
    pub fn decoder<R: Record>(&self) -> Decoder<R> {
        Decoder::new(self.clone())
    }
}
