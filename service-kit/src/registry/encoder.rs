//! Writing records in the registry's wire format.

use std::fmt;
use std::marker::PhantomData;
use topology::{Record, wire};

/// Encodes the values of one topic, without any I/O. Cheap to clone.
pub struct Encoder<R> {
    schema_id: u32,
    record: PhantomData<fn(R)>,
}

impl<R: Record> Encoder<R> {
    /// An encoder with a known schema id, for benchmarks and tests; services get theirs from the registry.
    #[must_use]
    pub fn new(schema_id: u32) -> Self {
        Self { schema_id, record: PhantomData }
    }

    /// The id of the schema it writes with.
    #[must_use]
    pub fn schema_id(&self) -> u32 {
        self.schema_id
    }

    /// The value of a record.
    #[must_use]
    pub fn encode(&self, record: &R) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        self.encode_into(record, &mut out);
        out
    }

    /// Appends the value of a record, for callers that reuse a buffer.
    pub fn encode_into(&self, record: &R, out: &mut Vec<u8>) {
        wire::frame(self.schema_id, record, out);
    }
}

impl<R> Clone for Encoder<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Encoder<R> {}

impl<R: Record> fmt::Debug for Encoder<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Encoder<{}>(schema {})", R::NAME, self.schema_id)
    }
}
