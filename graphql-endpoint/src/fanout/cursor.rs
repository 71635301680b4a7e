//! Where a subscriber of all accounts is, as a text that it can give back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use thiserror::Error;

const VERSION: u8 = 1;
/// More partitions than this no topic of ours has; a cursor that says so is made up.
const MAX_PARTITIONS: usize = 1_024;

/// The next offset of each partition. A partition that is absent was not begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offsets(BTreeMap<i32, i64>);

/// The text is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("after_cursor is not a cursor that this bank gave")]
pub struct InvalidCursor;

impl Offsets {
    /// From partitions and their next offsets.
    #[must_use]
    pub fn new(offsets: impl IntoIterator<Item = (i32, i64)>) -> Self {
        Self(offsets.into_iter().collect())
    }

    /// The next offset of a partition.
    #[must_use]
    pub fn of(&self, partition: i32) -> i64 {
        self.0.get(&partition).copied().unwrap_or_default()
    }

    /// Goes on in one partition.
    pub fn set(&mut self, partition: i32, next_offset: i64) {
        self.0.insert(partition, next_offset);
    }

    /// The partitions, with their next offsets.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i64)> + '_ {
        self.0.iter().map(|(partition, next_offset)| (*partition, *next_offset))
    }

    /// As a text: a version, then partition and next offset of each, as variable-length numbers, in base64.
    #[must_use]
    pub fn to_cursor(&self) -> String {
        let mut bytes = vec![VERSION];
        for (partition, next_offset) in self.iter() {
            write_number(&mut bytes, i64::from(partition).cast_unsigned());
            write_number(&mut bytes, next_offset.cast_unsigned());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// From such a text.
    ///
    /// # Errors
    /// [`InvalidCursor`] for any other.
    pub fn from_cursor(cursor: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor)?;
        let mut rest = bytes.strip_prefix(&[VERSION]).ok_or(InvalidCursor)?;
        let mut offsets = BTreeMap::new();
        while !rest.is_empty() {
            let partition = i32::try_from(read_number(&mut rest)?).map_err(|_| InvalidCursor)?;
            let next_offset = i64::try_from(read_number(&mut rest)?).map_err(|_| InvalidCursor)?;
            if offsets.insert(partition, next_offset).is_some() || offsets.len() > MAX_PARTITIONS {
                return Err(InvalidCursor);
            }
        }
        Ok(Self(offsets))
    }
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn read_number(rest: &mut &[u8]) -> Result<u64, InvalidCursor> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or(InvalidCursor)?;
        *rest = behind;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(InvalidCursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_made_up_is_refused() {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let rows = [
            (String::new(), false),
            (encode(&[1]), true),
            (encode(&[2]), false),
            (encode(&[1, 0]), false),
            (encode(&[1, 0, 5]), true),
            (encode(&[1, 0, 5, 0, 6]), false),
            (encode(&[1, 0, 0x80]), false),
            (encode(&[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]), false),
            (encode(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1]), false),
            ("€".to_owned(), false),
        ];
        for (cursor, accepted) in rows {
            assert_eq!(Offsets::from_cursor(&cursor).is_ok(), accepted, "{cursor}");
        }
    }

    proptest! {
        #[test]
        fn is_read_back(offsets in proptest::collection::btree_map(0..1_024_i32, 0..i64::MAX, 0..20)) {
            let offsets = Offsets(offsets);
            prop_assert_eq!(Offsets::from_cursor(&offsets.to_cursor()), Ok(offsets));
        }

        #[test]
        fn nothing_makes_it_panic(text in ".{0,60}") {
            let _ = Offsets::from_cursor(&text);
        }
    }
}
