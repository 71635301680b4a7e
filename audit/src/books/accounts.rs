//! The accounts that were created.

use rustc_hash::FxHashMap;
use topology::command_hash::command_hash;
use topology::{AccountCreationConfirmed, AccountType, CommandId, ConfirmAccountCreation, Iban, Token};

use super::pairing::Content;
use super::transfer::token_of;
use crate::check::Tally;
use crate::digest::Digest;

/// What a command to create an account says.
#[derive(Debug, Clone, Copy)]
pub struct Creation {
    pub a_type: AccountType,
    /// Of the hash of all its fields.
    hash: Digest,
}

impl Creation {
    pub fn of(command: &ConfirmAccountCreation) -> Self {
        Self { a_type: command.a_type, hash: Digest::of(command_hash(command).to_bytes()) }
    }
}

impl Content for Creation {
    fn hash(&self) -> Digest {
        self.hash
    }
}

/// An account here.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub a_type: AccountType,
    pub token: Digest,
    /// The event of its creation; `None` where it has none. The company's is 0.
    pub created_event: Option<u64>,
    /// Seen after the cut.
    pub late: bool,
    creation: Option<CommandId>,
}

impl Account {
    /// Whether it was there when an event was decided; where either has no number, whether it is there at all.
    pub fn exists_at(&self, event: Option<u64>) -> bool {
        match (self.created_event, event) {
            (Some(created), Some(event)) => created < event,
            _ => true,
        }
    }
}

/// All accounts, the company's among them from the start.
pub struct Accounts {
    accounts: FxHashMap<Iban, Account>,
    by_creation: FxHashMap<CommandId, Iban>,
}

impl Default for Accounts {
    fn default() -> Self {
        let company = Account {
            a_type: AccountType::Auto,
            token: token_of(Token::COMPANY.as_str()),
            created_event: Some(0),
            late: false,
            creation: None,
        };
        Self { accounts: [(Iban::COMPANY, company)].into_iter().collect(), by_creation: FxHashMap::default() }
    }
}

impl Accounts {
    /// Adds an account at the first outcome that says so, and judges it. Gives its number where it has one.
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
        let account = Account {
            a_type: created.a_type,
            token: token_of(&created.token),
            created_event: event,
            late,
            creation: Some(id),
        };
        let known = *self.accounts.entry(iban).or_insert(account);
        let is_new = known.creation == Some(id);
        tally.judge(is_new && Token::parse(&created.token).is_ok(), || {
            if is_new {
                format!("creation {id} gave {iban} a token that is not 20 digits")
            } else {
                format!("creation {id} gave {iban}, which was another's already")
            }
        });
        if is_new {
            self.by_creation.insert(id, iban);
        }
        is_new.then_some(iban)
    }

    /// The account that a command made.
    pub fn made_by(&self, creation: CommandId) -> Option<Iban> {
        self.by_creation.get(&creation).copied()
    }

    pub fn get(&self, iban: Iban) -> Option<&Account> {
        self.accounts.get(&iban)
    }

    /// All accounts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Iban, &Account)> {
        self.accounts.iter().map(|(iban, account)| (*iban, account))
    }
}
