//! Rows in Postgres' binary COPY format, as they came out and as they go in again, some at a time.
//!
//! Source: the manual of Postgres, SQL COPY, "Binary Format".

use bytes::{BufMut, Bytes, BytesMut};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, and the length of an extension that is never there.
const HEADER_BYTES: usize = SIGNATURE.len() + 8;

/// The bytes are no such format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not Postgres' binary COPY format")]
pub struct NoRows;

/// The rows of one COPY.
pub struct Rows {
    data: Bytes,
    /// Where each row starts, and where the last one ends.
    bounds: Vec<usize>,
}

impl Rows {
    /// Finds the rows in what a COPY TO gave.
    ///
    /// # Errors
    /// [`NoRows`] for anything else.
    pub fn parse(data: Bytes) -> Result<Self, NoRows> {
        if !data.starts_with(SIGNATURE) || data.len() < HEADER_BYTES {
            return Err(NoRows);
        }
        let mut bounds = vec![HEADER_BYTES];
        let mut at = HEADER_BYTES;
        loop {
            let columns = i16::from_be_bytes(take(&data, &mut at)?);
            if columns < 0 {
                return Ok(Self { data, bounds });
            }
            for _ in 0..columns {
                // A negative length is a NULL.
                let length = i32::from_be_bytes(take(&data, &mut at)?);
                at += usize::try_from(length).unwrap_or_default();
            }
            bounds.push(at);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// A whole COPY of up to `count` rows from one on.
    #[must_use]
    pub fn batch(&self, from: usize, count: usize) -> Bytes {
        let (start, end) = (self.bounds[from], self.bounds[(from + count).min(self.len())]);
        let mut out = BytesMut::with_capacity(HEADER_BYTES + end - start + 2);
        out.put_slice(&self.data[..HEADER_BYTES]);
        out.put_slice(&self.data[start..end]);
        out.put_i16(-1);
        out.freeze()
    }
}

fn take<const N: usize>(data: &[u8], at: &mut usize) -> Result<[u8; N], NoRows> {
    let bytes = data.get(*at..*at + N).ok_or(NoRows)?;
    *at += N;
    bytes.try_into().map_err(|_| NoRows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns, of which the second is NULL in every other row.
    fn copy(rows: std::ops::Range<i32>) -> Bytes {
        let mut out = BytesMut::from(SIGNATURE);
        out.put_i64(0);
        for row in rows {
            out.put_i16(2);
            out.put_i32(4);
            out.put_i32(row);
            if row % 2 == 0 {
                out.put_i32(-1);
            } else {
                out.put_i32(2);
                out.put_slice(b"ab");
            }
        }
        out.put_i16(-1);
        out.freeze()
    }

    #[test]
    fn batches_are_copies_of_their_rows() {
        let rows = Rows::parse(copy(0..10)).unwrap();
        assert_eq!(rows.len(), 10);
        assert_eq!(rows.batch(0, 10), copy(0..10));
        assert_eq!(rows.batch(3, 4), copy(3..7));
        assert_eq!(rows.batch(8, 100), copy(8..10));
        assert_eq!(Rows::parse(copy(0..0)).unwrap().len(), 0);
    }

    #[test]
    fn what_is_cut_off_is_no_copy() {
        let whole = copy(0..3);
        for length in 0..whole.len() {
            assert_eq!(Rows::parse(whole.slice(..length)).err(), Some(NoRows), "{length} bytes");
        }
    }
}
