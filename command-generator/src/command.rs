//! The contract's distribution: which command a beat becomes. Pure: the same arguments give the same command.

use topology::{AccountType, CommandId, ConfirmAccountCreation, ConfirmMoneyTransfer};
use uuid::{Builder, Uuid};

use crate::accounts::{Account, COMPANY, View};
use crate::draw::{Draw, Seed};

/// The outside that hands in and takes out money, and the token that goes with it.
const CASH: &str = "cash";
const SHOP: &str = "Albert Heijn BV";
const CASH_AMOUNTS: [i64; 8] = [2_000, 2_000, 2_000, 3_000, 5_000, 5_000, 10_000, 20_000];

/// Ids of salaries are made in this name space (version 5).
const SALARIES: Uuid = Uuid::from_u128(0x5a1a_0000_6f70_856e_8262_616e_6b00_0001);

/// A command to send.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To `confirm_account_creation`.
    CreateAccount(ConfirmAccountCreation),
    /// To `confirm_money_transfer`.
    Transfer(Kind, ConfirmMoneyTransfer),
}

/// What a transfer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The company pays an account.
    Salary,
    /// An account gets cash.
    Deposit,
    /// An account gives cash.
    Withdraw,
    /// An account pays the shop.
    AhPin,
    /// An account pays another.
    Transfer,
}

impl Kind {
    /// One above the highest number that a kind is chosen by.
    pub const NUMBERS: u64 = 70;

    /// The kind of a number below [`Self::NUMBERS`].
    #[must_use]
    pub fn of_number(number: u64) -> Self {
        match number {
            0 => Self::Salary,
            1..=3 => Self::Deposit,
            4..=13 => Self::Withdraw,
            14..=53 => Self::AhPin,
            _ => Self::Transfer,
        }
    }

    /// What the description starts with.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Salary => "salary",
            Self::Deposit => "deposit",
            Self::Withdraw => "withdraw",
            Self::AhPin => "ah pin",
            Self::Transfer => "transfer",
        }
    }
}

impl Command {
    /// The command's id.
    #[must_use]
    pub fn id(&self) -> CommandId {
        match self {
            Self::CreateAccount(command) => command.id,
            Self::Transfer(_, command) => command.id,
        }
    }
}

/// Whether a beat makes an account.
#[must_use]
pub fn makes_account(beat: i64) -> bool {
    beat < 20 || beat % 200 == 0
}

/// The command of a beat. `accounts` are those that may take part, `local_time` is when the beat was sent.
///
/// The id is a UUID of version 8: the beat's lower 48 bits, then 74 drawn ones. So ids rise with the beats, which keeps
/// the handler's index of ids dense, and differ between seeds.
#[must_use]
pub fn command_of(seed: Seed, beat: i64, accounts: View<'_>, local_time: &str) -> Command {
    let mut draw = Draw::for_beat(seed, beat);
    let id = id_of(beat, &mut draw);
    if makes_account(beat) {
        return Command::CreateAccount(ConfirmAccountCreation { id, a_type: AccountType::Auto });
    }
    let kind = Kind::of_number(draw.below(Kind::NUMBERS));
    let parties = parties(kind, accounts, &mut draw);
    let amount = amount(kind, &mut draw);
    Command::Transfer(kind, transfer(id, kind, parties, amount, local_time))
}

/// The salary that a new account gets: once, since its id is derived from the account's.
#[must_use]
pub fn first_salary(account: CommandId, to: &str, local_time: &str) -> Command {
    let mut draw = Draw::for_salary(account);
    let id = CommandId::from_uuid(Uuid::new_v5(&SALARIES, account.as_bytes()));
    let parties = Parties { from: Payer::Account(COMPANY), to: to.to_owned() };
    let amount = amount(Kind::Salary, &mut draw);
    Command::Transfer(Kind::Salary, transfer(id, Kind::Salary, parties, amount, local_time))
}

struct Parties {
    from: Payer,
    to: String,
}

enum Payer {
    Account(Account),
    Cash,
}

fn id_of(beat: i64, draw: &mut Draw) -> CommandId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&beat.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&draw.bytes::<10>());
    CommandId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Who pays whom.
fn parties(kind: Kind, accounts: View<'_>, draw: &mut Draw) -> Parties {
    let index = draw.below(accounts.count());
    let account = accounts.at(index);
    let iban = |account: Account| account.iban.text().to_string();
    let (from, to) = match kind {
        Kind::Salary => (Payer::Account(COMPANY), iban(account)),
        Kind::Deposit => (Payer::Cash, iban(account)),
        Kind::Withdraw => (Payer::Account(account), CASH.to_owned()),
        Kind::AhPin => (Payer::Account(account), SHOP.to_owned()),
        Kind::Transfer => (Payer::Account(account), iban(another(index, accounts, draw))),
    };
    Parties { from, to }
}

/// Another account than the one at `index`, each as likely. With one known it is the company's; with none the company's
/// is on both sides, as the contract has it, and the handler refuses that.
fn another(index: u64, accounts: View<'_>, draw: &mut Draw) -> Account {
    let others = accounts.count().saturating_sub(1);
    if others == 0 {
        return COMPANY;
    }
    let place = draw.below(others);
    accounts.at(if place < index { place } else { place + 1 })
}

fn amount(kind: Kind, draw: &mut Draw) -> i64 {
    let below = |bound, draw: &mut Draw| draw.below(bound).cast_signed();
    match kind {
        Kind::Salary => 220_000 + below(50_000, draw),
        Kind::Deposit | Kind::Withdraw => {
            let [first, ..] = CASH_AMOUNTS;
            let place = usize::try_from(draw.below(CASH_AMOUNTS.len() as u64)).unwrap_or(0);
            CASH_AMOUNTS.get(place).copied().unwrap_or(first)
        }
        Kind::AhPin | Kind::Transfer => 1_000 + below(10_000, draw),
    }
}

fn transfer(id: CommandId, kind: Kind, parties: Parties, amount: i64, local_time: &str) -> ConfirmMoneyTransfer {
    let (from, token) = match parties.from {
        Payer::Account(account) => (account.iban.text().to_string(), account.token.as_str().to_owned()),
        Payer::Cash => (CASH.to_owned(), CASH.to_owned()),
    };
    let description = [kind.text(), " ", local_time].concat();
    ConfirmMoneyTransfer { id, token, amount, from, to: parties.to, description }
}

#[cfg(test)]
mod tests;
