use std::fmt;
use std::str::FromStr;

use apache_avro::types::Value;
use uuid::Uuid;

use crate::codec::{Field, Reader};
use crate::error::DecodeError;

const LEN: usize = 16;

/// The id a sender gives a command, and by which a repeat is known. Any 16 bytes will do: no UUID version is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(Uuid);

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct InvalidCommandId;

impl CommandId {
    /// Any UUID is a command id.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// From the UUID's big-endian bytes, as on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The UUID's big-endian bytes, as on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// As a UUID, for databases.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// Lower case and hyphenated, as in the topics' keys.
impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Takes every way to write a UUID: upper case, without hyphens, in braces.
impl FromStr for CommandId {
    type Err = InvalidCommandId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self).map_err(|_| InvalidCommandId)
    }
}

impl Field for CommandId {
    fn max_len(&self) -> usize {
        LEN
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.bytes(LEN)?;
        Ok(Self::from_bytes(bytes.try_into().map_err(|_| DecodeError::EndsEarly)?))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Fixed(LEN, bytes) => Some(Self::from_bytes(bytes.try_into().ok()?)),
            _ => None,
        }
    }
}
