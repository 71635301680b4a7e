//! What nobody but an account's owner may read does not reach the flow page: its fields by their record (see `shown`),
//! and anything that could be a token by its looks, wherever it stands.

use std::borrow::Cow;

/// What stands in the place of a token.
pub const MASK: &str = "***";

/// A token's digits. No number of the bank has as many: the longest 64-bit number has 19.
const TOKEN_DIGITS: usize = 20;

/// A text is shown up to this many characters.
const TEXT_MAX_CHARS: usize = 1_000;

/// The text as it may be shown: with every run of 20 digits or more masked, and cut at 1,000 characters.
#[must_use]
pub fn shown_text(text: &str) -> String {
    let masked = masked(text);
    match masked.char_indices().nth(TEXT_MAX_CHARS) {
        None => masked.into_owned(),
        // Cut after it was masked: half a token is not 20 digits long.
        Some((end, _)) => format!("{}… ({} characters)", &masked[..end], masked.chars().count()),
    }
}

fn masked(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut run) = (0, 0);
    let bytes = text.as_bytes();
    for end in 0..=bytes.len() {
        if bytes.get(end).is_some_and(u8::is_ascii_digit) {
            run += 1;
            continue;
        }
        if run >= TOKEN_DIGITS {
            out.push_str(&text[copied..end - run]);
            out.push_str(MASK);
            copied = end;
        }
        run = 0;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_token_is_masked_wherever_it_stands() {
        let rows = [
            ("", ""),
            ("rent", "rent"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("12345678901234567890", "***"),
            ("123456789012345678901", "***"),
            ("é12345678901234567890é", "é***é"),
            ("a 12345678901234567890, 1 and 00000000000000000000", "a ***, 1 and ***"),
            ("1234567890-1234567890", "1234567890-1234567890"),
        ];
        for (text, expected) in rows {
            assert_eq!(shown_text(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_but_never_in_a_token() {
        let long = format!("{}12345678901234567890{}", "é".repeat(990), "x".repeat(100));
        let shown = shown_text(&long);
        assert_eq!(shown, format!("{}***{}… (1093 characters)", "é".repeat(990), "x".repeat(7)));
        assert_eq!(shown_text(&"é".repeat(1_000)), "é".repeat(1_000));
    }
}
