//! Avro's binary encoding of the four kinds of field that the records have, written by hand because it is on the hot
//! path. See docs/decisions/0002-avro-codec.md for what it gains.

use apache_avro::types::Value;

use crate::error::DecodeError;

/// A 64-bit zigzag number takes at most this many bytes.
const LONG_MAX_LEN: usize = 10;

/// A kind of field: how it is written, read, and taken from a value that schema resolution gave.
pub(crate) trait Field: Sized {
    /// No fewer bytes than [`write`](Self::write) appends.
    fn max_len(&self) -> usize;
    fn write(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
    /// `None` when the value is of another kind.
    fn from_value(value: Value) -> Option<Self>;
}

impl Field for i64 {
    fn max_len(&self) -> usize {
        LONG_MAX_LEN
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        write_long(*self, out);
    }

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.long()
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Long(long) => Some(long),
            _ => None,
        }
    }
}

impl Field for String {
    fn max_len(&self) -> usize {
        LONG_MAX_LEN + self.len()
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        let length = i64::try_from(self.len()).expect("no allocation is larger than i64::MAX bytes");
        write_long(length, out);
        out.extend_from_slice(self.as_bytes());
    }

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.long()?;
        let length = usize::try_from(length).map_err(|_| DecodeError::NegativeLength(length))?;
        let text = std::str::from_utf8(reader.bytes(length)?).map_err(|_| DecodeError::NotUtf8)?;
        Ok(text.to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Zigzag, then seven bits per byte, the lowest first.
#[inline]
pub(crate) fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = (value << 1 ^ value >> 63).cast_unsigned();
    while rest >= 0x80 {
        out.push(low_seven_bits(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_seven_bits(rest));
}

#[inline]
fn low_seven_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

/// What is left of a record's bytes.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(crate) fn long(&mut self) -> Result<i64, DecodeError> {
        let mut zigzag = 0_u64;
        for (index, &byte) in self.rest.iter().take(LONG_MAX_LEN).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if index == LONG_MAX_LEN - 1 && byte > 1 {
                return Err(DecodeError::NumberTooLong);
            }
            zigzag |= bits << (7 * index);
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed());
            }
        }
        Err(DecodeError::EndsEarly)
    }

    /// The next `length` bytes, borrowed: a length that is a lie costs no memory.
    #[inline]
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::EndsEarly)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(DecodeError::TrailingBytes(left)),
        }
    }
}
