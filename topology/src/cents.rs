use std::fmt;

/// An amount of money in euro cents, negative for a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cents(i64);

/// The text is not an amount as the Dutch write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an amount such as €1.234,56 or €-500,00")]
pub struct InvalidCents;

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a number of cents.
    #[must_use]
    pub const fn new(cents: i64) -> Self {
        Self(cents)
    }

    /// The number of cents.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` outside the 64-bit range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` outside the 64-bit range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The opposite, or `None` for the lowest amount, which has none.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// As the Dutch write it, a minus after the currency: `€1.234,56`, `€-500,00`.
    #[must_use]
    pub fn to_dutch(self) -> String {
        dutch(self.0 < 0, self.0.unsigned_abs())
    }

    /// As [`to_dutch`](Self::to_dutch) without the sign, for a change of which the direction is told apart.
    #[must_use]
    pub fn unsigned_dutch(self) -> String {
        dutch(false, self.0.unsigned_abs())
    }

    /// Reads exactly what [`to_dutch`](Self::to_dutch) writes: the dots are where they belong, and nothing is rounded.
    ///
    /// # Errors
    /// [`InvalidCents`] for any other text and for an amount outside the 64-bit range.
    pub fn parse_dutch(text: &str) -> Result<Self, InvalidCents> {
        let number = text.strip_prefix('€').ok_or(InvalidCents)?;
        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (euros, cents) = number.split_once(',').ok_or(InvalidCents)?;
        let mut magnitude = 0_i128;
        for digit in euros.bytes().filter(|&byte| byte != b'.').chain(cents.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(InvalidCents);
            }
            magnitude = magnitude * 10 + i128::from(digit - b'0');
            if magnitude > -i128::from(i64::MIN) {
                return Err(InvalidCents);
            }
        }
        let signed = if negative { -magnitude } else { magnitude };
        let parsed = i64::try_from(signed).map(Self).map_err(|_| InvalidCents)?;
        // One way to write each amount: misplaced dots, leading zeros, `-0` and a third decimal all differ from it.
        if parsed.to_dutch() == text { Ok(parsed) } else { Err(InvalidCents) }
    }
}

fn dutch(negative: bool, magnitude: u64) -> String {
    let euros = (magnitude / 100).to_string();
    let cents = magnitude % 100;
    let mut text = String::with_capacity(euros.len() * 4 / 3 + 8);
    text.push('€');
    if negative {
        text.push('-');
    }
    for (index, digit) in euros.char_indices() {
        if index > 0 && (euros.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text.push(',');
    if cents < 10 {
        text.push('0');
    }
    text.push_str(&cents.to_string());
    text
}

/// The Dutch text, as on the pages.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_dutch())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_the_dutch_way() {
        for (cents, text, unsigned) in [
            (0, "€0,00", "€0,00"),
            (5, "€0,05", "€0,05"),
            (-5, "€-0,05", "€0,05"),
            (1000, "€10,00", "€10,00"),
            (99_999, "€999,99", "€999,99"),
            (123_456, "€1.234,56", "€1.234,56"),
            (-50_000, "€-500,00", "€500,00"),
            (100_000_000, "€1.000.000,00", "€1.000.000,00"),
            (i64::MAX, "€92.233.720.368.547.758,07", "€92.233.720.368.547.758,07"),
            (i64::MIN, "€-92.233.720.368.547.758,08", "€92.233.720.368.547.758,08"),
        ] {
            assert_eq!(Cents::new(cents).to_dutch(), text);
            assert_eq!(Cents::new(cents).unsigned_dutch(), unsigned);
            assert_eq!(Cents::parse_dutch(text), Ok(Cents::new(cents)));
        }
    }

    #[test]
    fn another_way_of_writing_is_refused() {
        for text in [
            "",
            "€",
            "1,00",
            "€1",
            "€1,0",
            "€1,000",
            "€,50",
            "€1234,56",
            "€12.34,56",
            "€01,00",
            "€-0,00",
            "-€1,00",
            "€+1,00",
            "€1.234.56",
            "€1,-5",
            "€ 1,00",
            "€1,00 ",
            "€1.,00",
            "€٣,00",
            "€92.233.720.368.547.758,08",
            "€-92.233.720.368.547.758,09",
            "€99.999.999.999.999.999.999.999.999.999.999.999.999.999.999.999.999,00",
        ] {
            assert_eq!(Cents::parse_dutch(text), Err(InvalidCents), "{text}");
        }
    }

    #[test]
    fn nothing_wraps_around() {
        assert_eq!(Cents::new(i64::MAX).checked_add(Cents::new(1)), None);
        assert_eq!(Cents::new(i64::MIN).checked_sub(Cents::new(1)), None);
        assert_eq!(Cents::new(i64::MIN).checked_neg(), None);
    }

    proptest! {
        #[test]
        fn every_amount_is_read_back(cents: i64) {
            prop_assert_eq!(Cents::parse_dutch(&Cents::new(cents).to_dutch()), Ok(Cents::new(cents)));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "€-?[0-9.]{1,6},[0-9]{1,3}") {
            if let Ok(cents) = Cents::parse_dutch(&text) {
                prop_assert_eq!(cents.to_dutch(), text);
            }
        }
    }
}
