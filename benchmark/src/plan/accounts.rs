//! The accounts that take part, 16 bytes each, so that ten millions fit.

use topology::{Iban, Token};

/// An account's number and token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub iban: Iban,
    /// What lets its holder pay.
    pub token: Token,
}

/// Accounts by their place.
#[derive(Default)]
pub struct Accounts {
    packed: Vec<Packed>,
}

#[derive(Clone, Copy)]
struct Packed {
    /// Numbers that are given out have nine digits.
    number: u32,
    token_high: u32,
    token_low: u64,
}

/// The company's account, which exists from the start.
pub const COMPANY: Account = Account { iban: Iban::COMPANY, token: Token::COMPANY };

impl Accounts {
    /// Adds an account at the end; false for a number that no bank of this kind gives out.
    pub fn push(&mut self, account: Account) -> bool {
        let Ok(number) = u32::try_from(account.iban.number()) else { return false };
        let token: u128 = account.token.as_str().parse().expect("a token is 20 digits");
        let token_high = u32::try_from(token >> 64).expect("20 digits take 67 bits");
        let token_low = u64::try_from(token & u128::from(u64::MAX)).expect("64 bits are left");
        self.packed.push(Packed { number, token_high, token_low });
        true
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.packed.len()).expect("numbers that are given out are fewer than 2^32")
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The account at a place.
    ///
    /// # Panics
    /// Behind the last.
    #[must_use]
    pub fn get(&self, place: u32) -> Account {
        let Packed { number, token_high, token_low } = self.packed[place as usize];
        let token = u128::from(token_high) << 64 | u128::from(token_low);
        Account {
            iban: Iban::from_number(u64::from(number)).expect("came from an IBAN"),
            token: Token::parse(&format!("{token:020}")).expect("came from a token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_comes_back_as_it_was() {
        let mut accounts = Accounts::default();
        let rows = [
            COMPANY,
            Account {
                iban: Iban::from_number(999_999_999).unwrap(),
                token: Token::parse("99999999999999999999").unwrap(),
            },
            Account { iban: Iban::from_number(1).unwrap(), token: Token::parse("00000000000000000001").unwrap() },
        ];
        for account in rows {
            assert!(accounts.push(account));
        }
        for (place, account) in rows.into_iter().enumerate() {
            assert_eq!(accounts.get(u32::try_from(place).unwrap()), account);
        }
        let foreign = Account { iban: Iban::from_number(9_999_999_999).unwrap(), token: Token::COMPANY };
        assert!(!accounts.push(foreign));
    }
}
