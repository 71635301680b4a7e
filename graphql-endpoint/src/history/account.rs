//! An account as the projection knows it, and how accounts are searched.

use thiserror::Error;
use topology::{AccountType, Cents, Iban};

/// An account as the projection knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub iban: Iban,
    /// Unknown where its creation is not in the topic.
    pub a_type: Option<AccountType>,
    /// When its creation was decided, in microseconds since 1970 UTC.
    pub created_at_us: Option<i64>,
    /// After its last transaction.
    pub balance: Cents,
    /// When its last transaction was decided, in microseconds since 1970 UTC.
    pub last_booked_at_us: Option<i64>,
    /// The sequence of its last transaction.
    pub account_seq: Option<i64>,
}

/// Which accounts are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Any.
    All,
    /// Those whose IBAN begins with this.
    Begins(String),
    /// Those whose IBAN ends with these digits.
    Ends(String),
}

/// The text cannot be part of an IBAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "search is the beginning of an IBAN, as NL66OPEN01, or its last digits, as 1234; at most 18 letters and digits"
)]
pub struct InvalidSearch;

impl Search {
    /// Digits alone are how an IBAN ends, anything else is how it begins. Spaces and lower case do not matter.
    ///
    /// # Errors
    /// [`InvalidSearch`] for a text that is in no IBAN.
    pub fn parse(text: Option<&str>) -> Result<Self, InvalidSearch> {
        let wanted: String = text.unwrap_or_default().split_whitespace().collect::<String>().to_ascii_uppercase();
        if wanted.len() > 18 || !wanted.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidSearch);
        }
        Ok(match wanted.as_bytes() {
            [] => Self::All,
            digits if digits.iter().all(u8::is_ascii_digit) => Self::Ends(wanted),
            _ => Self::Begins(wanted),
        })
    }

    /// The pattern for LIKE: on the IBAN, or, for its end, on the IBAN reversed. Holds no wildcard but the last.
    #[must_use]
    pub fn pattern(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Begins(start) => Some(format!("{start}%")),
            Self::Ends(end) => Some(end.chars().rev().chain(['%']).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_is_a_beginning_or_an_end() {
        let rows = [
            (None, Ok((Search::All, None))),
            (Some("  "), Ok((Search::All, None))),
            (Some("nl66 open 01"), Ok((Search::Begins("NL66OPEN01".into()), Some("NL66OPEN01%")))),
            (Some("1234"), Ok((Search::Ends("1234".into()), Some("4321%")))),
            (Some("%"), Err(InvalidSearch)),
            (Some("NL66OPEN00000000000"), Err(InvalidSearch)),
            (Some("é"), Err(InvalidSearch)),
        ];
        for (text, expected) in rows {
            let found = Search::parse(text).map(|search| (search.clone(), search.pattern()));
            assert_eq!(found, expected.map(|(search, pattern)| (search, pattern.map(str::to_owned))), "{text:?}");
        }
    }
}
