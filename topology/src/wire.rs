//! The registry's wire format, Confluent's: a zero byte, the schema's id in 4 bytes, big-endian, then Avro binary.

use crate::error::DecodeError;
use crate::record::Record;

const MAGIC: u8 = 0;

/// Appends a record, framed with the id of the schema that it is written with: the record's own.
pub fn frame<R: Record>(schema_id: u32, record: &R, out: &mut Vec<u8>) {
    let [a, b, c, d] = schema_id.to_be_bytes();
    out.extend_from_slice(&[MAGIC, a, b, c, d]);
    record.encode(out);
}

/// Splits a value into its schema's id and the Avro bytes.
///
/// # Errors
/// [`DecodeError::NotWireFormat`] where it is too short or does not start with a zero byte.
pub fn split(value: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    match value {
        [MAGIC, a, b, c, d, avro @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), avro)),
        _ => Err(DecodeError::NotWireFormat),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Heartbeat;

    #[test]
    fn a_frame_is_split_again() {
        let mut value = Vec::new();
        frame(0x0102_03ff, &Heartbeat { beat: 1 }, &mut value);
        assert_eq!(value, [0, 1, 2, 3, 0xff, 2]);
        assert!(matches!(split(&value), Ok((0x0102_03ff, [2]))));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for value in [&[][..], &[0, 0, 0, 1], &[1, 0, 0, 0, 1, 2], b"{\"beat\": 1}"] {
            assert!(matches!(split(value), Err(DecodeError::NotWireFormat)), "{value:?}");
        }
    }
}
