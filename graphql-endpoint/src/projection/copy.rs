//! Rows of `transaction` in Postgres' binary COPY format.
//!
//! Source: the manual of Postgres, SQL COPY, "Binary Format".

use super::change::Change;
use crate::history::number_of;
use bytes::{BufMut, Bytes, BytesMut};
use std::sync::Arc;

/// The columns, in the order that [`rows`] writes them.
pub const COLUMNS: &str =
    "id, account, log_offset, new_balance, changed_by, account_seq, booked_at, log_partition, from_to, descr";
const COLUMN_COUNT: i16 = 10;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// About what a row takes, to allocate once.
const ROW_BYTES: usize = 160;

/// A whole COPY of these changes.
#[must_use]
pub fn rows(changes: &[Arc<Change>]) -> Bytes {
    let mut out = BytesMut::with_capacity(SIGNATURE.len() + 10 + changes.len() * ROW_BYTES);
    out.put_slice(SIGNATURE);
    out.put_i32(0); // no flags
    out.put_i32(0); // no extension of the header
    for change in changes {
        out.put_i16(COLUMN_COUNT);
        number(&mut out, change.id);
        number(&mut out, number_of(change.account));
        number(&mut out, change.place.offset);
        number(&mut out, change.new_balance.get());
        number(&mut out, change.changed_by.get());
        optional_number(&mut out, change.account_seq);
        optional_number(&mut out, change.booked_at_us);
        out.put_i32(4);
        out.put_i32(change.place.partition);
        text(&mut out, &change.from_to);
        text(&mut out, &change.descr);
    }
    out.put_i16(-1);
    out.freeze()
}

fn number(out: &mut BytesMut, number: i64) {
    out.put_i32(8);
    out.put_i64(number);
}

fn optional_number(out: &mut BytesMut, value: Option<i64>) {
    match value {
        Some(value) => number(out, value),
        None => out.put_i32(-1),
    }
}

fn text(out: &mut BytesMut, text: &str) {
    out.put_i32(i32::try_from(text.len()).expect("a record is at most some megabytes"));
    out.put_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::tests_support::change_at;

    #[test]
    fn a_row_is_laid_out_as_postgres_reads_it() {
        let change = Change { account_seq: Some(9), ..change_at(2, 5, 7, 2) };
        let bytes = rows(&[Arc::new(change)]);
        let mut expected = Vec::from(*b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x0a");
        for value in [16_i64, 0, 5, 100, 100, 9] {
            expected.extend([0, 0, 0, 8]);
            expected.extend(value.to_be_bytes());
        }
        expected.extend(*b"\xff\xff\xff\xff\0\0\0\x04\0\0\0\x02\0\0\0\x04cash\0\0\0\x06salary\xff\xff");
        assert_eq!(bytes, expected);
    }
}
