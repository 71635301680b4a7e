//! The records of the topics, one per schema, with their fields as they are on the wire.

mod account_creation;
mod balance_changed;
mod heartbeat;
mod money_transfer;

use std::fmt::Debug;

use apache_avro::Schema;

pub use account_creation::{AccountCreationConfirmed, AccountCreationFailed, ConfirmAccountCreation};
pub use balance_changed::BalanceChanged;
pub use heartbeat::Heartbeat;
pub use money_transfer::{ConfirmMoneyTransfer, MoneyTransferConfirmed, MoneyTransferFailed};

use crate::error::DecodeError;

/// A record of a topic, with Avro bytes equal to those that Java's Avro writes.
pub trait Record: Sized + Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The record's name in its schema, without the namespace.
    const NAME: &'static str;

    /// The schema, as in topology/schemas.
    const SCHEMA: &'static str;

    /// Appends the Avro binary of this record.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads Avro binary that was written with [`SCHEMA`](Self::SCHEMA). Allocates no more than the bytes given.
    ///
    /// # Errors
    /// Any [`DecodeError`] but those about schema resolution; bytes left over are an error too.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Reads Avro binary that was written with another schema, older or newer, by Avro's schema resolution.
    ///
    /// # Errors
    /// [`DecodeError::Resolution`] where the bytes are not of that schema or our schema cannot read it.
    fn decode_resolved(bytes: &[u8], writer: &Schema) -> Result<Self, DecodeError>;

    /// The schema, parsed at the first call. Prefer [`parsed_schema`].
    #[doc(hidden)]
    fn schema() -> &'static Schema;
}

/// A record's schema, parsed once.
#[must_use]
pub fn parsed_schema<R: Record>() -> &'static Schema {
    R::schema()
}

/// Implements [`Record`] for a struct by the names of its fields, in the schema's order, which is Avro's order of bytes.
macro_rules! impl_record {
    ($record:ident { $($field:ident),+ }) => {
        impl $crate::record::Record for $record {
            const NAME: &'static str = stringify!($record);
            const SCHEMA: &'static str = include_str!(concat!("../../schemas/", stringify!($record), ".avsc"));

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                use $crate::codec::Field;
                out.reserve(0 $(+ self.$field.max_len())+);
                $(self.$field.write(out);)+
            }

            #[inline]
            fn decode(bytes: &[u8]) -> Result<Self, $crate::error::DecodeError> {
                let mut reader = $crate::codec::Reader::new(bytes);
                let record = Self { $($field: $crate::codec::Field::read(&mut reader)?),+ };
                reader.finish()?;
                Ok(record)
            }

            fn decode_resolved(
                bytes: &[u8],
                writer: &apache_avro::Schema,
            ) -> Result<Self, $crate::error::DecodeError> {
                let mut fields = $crate::record::resolution::Fields::resolve::<Self>(bytes, writer)?;
                Ok(Self { $($field: fields.take(stringify!($field))?),+ })
            }

            fn schema() -> &'static apache_avro::Schema {
                static SCHEMA: std::sync::LazyLock<apache_avro::Schema> = std::sync::LazyLock::new(|| {
                    apache_avro::Schema::parse_str(<$record as $crate::record::Record>::SCHEMA)
                        .expect("the schemas are constants, and a test parses each")
                });
                &SCHEMA
            }
        }
    };
}
use impl_record;

mod resolution;
