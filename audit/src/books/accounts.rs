//! The accounts that were created.

use topology::command_hash::command_hash;
use topology::{AccountCreationConfirmed, AccountType, ConfirmAccountCreation, Iban, Token};

use super::pairing::Content;
use super::transfer::token_of;
use crate::check::Tally;
use crate::digest::Short;
use crate::paged::PagedMap;

/// What a command to create an account says.
#[derive(Debug, Clone, Copy)]
pub struct Creation {
    /// Of the hash of all its fields.
    hash: Short,
    pub a_type: AccountType,
}

impl Creation {
    pub fn of(command: &ConfirmAccountCreation) -> Self {
        Self { a_type: command.a_type, hash: Short::of(command_hash(command).to_bytes()) }
    }
}

impl Content for Creation {
    /// The number that the outcome gives, whether it is another's or not.
    type Made = Option<Iban>;

    fn hash(&self) -> Short {
        self.hash
    }
}

/// An account here.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    /// The event of its creation; 0 where it has none, as the company's.
    created_event: u64,
    pub token: Short,
    pub a_type: AccountType,
    /// Seen after the cut.
    pub late: bool,
}

impl Account {
    /// Whether it was there when an event was decided; where either has no number, whether it is there at all.
    pub fn exists_at(&self, event: Option<u64>) -> bool {
        event.is_none_or(|event| self.created_event < event)
    }
}

/// All accounts, the company's among them from the start.
pub struct Accounts {
    accounts: PagedMap<Iban, Account>,
}

impl Default for Accounts {
    fn default() -> Self {
        let token = token_of(Token::COMPANY.as_str());
        let mut accounts = PagedMap::default();
        accounts.insert_if_absent(Iban::COMPANY, || Account {
            created_event: 0,
            token,
            a_type: AccountType::Auto,
            late: false,
        });
        Self { accounts }
    }
}

impl Accounts {
    /// Adds an account at the first outcome that says so, and judges it. Gives its number where it has one of its own.
    pub fn create(
        &mut self,
        created: &AccountCreationConfirmed,
        event: Option<u64>,
        late: bool,
        tally: &mut Tally,
    ) -> Option<Iban> {
        let id = created.id;
        let Some(iban) = Iban::parse(&created.iban).ok().filter(|iban| iban.can_be_issued()) else {
            tally.fails(|| format!("creation {id} gave `{}`, which is no IBAN of this bank", created.iban));
            return None;
        };
        let (_, is_new) = self.accounts.insert_if_absent(iban, || Account {
            created_event: event.unwrap_or_default(),
            token: token_of(&created.token),
            a_type: created.a_type,
            late,
        });
        tally.judge(is_new && Token::parse(&created.token).is_ok(), || {
            if is_new {
                format!("creation {id} gave {iban} a token that is not 20 digits")
            } else {
                format!("creation {id} gave {iban}, which was another's already")
            }
        });
        is_new.then_some(iban)
    }

    pub fn get(&self, iban: Iban) -> Option<&Account> {
        self.accounts.get(iban)
    }

    /// All accounts, the company's first.
    pub fn iter(&self) -> impl Iterator<Item = (Iban, &Account)> {
        self.accounts.iter()
    }
}
