//! A planned command as the record that is sent.

use topology::{CommandId, ConfirmMoneyTransfer, Iban};

use super::accounts::{Account, Accounts, COMPANY};
use super::{Refusal, Side, Transfer};

/// As long as what the bank's own customers write.
const DESCRIPTION: &str = "benchmark 2026-11-22 10:00:00";
/// More than any account but the company's may owe.
const TOO_MUCH_CENTS: i64 = 1_000_000_000_000_000;
/// Of this bank's form, and never given out: the first digit is not 0.
const NEVER_GIVEN_OUT: u64 = 9_000_000_000;

/// Writes commands into one record that it reuses.
pub struct Writer<'a> {
    accounts: &'a Accounts,
    record: ConfirmMoneyTransfer,
}

impl<'a> Writer<'a> {
    /// A writer of commands between these accounts.
    #[must_use]
    pub fn new(accounts: &'a Accounts) -> Self {
        let record = ConfirmMoneyTransfer {
            id: CommandId::from_bytes([0; 16]),
            token: String::with_capacity(20),
            amount: 0,
            from: String::with_capacity(18),
            to: String::with_capacity(18),
            description: DESCRIPTION.to_owned(),
        };
        Self { accounts, record }
    }

    /// The record of a command; it is good until the next one.
    pub fn write(&mut self, id: CommandId, transfer: Transfer) -> &ConfirmMoneyTransfer {
        let (from, to) = (self.account(transfer.from), self.account(transfer.to));
        let record = &mut self.record;
        record.id = id;
        record.amount = transfer.amount_cents;
        set(&mut record.token, from.token.as_str());
        set(&mut record.from, &from.iban.text());
        set(&mut record.to, &to.iban.text());
        match transfer.refusal {
            None => {}
            Some(Refusal::InvalidAmount) => record.amount = -transfer.amount_cents,
            Some(Refusal::InvalidFrom) => set(&mut record.from, "NL00NONE0000000000"),
            Some(Refusal::SameAccount) => set(&mut record.to, &from.iban.text()),
            // Another's, or the company's where the company pays: one digit is changed.
            Some(Refusal::InvalidToken) => {
                let last = if record.token.ends_with('0') { '1' } else { '0' };
                record.token.pop();
                record.token.push(last);
            }
            Some(Refusal::InsufficientFunds) => record.amount = TOO_MUCH_CENTS,
            Some(Refusal::UnknownAccounts) => {
                let unknown = Iban::from_number(NEVER_GIVEN_OUT + from.iban.number()).expect("ten digits");
                set(&mut record.from, &unknown.text());
                set(&mut record.to, "Albert Heijn BV");
            }
        }
        record
    }

    fn account(&self, side: Side) -> Account {
        match side {
            Side::Company => COMPANY,
            Side::Account(place) => self.accounts.get(place),
        }
    }
}

/// Cash onto an account.
#[must_use]
pub fn deposit(id: CommandId, to: Iban, amount_cents: i64) -> ConfirmMoneyTransfer {
    ConfirmMoneyTransfer {
        id,
        token: "cash".to_owned(),
        amount: amount_cents,
        from: "cash".to_owned(),
        to: to.to_string(),
        description: DESCRIPTION.to_owned(),
    }
}

fn set(text: &mut String, value: &str) {
    text.clear();
    text.push_str(value);
}

#[cfg(test)]
mod tests {
    use topology::Token;

    use super::*;

    #[test]
    fn each_refusal_is_written_so_that_the_contract_asks_for_it() {
        let mut accounts = Accounts::default();
        for number in 1..=2 {
            let token = Token::parse("12345678901234567890").unwrap();
            accounts.push(Account { iban: Iban::from_number(number).unwrap(), token });
        }
        let mut writer = Writer::new(&accounts);
        let id = CommandId::from_bytes([1; 16]);
        let transfer = Transfer { from: Side::Account(0), to: Side::Account(1), amount_cents: 5, refusal: None };
        let sound = writer.write(id, transfer).clone();
        assert_eq!((sound.amount, sound.token.as_str()), (5, "12345678901234567890"));
        assert!(Iban::parse(&sound.from).is_ok() && Iban::parse(&sound.to).is_ok() && sound.from != sound.to);
        for refusal in Refusal::ALL {
            let record = writer.write(id, Transfer { refusal: Some(refusal), ..transfer }).clone();
            // The first row of the contract's table that holds.
            let found = match &record {
                record if record.amount <= 0 => Refusal::InvalidAmount,
                record if Iban::parse(&record.from).is_err() => Refusal::InvalidFrom,
                record if record.from == record.to => Refusal::SameAccount,
                record if !Iban::parse(&record.from).unwrap().can_be_issued() => Refusal::UnknownAccounts,
                record if record.token != sound.token => Refusal::InvalidToken,
                record if record.amount > 50_000 => Refusal::InsufficientFunds,
                record => panic!("{refusal:?}: nothing refuses {record:?}"),
            };
            assert_eq!(found, refusal);
        }
        assert_eq!(writer.write(id, transfer), &sound, "nothing of a refused one is left");
    }
}
