/// Why bytes are not the record they should be. All of these are permanent: the same bytes fail again.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The record ends in the middle of a field.
    #[error("the bytes end in the middle of a field")]
    EndsEarly,
    /// A number takes more than 64 bits.
    #[error("a number does not fit in 64 bits")]
    NumberTooLong,
    /// A text has a negative length.
    #[error("a text has the negative length {0}")]
    NegativeLength(i64),
    /// A text is not UTF-8.
    #[error("a text is not valid UTF-8")]
    NotUtf8,
    /// An enum's number has no symbol.
    #[error("no symbol of the enum has the number {0}")]
    UnknownSymbol(i64),
    /// There is more than the record.
    #[error("{0} bytes are left after the record")]
    TrailingBytes(usize),
    /// The value does not start with a zero byte and a 4-byte schema id.
    #[error("not in the registry's wire format: a zero byte and a 4-byte schema id must come first")]
    NotWireFormat,
    /// The record was written with a schema that ours cannot read, or not with the schema it names.
    #[error("cannot be read through the schema it was written with: {0}")]
    Resolution(#[source] Box<apache_avro::Error>),
    /// Schema resolution gave something else than the record's fields.
    #[error("schema resolution did not give the field `{0}`")]
    MissingField(&'static str),
}
