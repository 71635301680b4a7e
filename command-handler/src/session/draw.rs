use rand::{CryptoRng, RngExt};
use topology::{CommandId, Iban, Token};

use crate::ledger::Candidates;

/// Numbers drawn for a new account before the customer is told to try again.
const DRAWS: usize = 4;
/// Numbers given out start with 0, so that nine of the ten digits are drawn.
const NUMBERS: u64 = 1_000_000_000;
const TOKENS: u128 = 100_000_000_000_000_000_000;

/// Numbers and tokens for each of the commands. Tokens are secrets, so the source must be one for secrets.
pub fn candidates(ids: impl Iterator<Item = CommandId>, random: &mut impl CryptoRng) -> Candidates {
    ids.map(|id| (id, (0..DRAWS).map(|_| (iban(random), token(random))).collect())).collect()
}

fn iban(random: &mut impl CryptoRng) -> Iban {
    Iban::from_number(random.random_range(0..NUMBERS)).expect("nine digits are a number")
}

fn token(random: &mut impl CryptoRng) -> Token {
    Token::parse(&format!("{:020}", random.random_range(0..TOKENS))).expect("twenty digits are a token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_gets_numbers_that_start_with_0_and_secret_tokens() {
        let id = CommandId::from_bytes([7; 16]);
        let drawn = candidates(std::iter::once(id), &mut rand::rng());
        let drawn = &drawn[&id];
        assert_eq!(drawn.len(), DRAWS);
        assert!(drawn.iter().all(|(iban, _)| iban.can_be_issued()));
        assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
