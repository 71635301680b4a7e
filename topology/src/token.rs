use std::fmt;
use std::str::FromStr;

const LEN: usize = 20;

/// The secret that lets its holder take money from an account: 20 digits. Shown in full by [`as_str`](Self::as_str) alone, so
/// that it gets into no log by accident.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; LEN]);

/// The text is not 20 digits. It does not say what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of 20 digits")]
pub struct InvalidToken;

impl Token {
    /// The token of the company's account.
    pub const COMPANY: Self = Self([b'0'; LEN]);

    /// Reads 20 ASCII digits.
    ///
    /// # Errors
    /// [`InvalidToken`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let digits: [u8; LEN] = text.as_bytes().try_into().map_err(|_| InvalidToken)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(InvalidToken) }
    }

    /// The digits, for the account's owner alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of ASCII digits only")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(MASK)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// What stands in a text in the place of a token.
pub(crate) const MASK: &str = "***";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_digits_are_a_token() {
        for (text, valid) in [
            ("00000000000000000000", true),
            ("12345678901234567890", true),
            ("1234567890123456789", false),
            ("123456789012345678901", false),
            ("1234567890123456789a", false),
            ("１２３４５６", false),
            ("cash", false),
            ("", false),
        ] {
            assert_eq!(Token::parse(text).is_ok(), valid, "{text}");
        }
        assert_eq!(Token::parse("00000000000000000000"), Ok(Token::COMPANY));
    }

    #[test]
    fn no_format_shows_it() {
        let token = Token::parse("12345678901234567890").unwrap();
        assert_eq!(format!("{token} {token:?}"), "*** ***");
        assert_eq!(token.as_str(), "12345678901234567890");
    }
}
