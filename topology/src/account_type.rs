use apache_avro::types::Value;

use crate::codec::{Field, Reader, write_long};
use crate::error::DecodeError;

/// Who acts for an account: the command generator or a person. Avro's enum `Atype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountType {
    /// `AUTO`: takes part in generated transfers.
    Auto,
    /// `MANUAL`: made by a person through the endpoint.
    Manual,
}

impl AccountType {
    /// The symbol on the wire.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Manual => "MANUAL",
        }
    }

    /// The place of the symbol in the enum's schema, which is what Avro writes.
    #[must_use]
    pub const fn ordinal(self) -> u8 {
        match self {
            Self::Auto => 0,
            Self::Manual => 1,
        }
    }

    /// The type with this [`ordinal`](Self::ordinal), if there is one.
    #[must_use]
    pub const fn from_ordinal(ordinal: i64) -> Option<Self> {
        match ordinal {
            0 => Some(Self::Auto),
            1 => Some(Self::Manual),
            _ => None,
        }
    }
}

impl Field for AccountType {
    fn max_len(&self) -> usize {
        1
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_long(i64::from(self.ordinal()), out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ordinal = reader.long()?;
        Self::from_ordinal(ordinal).ok_or(DecodeError::UnknownSymbol(ordinal))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Enum(ordinal, _) => Self::from_ordinal(i64::from(ordinal)),
            _ => None,
        }
    }
}
