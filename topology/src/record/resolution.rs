//! The slow way in: a record that was written with an older or newer schema than ours.

use std::sync::Once;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::util::max_allocation_bytes;
use apache_avro::{Error, Schema};

use super::{Record, parsed_schema};
use crate::codec::Field;
use crate::error::DecodeError;

/// A length prefix above this is taken for a lie. Larger than any record that our topics let in.
const MAX_FIELD_BYTES: usize = 16 * 1024 * 1024;

/// The fields of a record after schema resolution, each to be taken once.
pub(super) struct Fields(Vec<(String, Value)>);

impl Fields {
    pub(super) fn resolve<R: Record>(bytes: &[u8], writer: &Schema) -> Result<Self, DecodeError> {
        limit_allocations();
        let mut rest = bytes;
        let reader =
            GenericDatumReader::builder(writer).reader_schema(parsed_schema::<R>()).build().map_err(resolution)?;
        let value = reader.read_value(&mut rest).map_err(resolution)?;
        if !rest.is_empty() {
            return Err(DecodeError::TrailingBytes(rest.len()));
        }
        match value {
            Value::Record(fields) => Ok(Self(fields)),
            _ => Err(DecodeError::MissingField(R::NAME)),
        }
    }

    pub(super) fn take<F: Field>(&mut self, name: &'static str) -> Result<F, DecodeError> {
        let field = self.0.iter_mut().find(|(field, _)| field == name);
        field
            .and_then(|(_, value)| F::from_value(std::mem::replace(value, Value::Null)))
            .ok_or(DecodeError::MissingField(name))
    }
}

fn resolution(error: Error) -> DecodeError {
    DecodeError::Resolution(Box::new(error))
}

/// The library's own limit is 512 MB, for the whole process.
fn limit_allocations() {
    static LIMITED: Once = Once::new();
    LIMITED.call_once(|| {
        max_allocation_bytes(MAX_FIELD_BYTES);
    });
}
