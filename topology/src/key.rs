use std::fmt;

use crate::command_id::CommandId;
use crate::iban::Iban;
use crate::record::Record;

/// A UUID's text has 36 bytes, an IBAN's at most 34.
const INLINE_LEN: usize = 40;

/// The key of a topic's record, UTF-8. Up to 40 bytes, so every UUID and IBAN, take no heap.
#[derive(Clone)]
pub struct Key(Text);

#[derive(Clone)]
enum Text {
    Inline { bytes: [u8; INLINE_LEN], length: u8 },
    Long(Box<str>),
}

/// A record whose content says under which key it is sent. A heartbeat's key is the time of sending, so it is none.
pub trait Keyed: Record {
    /// The key by the contract: what has the same key stays in order.
    fn key(&self) -> Key;
}

impl Key {
    /// The key's bytes, for the producer.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.as_ref().as_bytes()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        let mut bytes = [0; INLINE_LEN];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Text::Inline { bytes, length })
            }
            _ => Self(Text::Long(text.into())),
        }
    }
}

impl From<CommandId> for Key {
    fn from(id: CommandId) -> Self {
        let mut bytes = [0; uuid::fmt::Hyphenated::LENGTH];
        Self::from(&*id.uuid().hyphenated().encode_lower(&mut bytes))
    }
}

impl From<Iban> for Key {
    fn from(iban: Iban) -> Self {
        Self::from(&*iban.text())
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        match &self.0 {
            Text::Inline { bytes, length } => {
                std::str::from_utf8(&bytes[..usize::from(*length)]).expect("copied from a str as a whole")
            }
            Text::Long(text) => text,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Key {}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_ref())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::BalanceChanged;

    #[test]
    fn a_command_goes_by_its_lower_case_id() {
        let id: CommandId = "0189ABCD-EF01-7234-8567-89ABCDEF0123".parse().unwrap();
        assert_eq!(Key::from(id).as_ref(), "0189abcd-ef01-7234-8567-89abcdef0123");
    }

    #[test]
    fn a_change_goes_by_its_iban_whatever_that_is() {
        for iban in
            ["", "NL66OPEN0000000000", "é".repeat(20).as_str(), "x".repeat(41).as_str(), "x".repeat(400).as_str()]
        {
            let changed = BalanceChanged {
                iban: iban.to_owned(),
                new_balance: 0,
                changed_by: 0,
                from_to: String::new(),
                description: String::new(),
            };
            assert_eq!(changed.key().as_ref(), iban);
        }
    }
}
