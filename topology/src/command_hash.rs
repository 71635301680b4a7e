//! By what a command is known to be the same as an earlier one with its id: its decoded fields, not its bytes, because
//! another schema id or writer schema may encode the same command otherwise.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::record::{ConfirmAccountCreation, ConfirmMoneyTransfer, Record};

/// The first 16 bytes of the SHA-256 over a command's name and decoded fields, in the schema's order: texts, the name
/// among them, as their length in bytes (8 bytes, big-endian) and then their UTF-8, an id as its 16 bytes, a number as 8
/// bytes, big-endian, an account type as its symbol's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandHash(u128);

/// The text is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a command hash of 32 hexadecimal digits")]
pub struct InvalidCommandHash;

/// A command of which a repeat can be told from other content under the same id.
pub trait Hashed: Record {
    /// The hash of this command's decoded fields.
    fn command_hash(&self) -> CommandHash;
}

/// The hash of a command's decoded fields.
#[must_use]
pub fn command_hash<C: Hashed>(command: &C) -> CommandHash {
    command.command_hash()
}

impl CommandHash {
    /// From the hash's 16 bytes, as a database keeps them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The hash's 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl Hashed for ConfirmAccountCreation {
    fn command_hash(&self) -> CommandHash {
        Hasher::new(Self::NAME).raw(self.id.as_bytes()).text(self.a_type.symbol()).finish()
    }
}

impl Hashed for ConfirmMoneyTransfer {
    fn command_hash(&self) -> CommandHash {
        Hasher::new(Self::NAME)
            .raw(self.id.as_bytes())
            .text(&self.token)
            .raw(&self.amount.to_be_bytes())
            .text(&self.from)
            .text(&self.to)
            .text(&self.description)
            .finish()
    }
}

struct Hasher(Sha256);

impl Hasher {
    fn new(name: &str) -> Self {
        Self(Sha256::new()).text(name)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        let length = text.len() as u64;
        self.raw(&length.to_be_bytes()).raw(text.as_bytes())
    }

    fn finish(self) -> CommandHash {
        let digest: [u8; 32] = self.0.finalize().into();
        let (first, _) = digest.split_first_chunk().expect("32 bytes have a first 16");
        CommandHash::from_bytes(*first)
    }
}

impl fmt::Display for CommandHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CommandHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CommandHash {
    type Err = InvalidCommandHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidCommandHash);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidCommandHash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountType, CommandId};

    fn transfer() -> ConfirmMoneyTransfer {
        ConfirmMoneyTransfer {
            id: CommandId::from_bytes([7; 16]),
            token: "cash".to_owned(),
            amount: 1000,
            from: "cash".to_owned(),
            to: "NL66OPEN0000000000".to_owned(),
            description: "déposit".to_owned(),
        }
    }

    /// A stored hash must mean the same for ever: whoever changes the encoding finds every old command changed.
    #[test]
    fn is_the_documented_sha256() {
        let mut bytes = Vec::new();
        let text = |text: &str, bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        text("ConfirmMoneyTransfer", &mut bytes);
        bytes.extend_from_slice(&[7; 16]);
        text("cash", &mut bytes);
        bytes.extend_from_slice(&1000_i64.to_be_bytes());
        text("cash", &mut bytes);
        text("NL66OPEN0000000000", &mut bytes);
        text("déposit", &mut bytes);
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(command_hash(&transfer()).to_bytes(), digest[..16]);
    }

    #[test]
    fn every_field_counts() {
        let first = command_hash(&transfer());
        let changes: [fn(&mut ConfirmMoneyTransfer); 7] = [
            |it| it.id = CommandId::from_bytes([8; 16]),
            |it| it.token.push('1'),
            |it| it.amount = -1000,
            |it| it.from.clear(),
            |it| it.to.push(' '),
            |it| it.description.clear(),
            // The same bytes in a row, but another border between the two texts.
            |it| (it.from, it.to) = ("cas".to_owned(), "hNL66OPEN0000000000".to_owned()),
        ];
        for change in changes {
            let mut other = transfer();
            change(&mut other);
            assert_ne!(command_hash(&other), first, "{other:?}");
        }
        let id = CommandId::from_bytes([7; 16]);
        let auto = command_hash(&ConfirmAccountCreation { id, a_type: AccountType::Auto });
        let manual = command_hash(&ConfirmAccountCreation { id, a_type: AccountType::Manual });
        assert_ne!(auto, manual);
    }

    #[test]
    fn its_text_is_read_back() {
        let hash = CommandHash::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(hash.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in ["", "00", "+00102030405060708090a0b0c0d0eff", "g00102030405060708090a0b0c0d0eff"] {
            assert_eq!(text.parse::<CommandHash>(), Err(InvalidCommandHash));
        }
    }
}
