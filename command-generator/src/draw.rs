//! Reproducible chance: what is drawn depends on a key and nothing else.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use topology::CommandId;

const BEAT_KEY: [u8; 24] = *b"open-bank: a beat's draw";
const SALARY_KEY: [u8; 16] = *b"first salary of:";

/// What makes one series of commands different from another: the setting `--seed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// A stream of numbers that only its key determines. The order in which they are taken is part of what a command is:
/// a change of it changes the content of commands that were already sent, so new draws come last.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The draws of one beat: `ChaCha8`, keyed by the seed, on the stream that has the beat's number.
    #[must_use]
    pub fn for_beat(seed: Seed, beat: i64) -> Self {
        let mut key = [0; 32];
        let (number, text) = key.split_at_mut(8);
        number.copy_from_slice(&seed.0.to_le_bytes());
        text.copy_from_slice(&BEAT_KEY);
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(beat.cast_unsigned());
        Self(rng)
    }

    /// The draws of an account's first salary: keyed by the account's id alone, whatever the seed.
    #[must_use]
    pub fn for_salary(account: CommandId) -> Self {
        let mut key = [0; 32];
        let (text, id) = key.split_at_mut(16);
        text.copy_from_slice(&SALARY_KEY);
        id.copy_from_slice(account.as_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 up to, not including, `bound`. By multiplication, without rejection: for bounds of this program
    /// (below 2^24) no number is likelier than another by more than 2^-40, far below what any count can show.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        // The upper half of a product of two 64-bit numbers has 64 bits.
        (product >> 64) as u64
    }

    /// So many random bytes.
    pub fn bytes<const COUNT: usize>(&mut self) -> [u8; COUNT] {
        let mut bytes = [0; COUNT];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_for_ever() {
        let mut draw = Draw::for_beat(Seed(1), 20);
        let numbers = [70, 70, 10_000].map(|bound| draw.below(bound));
        let mut salary = Draw::for_salary(CommandId::from_bytes([7; 16]));
        assert_eq!(
            (numbers, salary.below(50_000)),
            ([47, 56, 6_546], 22_348),
            "a new algorithm would change sent commands"
        );
    }

    #[test]
    fn seeds_beats_and_accounts_draw_apart() {
        let draws = [
            Draw::for_beat(Seed(1), 20),
            Draw::for_beat(Seed(1), 21),
            Draw::for_beat(Seed(2), 20),
            Draw::for_beat(Seed(1), -20),
            Draw::for_salary(CommandId::from_bytes([1; 16])),
            Draw::for_salary(CommandId::from_bytes([2; 16])),
        ];
        let mut first: Vec<[u8; 16]> = draws.into_iter().map(|mut draw| draw.bytes()).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 6);
    }

    #[test]
    fn every_number_below_the_bound_is_equally_likely() {
        let mut counts = [0_u32; 70];
        for beat in 0..70_000 {
            let number = Draw::for_beat(Seed(42), beat).below(70);
            counts[usize::try_from(number).unwrap()] += 1;
        }
        let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - 1_000.0).powi(2) / 1_000.0).sum();
        // 69 degrees of freedom: beyond 111.1 lies a thousandth. The draw is fixed, so this cannot fail by chance.
        assert!(chi_square < 111.1, "{chi_square}: {counts:?}");
    }
}
