//! The bank as its contract tells it, in the plainest way: one account after another in a map, one command after another,
//! 128-bit numbers, and the contract's table as a table.
//!
//! It shares no code with the handler, not even the check digits of an IBAN, so a mistake would have to be made twice. What
//! the handler draws (account numbers, tokens) it is told.

mod party;
mod replay;

pub use party::Party;
pub use replay::replay;

use std::collections::BTreeMap;

use crate::digest::Short;

/// Euro cents that the company has before anything happens.
const COMPANY_OPENING_CENTS: i128 = 100_000_000_000_000_000;

/// An account of this bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Digest of the secret of its owner.
    pub token: Short,
    /// Euro cents.
    pub balance: i128,
    /// How many changes it has had.
    pub seq: u64,
    /// Euro cents; a debit takes the balance no lower.
    pub limit: i128,
}

/// An order to transfer money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Euro cents.
    pub amount: i128,
    /// Digest of the secret that came with it.
    pub token: Short,
    /// Who pays.
    pub from: Party,
    /// Who is paid.
    pub to: Party,
}

/// What an order led to: the accounts after it, where a side is an account here; or the contract's words.
pub type Outcome = Result<Booked, &'static str>;

/// Both sides after a transfer, where they are accounts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// Who paid.
    pub from: Option<Account>,
    /// Who was paid.
    pub to: Option<Account>,
}

/// The bank.
pub struct Model {
    accounts: BTreeMap<u64, Account>,
}

impl Model {
    /// A bank with the company's account alone.
    #[must_use]
    pub fn new(company_limit: i128) -> Self {
        let token = Short::of("00000000000000000000");
        let company = Account { token, balance: COMPANY_OPENING_CENTS, seq: 0, limit: company_limit };
        Self { accounts: BTreeMap::from([(0, company)]) }
    }

    /// Opens an account under a number that was drawn; `false` where there is one already.
    pub fn open(&mut self, number: u64, token: Short, limit: i128) -> bool {
        if self.accounts.contains_key(&number) {
            return false;
        }
        self.accounts.insert(number, Account { token, balance: 0, seq: 0, limit });
        true
    }

    /// An account, where there is one under this number.
    #[must_use]
    pub fn account(&self, number: u64) -> Option<Account> {
        self.accounts.get(&number).copied()
    }

    /// Carries out an order.
    ///
    /// # Errors
    /// The contract's words for which it refuses.
    pub fn transfer(&mut self, order: Order) -> Outcome {
        let side = |party: Party| party.number().and_then(|number| self.account(number));
        let case = Case { order, from: side(order.from), to: side(order.to) };
        for (applies, words) in REFUSALS {
            if applies(&case) {
                return Err(words);
            }
        }
        let from = self.change(order.from, -order.amount);
        let to = self.change(order.to, order.amount);
        Ok(Booked { from, to })
    }

    fn change(&mut self, party: Party, cents: i128) -> Option<Account> {
        let account = self.accounts.get_mut(&party.number()?)?;
        account.balance += cents;
        account.seq += 1;
        Some(*account)
    }
}

/// An order with the accounts that it is about.
struct Case {
    order: Order,
    from: Option<Account>,
    to: Option<Account>,
}

type Rule = (fn(&Case) -> bool, &'static str);

/// The contract's table: the first row that applies is the outcome.
const REFUSALS: [Rule; 7] = [
    (|case| case.order.amount <= 0, "invalid amount"),
    (|case| matches!(case.order.from, Party::Name(_)), "from is invalid"),
    (|case| case.order.from == case.order.to, "from and to can't be same for transfer"),
    (|case| case.from.is_some_and(|from| from.token != case.order.token), "invalid token"),
    (|case| case.from.is_some_and(|from| from.balance - case.order.amount < from.limit), "insufficient funds"),
    (|case| case.from.is_none() && case.to.is_none(), "both to and from not known at this bank"),
    (|case| !fits_in_64_bits(case), "invalid amount"),
];

fn fits_in_64_bits(case: &Case) -> bool {
    let amount = case.order.amount;
    case.from.is_none_or(|from| from.balance - amount >= i128::from(i64::MIN))
        && case.to.is_none_or(|to| to.balance + amount <= i128::from(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: i128 = -50_000;
    const COMPANY: &str = "NL66OPEN0000000000";
    /// The account 1, which has 10.00 and the token `one`.
    const ONE: &str = "NL39OPEN0000000001";
    /// The account 2, which has all that fits and the token `two`.
    const TWO: &str = "NL12OPEN0000000002";
    /// Right by its check digits, and no account.
    const NOBODY: &str = "NL12OPEN1234567890";

    fn bank() -> Model {
        let mut bank = Model::new(LIMIT);
        assert!(bank.open(1, Short::of("one"), LIMIT));
        assert!(bank.open(2, Short::of("two"), LIMIT));
        assert!(!bank.open(1, Short::of("other"), LIMIT));
        bank.accounts.get_mut(&1).unwrap().balance = 1_000;
        bank.accounts.get_mut(&2).unwrap().balance = i128::from(i64::MAX);
        bank
    }

    fn order(amount: i64, token: &str, from: &str, to: &str) -> Order {
        let (from, to) = (Party::of(from), Party::of(to));
        Order { amount: amount.into(), token: Short::of(token), from, to }
    }

    /// What the two sides have afterwards, where they are accounts.
    type Balances = (Option<i128>, Option<i128>);

    /// Amount, token, from, to, and what comes of it.
    type Row = (i64, &'static str, &'static str, &'static str, Result<Balances, &'static str>);

    #[test]
    fn decides_as_the_contracts_table_says() {
        const AMOUNT: &str = "invalid amount";
        const FROM: &str = "from is invalid";
        const SAME: &str = "from and to can't be same for transfer";
        const TOKEN: &str = "invalid token";
        const FUNDS: &str = "insufficient funds";
        const UNKNOWN: &str = "both to and from not known at this bank";
        let rows: &[Row] = &[
            // Each condition by itself.
            (0, "one", ONE, COMPANY, Err(AMOUNT)),
            (-1, "one", ONE, COMPANY, Err(AMOUNT)),
            (i64::MIN, "one", ONE, COMPANY, Err(AMOUNT)),
            (1, "one", "Albert Heijn BV", ONE, Err(FROM)),
            (1, "one", "NL91ABNA0417164300", ONE, Err(FROM)),
            (1, "one", "NL40OPEN0000000001", ONE, Err(FROM)),
            (1, "one", "nl39open0000000001", ONE, Err(FROM)),
            (1, "one", "Cash", ONE, Err(FROM)),
            (1, "one", "", ONE, Err(FROM)),
            (1, "one", ONE, ONE, Err(SAME)),
            (1, "cash", "cash", "cash", Err(SAME)),
            (1, "two", ONE, COMPANY, Err(TOKEN)),
            (1, "", ONE, COMPANY, Err(TOKEN)),
            (51_001, "one", ONE, COMPANY, Err(FUNDS)),
            (i64::MAX, "one", ONE, COMPANY, Err(FUNDS)),
            (1, "cash", "cash", "Albert Heijn BV", Err(UNKNOWN)),
            (1, "cash", "cash", NOBODY, Err(UNKNOWN)),
            (1, "any", NOBODY, "cash", Err(UNKNOWN)),
            (1, "one", ONE, TWO, Err(AMOUNT)),
            (1, "cash", "cash", TWO, Err(AMOUNT)),
            // Of two that hold, the one that comes first.
            (0, "one", "Albert Heijn BV", ONE, Err(AMOUNT)),
            (1, "one", "Jumbo", "Jumbo", Err(FROM)),
            (1, "two", ONE, ONE, Err(SAME)),
            (51_001, "two", ONE, COMPANY, Err(TOKEN)),
            (51_001, "one", ONE, TWO, Err(FUNDS)),
            (1, "any", NOBODY, NOBODY, Err(SAME)),
            // None holds.
            (1, "one", ONE, COMPANY, Ok((Some(999), Some(100_000_000_000_000_001)))),
            (51_000, "one", ONE, "Albert Heijn BV", Ok((Some(-50_000), None))),
            (1, "one", ONE, "cash", Ok((Some(999), None))),
            (1, "one", ONE, NOBODY, Ok((Some(999), None))),
            (1, "one", ONE, "NL91ABNA0417164300", Ok((Some(999), None))),
            (1, "", "cash", ONE, Ok((None, Some(1_001)))),
            (1, "any", NOBODY, ONE, Ok((None, Some(1_001)))),
            (1, "00000000000000000000", COMPANY, ONE, Ok((Some(99_999_999_999_999_999), Some(1_001)))),
        ];
        for (amount, token, from, to, expected) in rows {
            let mut bank = bank();
            let before = bank.accounts.clone();
            let outcome = bank.transfer(order(*amount, token, from, to));
            let balance = |side: Option<Account>| side.map(|account| account.balance);
            let found = outcome.map(|booked| (balance(booked.from), balance(booked.to)));
            assert_eq!(found, *expected, "{amount} {token} {from} {to}");
            let changed = bank.accounts.iter().filter(|(number, account)| before[*number] != **account).count();
            assert_eq!(changed, outcome.map_or(0, |it| it.from.iter().chain(&it.to).count()), "{from} {to}");
        }
    }

    #[test]
    fn counts_the_changes_of_each_account() {
        let mut bank = bank();
        bank.transfer(order(1, "one", ONE, COMPANY)).unwrap();
        bank.transfer(order(1, "one", ONE, ONE)).unwrap_err();
        bank.transfer(order(1, "cash", "cash", ONE)).unwrap();
        let seq = |number| bank.account(number).map(|account| account.seq);
        assert_eq!((seq(0), seq(1), seq(2), seq(3)), (Some(1), Some(2), Some(0), None));
    }
}
