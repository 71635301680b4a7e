//! Numbers that look drawn and follow from a seed and a position alone: a command can be made again without having been kept.
//!
//! Source: the finalizer of `SplitMix64` (Steele, Lea and Flood, 2014), a bijection of 64 bits.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const FIRST: u64 = 0xbf58_476d_1ce4_e5b9;
const SECOND: u64 = 0x94d0_49bb_1331_11eb;
const FIRST_INVERSE: u64 = 0x96de_1b17_3f11_9089;
const SECOND_INVERSE: u64 = 0x3196_42b2_d24d_8ec3;

/// Scatters a number over 64 bits; no two numbers end in the same place.
#[must_use]
pub const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(FIRST);
    let number = (number ^ (number >> 27)).wrapping_mul(SECOND);
    number ^ (number >> 31)
}

/// What [`mix`] was given.
#[must_use]
pub const fn unmix(mixed: u64) -> u64 {
    let number = (mixed ^ (mixed >> 31) ^ (mixed >> 62)).wrapping_mul(SECOND_INVERSE);
    let number = (number ^ (number >> 27) ^ (number >> 54)).wrapping_mul(FIRST_INVERSE);
    number ^ (number >> 30) ^ (number >> 60)
}

/// A row of drawn numbers, the same for the same seed and position.
#[derive(Debug, Clone)]
pub struct Draws {
    state: u64,
}

impl Draws {
    /// The row of a position. `purpose` keeps what is drawn for different things apart.
    #[must_use]
    pub const fn of(seed: u64, purpose: u64, position: u64) -> Self {
        Self { state: mix(seed ^ mix(purpose)) ^ mix(position.wrapping_add(GOLDEN)) }
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `bound`, which must not be 0. The error of taking it so is below bound / 2^64.
    pub const fn below(&mut self, bound: u64) -> u64 {
        let wide = (self.next() as u128) * (bound as u128);
        (wide >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmixing_gives_what_was_mixed() {
        for number in (0..1_000).chain([u64::MAX, u64::MAX / 3, 1 << 63]) {
            assert_eq!(unmix(mix(number)), number);
        }
    }

    #[test]
    fn draws_are_even_and_differ_by_position_and_purpose() {
        let mut counts = [0_u32; 10];
        for position in 0..100_000 {
            counts[usize::try_from(Draws::of(7, 1, position).below(10)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_ne!(Draws::of(7, 1, 0).next(), Draws::of(7, 2, 0).next());
        assert_ne!(Draws::of(7, 1, 0).next(), Draws::of(8, 1, 0).next());
    }
}
