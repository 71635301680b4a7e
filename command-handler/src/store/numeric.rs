//! Postgres' binary form of `numeric`, for whole numbers: digits of base 10,000, the most significant first.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, Type};

const BASE: u128 = 10_000;
const NEGATIVE: u16 = 0x4000;
/// i128 has 39 decimal digits.
const MAX_DIGITS: usize = 10;

/// Appends the number, without a length.
pub fn put(number: i128, out: &mut BytesMut) {
    let mut digits = [0_u16; MAX_DIGITS];
    let mut rest = number.unsigned_abs();
    let mut count = 0;
    while rest > 0 {
        digits[count] = u16::try_from(rest % BASE).expect("below 10,000");
        rest /= BASE;
        count += 1;
    }
    out.put_u16(u16::try_from(count).expect("at most 10"));
    out.put_i16(i16::try_from(count).expect("at most 10") - 1);
    out.put_u16(if number < 0 { NEGATIVE } else { 0 });
    out.put_u16(0);
    for &digit in digits[..count].iter().rev() {
        out.put_u16(digit);
    }
}

/// A whole number read from a `numeric`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub i128);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let mut words = raw.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let mut next = || words.next().ok_or("numeric is cut short");
        let (count, weight, sign, _scale) = (next()?, next()?.cast_signed(), next()?, next()?);
        let mut number = 0_i128;
        for place in 0..=i32::from(weight) {
            let digit = if place < i32::from(count) { next()? } else { 0 };
            number = number
                .checked_mul(i128::try_from(BASE)?)
                .and_then(|number| number.checked_add(i128::from(digit)))
                .ok_or("numeric does not fit 128 bits")?;
        }
        match sign {
            0 => Ok(Self(number)),
            NEGATIVE => Ok(Self(-number)),
            _ => Err("numeric is not a number".into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(number: i128) -> i128 {
        let mut out = BytesMut::new();
        put(number, &mut out);
        Whole::from_sql(&Type::NUMERIC, &out).unwrap().0
    }

    #[test]
    fn zeros_at_the_end_may_be_left_out() {
        // 1,2345,0000,0000: two digits are sent, the weight says that four were meant.
        let raw = [0, 2, 0, 3, 0, 0, 0, 0, 0, 1, 0x09, 0x29];
        assert_eq!(Whole::from_sql(&Type::NUMERIC, &raw).unwrap(), Whole(1_2345_0000_0000));
    }

    proptest! {
        #[test]
        fn any_number_comes_back(number in -(10_i128.pow(38))..10_i128.pow(38)) {
            prop_assert_eq!(read_back(number), number);
        }
    }

    #[test]
    fn the_edges_come_back() {
        for number in [0, 1, -1, 9_999, 10_000, -10_000, 100_000_000, i128::from(i64::MIN), i128::from(u64::MAX)] {
            assert_eq!(read_back(number), number);
        }
    }
}
