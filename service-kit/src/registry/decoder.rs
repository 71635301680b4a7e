//! Reading records in the registry's wire format, whatever compatible schema they were written with.

use super::cache::{Known, Writer};
use super::{Registry, RegistryError};
use apache_avro::Schema;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use thiserror::Error;
use topology::{DecodeError, Record, parsed_schema, wire};

/// Decodes records of one kind. Cheap to clone; clones share what they know.
pub struct Decoder<R> {
    registry: Registry,
    /// The id last seen to stand for our own schema, behind which no look-up is needed; `NO_ID` before the first.
    ours: Arc<AtomicU64>,
    /// Our schema's canonical form.
    canonical: Arc<str>,
    record: PhantomData<fn() -> R>,
}

/// No schema id: they have 32 bits.
const NO_ID: u64 = u64::MAX;

/// What a payload is, as far as it is known without asking the registry.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded<R> {
    /// A record.
    Record(R),
    /// Something that will never be a record, or not as long as the registry does not know its schema.
    Poison(PoisonReason),
    /// Written with a schema that is not known yet: [`Decoder::fetch_schema`], then try again.
    UnknownSchema(u32),
}

/// Why a payload cannot be read. Shown to people and kept with the poison message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PoisonReason {
    /// The record has no value at all.
    #[error("the value is null")]
    Null,
    /// The value is not in the registry's wire format.
    #[error("{0}")]
    NotWireFormat(String),
    /// The registry does not have the schema.
    #[error("schema id {0} is unknown to the registry")]
    UnknownSchema(u32),
    /// What the registry has under this id is no Avro schema.
    #[error("schema id {id} is no Avro schema: {reason}")]
    NotAvro {
        /// The schema's id.
        id: u32,
        /// Why not.
        reason: String,
    },
    /// The bytes are no record of that schema, or one that ours cannot read.
    #[error("no {record} by schema id {id}: {reason}")]
    Malformed {
        /// The name of the record that was expected.
        record: &'static str,
        /// The schema's id.
        id: u32,
        /// What is wrong.
        reason: String,
    },
}

/// Why [`Decoder::decode`] gave no record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeFailure {
    /// Keep it aside and go on.
    #[error("{0}")]
    Poison(String),
    /// Wait and do not move on: the record may be fine.
    #[error(transparent)]
    Unavailable(RegistryError),
}

impl<R: Record> Decoder<R> {
    pub(super) fn new(registry: Registry) -> Self {
        let canonical = parsed_schema::<R>().canonical_form().into();
        Self { registry, ours: Arc::new(AtomicU64::new(NO_ID)), canonical, record: PhantomData }
    }

    /// Decodes without any I/O. Called again after [`Decoder::fetch_schema`], it gives a record or poison.
    #[must_use]
    pub fn try_decode(&self, payload: Option<&[u8]>) -> Decoded<R> {
        let Some(payload) = payload else {
            return Decoded::Poison(PoisonReason::Null);
        };
        let (id, bytes) = match wire::split(payload) {
            Ok(parts) => parts,
            Err(error) => return Decoded::Poison(PoisonReason::NotWireFormat(error.to_string())),
        };
        if self.ours.load(Ordering::Relaxed) == u64::from(id) {
            return outcome(id, R::decode(bytes));
        }
        match self.registry.inner.cache.get(id, Instant::now()) {
            Some(Known::Schema(writer)) => self.decode_written_with(id, &writer, bytes),
            Some(Known::NotAvro(reason)) => {
                Decoded::Poison(PoisonReason::NotAvro { id, reason: reason.as_ref().to_owned() })
            }
            Some(Known::Unknown(_)) => Decoded::Poison(PoisonReason::UnknownSchema(id)),
            None => Decoded::UnknownSchema(id),
        }
    }

    /// Asks the registry for a schema and remembers the answer: a schema for ever, that it has none for some seconds.
    ///
    /// # Errors
    /// When the registry gave neither; nothing is remembered then.
    pub async fn fetch_schema(&self, id: u32) -> Result<(), RegistryError> {
        let known = match self.registry.inner.calls.schema_by_id(id).await {
            Ok(found) => understood(found.schema_type.as_deref(), found.schema.as_deref()),
            Err(RegistryError::NotFound { .. }) => Known::Unknown(Instant::now()),
            Err(error) => return Err(error),
        };
        self.registry.inner.cache.put(id, known);
        Ok(())
    }

    /// Decodes, asking the registry where needed.
    ///
    /// # Errors
    /// [`DecodeFailure::Poison`] for what will never be a record, [`DecodeFailure::Unavailable`] when the registry has
    /// to be asked and does not answer.
    pub async fn decode(&self, payload: Option<&[u8]>) -> Result<R, DecodeFailure> {
        // Twice, because what was fetched may be forgotten at once: `unknown_ms` may be 0, and the cache is bounded.
        for _ in 0..2 {
            match self.try_decode(payload) {
                Decoded::Record(record) => return Ok(record),
                Decoded::Poison(reason) => return Err(DecodeFailure::Poison(reason.to_string())),
                Decoded::UnknownSchema(id) => self.fetch_schema(id).await.map_err(DecodeFailure::Unavailable)?,
            }
        }
        match self.try_decode(payload) {
            Decoded::Record(record) => Ok(record),
            Decoded::Poison(reason) => Err(DecodeFailure::Poison(reason.to_string())),
            Decoded::UnknownSchema(id) => Err(DecodeFailure::Poison(PoisonReason::UnknownSchema(id).to_string())),
        }
    }

    fn decode_written_with(&self, id: u32, writer: &Writer, bytes: &[u8]) -> Decoded<R> {
        if writer.canonical == *self.canonical {
            self.ours.store(u64::from(id), Ordering::Relaxed);
            return outcome(id, R::decode(bytes));
        }
        outcome(id, R::decode_resolved(bytes, &writer.schema))
    }
}

fn outcome<R: Record>(id: u32, decoded: Result<R, DecodeError>) -> Decoded<R> {
    match decoded {
        Ok(record) => Decoded::Record(record),
        Err(error) => {
            Decoded::Poison(PoisonReason::Malformed { record: R::NAME, id, reason: crate::service::chain(&error) })
        }
    }
}

fn understood(schema_type: Option<&str>, schema: Option<&str>) -> Known {
    match (schema_type, schema) {
        (None | Some("AVRO"), Some(text)) => match Schema::parse_str(text) {
            Ok(schema) => Known::schema(schema),
            Err(error) => Known::NotAvro(error.to_string().into()),
        },
        (other, _) => Known::NotAvro(format!("its type is {}", other.unwrap_or("missing")).into()),
    }
}

impl<R> Clone for Decoder<R> {
    fn clone(&self) -> Self {
        Self {
            registry: self.registry.clone(),
            ours: Arc::clone(&self.ours),
            canonical: Arc::clone(&self.canonical),
            record: PhantomData,
        }
    }
}

impl<R: Record> fmt::Debug for Decoder<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Decoder<{}>", R::NAME)
    }
}
