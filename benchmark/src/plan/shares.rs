use std::fmt;
use std::str::FromStr;

use super::mix::Draws;

/// A part of the whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

/// The text is no number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed: a number from 0 to 1, as 0.9")]
pub struct InvalidShare;

impl Share {
    /// Whether the next draw falls into the share.
    pub fn takes(self, draws: &mut Draws) -> bool {
        /// A double tells this many numbers apart.
        const BITS: u32 = 53;
        #[allow(clippy::cast_precision_loss)] // 53 bits are exact
        let found = (draws.next() >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64;
        found < self.0
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Share {
    type Err = InvalidShare;

    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        let share: f64 = text.parse().map_err(|_| InvalidShare)?;
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(InvalidShare) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_from_0_to_1() {
        for (text, valid) in
            [("0", true), ("1", true), ("0.25", true), ("-0.1", false), ("1.01", false), ("NaN", false)]
        {
            assert_eq!(text.parse::<Share>().is_ok(), valid, "{text}");
        }
        let mut draws = Draws::of(1, 1, 1);
        assert!((0..1_000).all(|_| Share(1.0).takes(&mut draws)));
        assert!(!(0..1_000).any(|_| Share(0.0).takes(&mut draws)));
    }
}
