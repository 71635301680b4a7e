//! Who pays or is paid, by what the contract says of the text.

use crate::digest::Digest;

/// A side of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// `cash`.
    Cash,
    /// A valid IBAN of this bank's form, by its ten digits. Whether it is an account is another question.
    Number(u64),
    /// Anything else, by the digest of its text.
    Name(Digest),
}

impl Party {
    /// By its exact text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text {
            "cash" => Self::Cash,
            _ => number_of(text).map_or_else(|| Self::Name(Digest::of(text)), Self::Number),
        }
    }

    /// The ten digits, where it has this bank's form.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Cash | Self::Name(_) => None,
        }
    }
}

/// `NL`, two check digits, `OPEN`, ten digits. The check digits are 98 - (N mod 97), where N is written `24251423`, the ten
/// digits, `232100`.
fn number_of(text: &str) -> Option<u64> {
    let (check, digits) = text.strip_prefix("NL")?.split_once("OPEN")?;
    let is_number = |text: &str, len: usize| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(check, 2) || !is_number(digits, 10) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    let n = 24_251_423 * 10_u128.pow(16) + u128::from(number) * 1_000_000 + 232_100;
    (check.parse() == Ok(98 - n % 97)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contracts_form_is_a_number() {
        for (text, number) in [
            ("NL66OPEN0000000000", Some(0)),
            ("NL12OPEN1234567890", Some(1_234_567_890)),
            ("NL67OPEN0000000000", None),
            ("NL66OPEN000000000", None),
            ("NL66OPEN00000000000", None),
            ("NL66OPEN000000000O", None),
            ("NL66 OPEN0000000000", None),
            ("NL+6OPEN0000000000", None),
            ("NL66OPEN+000000000", None),
            ("nl66open0000000000", None),
            ("NL66INGB0000000000", None),
            ("NLOPEN", None),
            ("cash", None),
            ("", None),
        ] {
            assert_eq!(Party::of(text).number(), number, "{text}");
        }
    }

    #[test]
    fn names_are_the_same_only_by_their_exact_text() {
        assert_eq!(Party::of("cash"), Party::Cash);
        assert_eq!(Party::of("Jumbo"), Party::of("Jumbo"));
        assert_ne!(Party::of("Jumbo"), Party::of("jumbo"));
        assert_ne!(Party::of("Cash"), Party::Cash);
    }
}
