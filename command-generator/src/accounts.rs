//! The accounts that take part: the AUTO ones, in the order in which they were created.
//!
//! An account takes 16 bytes: its ten digits and the twenty of its token are 101 bits. They are kept in blocks of
//! 1 MiB that are never moved, so 10,000,000 accounts take 160 MB and growing needs no copy. (Where outcomes carry no
//! `event` header, as another implementation's, a set of the numbers seen takes 9 to 18 bytes more for each.)

use std::collections::HashSet;

use topology::{AccountCreationConfirmed, AccountType, Iban, Token};

const BLOCK_ACCOUNTS: usize = 65_536;
const TOKEN_BITS: u32 = 67;

/// An account that can pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub iban: Iban,
    /// What proves that it may be debited.
    pub token: Token,
}

/// The bank's own account: pays salaries, and takes part while no other is known.
pub const COMPANY: Account = Account { iban: Iban::COMPANY, token: Token::COMPANY };

/// The AUTO accounts that were created, in the order of their topic's only partition.
#[derive(Debug)]
pub struct Accounts {
    blocks: Vec<Vec<u128>>,
    known: u64,
    max: u64,
    highest_event: Option<u64>,
    without_event: HashSet<u64>,
}

/// What an outcome said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// A new account: it takes part from now on, and gets a salary.
    New(Iban),
    /// A new account beyond the number that may take part: it gets a salary and nothing else.
    Surplus(Iban),
    /// Told before.
    Repeat,
    /// An account that takes no part: a person's, or the company's.
    Apart,
    /// Its number or token has not the contract's form.
    Malformed,
}

/// What an outcome's headers say about being told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// The event's number; none from an implementation without our headers.
    pub event: Option<u64>,
    /// Whether the outcome answers a repeated command.
    pub repeat: bool,
}

impl Accounts {
    /// None known, and at most `max` ever.
    #[must_use]
    pub fn new(max: u64) -> Self {
        Self { blocks: Vec::new(), known: 0, max, highest_event: None, without_event: HashSet::new() }
    }

    /// How many take part.
    #[must_use]
    pub fn known(&self) -> u64 {
        self.known
    }

    /// Takes in the next outcome of the topic. The same outcomes in the same order give the same accounts.
    pub fn learn(&mut self, created: &AccountCreationConfirmed, telling: Telling) -> Learned {
        let (Ok(iban), Ok(token)) = (Iban::parse(&created.iban), Token::parse(&created.token)) else {
            return Learned::Malformed;
        };
        if telling.repeat || !self.is_new(iban, telling.event) {
            return Learned::Repeat;
        }
        if created.a_type == AccountType::Manual || iban == Iban::COMPANY {
            return Learned::Apart;
        }
        if self.known == self.max {
            return Learned::Surplus(iban);
        }
        self.push(pack(Account { iban, token }));
        Learned::New(iban)
    }

    /// The first `count` accounts (all that are known, where that is fewer).
    #[must_use]
    pub fn first(&self, count: u64) -> View<'_> {
        View { accounts: self, count: count.min(self.known) }
    }

    /// Event numbers rise along the topic, so one that does not is told again.
    fn is_new(&mut self, iban: Iban, event: Option<u64>) -> bool {
        let Some(event) = event else { return self.without_event.insert(iban.number()) };
        let new = self.highest_event.is_none_or(|highest| event > highest);
        if new {
            self.highest_event = Some(event);
        }
        new
    }

    fn push(&mut self, packed: u128) {
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK_ACCOUNTS => block.push(packed),
            _ => {
                let mut block = Vec::with_capacity(BLOCK_ACCOUNTS);
                block.push(packed);
                self.blocks.push(block);
            }
        }
        self.known += 1;
    }

    fn at(&self, index: u64) -> Option<Account> {
        let index = usize::try_from(index).ok()?;
        let block = self.blocks.get(index / BLOCK_ACCOUNTS)?;
        unpack(*block.get(index % BLOCK_ACCOUNTS)?)
    }
}

/// The accounts as they were when so many were known. It does not change while more are learned.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    accounts: &'a Accounts,
    count: u64,
}

impl View<'_> {
    /// How many there are.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// The account at this place; the company's where there is none.
    #[must_use]
    pub fn at(self, index: u64) -> Account {
        if index < self.count { self.accounts.at(index).unwrap_or(COMPANY) } else { COMPANY }
    }
}

fn pack(account: Account) -> u128 {
    let token = account.token.as_str().bytes().fold(0, |number, digit| number * 10 + u128::from(digit - b'0'));
    u128::from(account.iban.number()) << TOKEN_BITS | token
}

fn unpack(packed: u128) -> Option<Account> {
    let token = packed & ((1 << TOKEN_BITS) - 1);
    let number = u64::try_from(packed >> TOKEN_BITS).ok()?;
    Some(Account { iban: Iban::from_number(number).ok()?, token: Token::parse(&format!("{token:020}")).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use topology::CommandId;

    fn created(number: u64, token: &str, a_type: AccountType) -> AccountCreationConfirmed {
        AccountCreationConfirmed {
            id: CommandId::from_bytes([1; 16]),
            iban: Iban::from_number(number).unwrap().text().to_string(),
            token: token.to_owned(),
            a_type,
        }
    }

    fn auto(number: u64) -> AccountCreationConfirmed {
        created(number, "12345678901234567890", AccountType::Auto)
    }

    fn event(event: u64) -> Telling {
        Telling { event: Some(event), repeat: false }
    }

    const NO_HEADERS: Telling = Telling { event: None, repeat: false };

    fn iban(number: u64) -> Iban {
        Iban::from_number(number).unwrap()
    }

    #[test]
    fn accounts_are_counted_once_whoever_tells_and_how_often() {
        let mut accounts = Accounts::new(4);
        let rows = [
            (auto(1), event(3), Learned::New(iban(1))),
            (auto(1), event(3), Learned::Repeat),
            (auto(1), Telling { event: Some(9), repeat: true }, Learned::Repeat),
            (created(2, "00000000000000000001", AccountType::Manual), event(5), Learned::Apart),
            (auto(3), event(8), Learned::New(iban(3))),
            (auto(1), event(3), Learned::Repeat),
            (auto(4), NO_HEADERS, Learned::New(iban(4))),
            (auto(4), NO_HEADERS, Learned::Repeat),
            (auto(0), NO_HEADERS, Learned::Apart),
            (created(5, "1234", AccountType::Auto), NO_HEADERS, Learned::Malformed),
            (auto(5), event(9), Learned::New(iban(5))),
            (auto(6), event(10), Learned::Surplus(iban(6))),
        ];
        for (outcome, telling, learned) in rows {
            assert_eq!(accounts.learn(&outcome, telling), learned, "{outcome:?} {telling:?}");
        }
        assert_eq!(accounts.known(), 4);
        assert_eq!(accounts.first(10).at(2).iban, iban(4));
    }

    #[test]
    fn a_view_does_not_change_while_more_are_learned() {
        let mut accounts = Accounts::new(1_000_000);
        for number in 1..=200_000 {
            accounts.learn(&auto(number), event(number));
        }
        let view = accounts.first(70_000);
        assert_eq!(view.count(), 70_000);
        assert_eq!(view.at(69_999).iban, iban(70_000));
        assert_eq!(view.at(70_000), COMPANY);
        assert_eq!(accounts.first(u64::MAX).count(), 200_000);
        assert_eq!(accounts.first(0).at(0), COMPANY);
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(number in 0..10_000_000_000_u64, token in "[0-9]{20}") {
            let account = Account { iban: iban(number), token: Token::parse(&token).unwrap() };
            prop_assert_eq!(unpack(pack(account)), Some(account));
        }
    }
}
