use std::fmt;

use service_kit::fault;
use topology::{Cents, Iban};

use super::{Account, CounterAccount, CounterBalances, Party, Refusal};

/// A transfer as it was asked for, its sides classified.
#[derive(Clone, PartialEq, Eq)]
pub struct Transfer {
    /// What was shown to debit `from`, unchecked.
    pub token: String,
    /// Cents, unchecked.
    pub amount: i64,
    /// The side to debit, as written.
    pub from: String,
    /// What `from` stands for.
    pub from_party: Party,
    /// The side to credit, as written.
    pub to: String,
    /// What `to` stands for.
    pub to_party: Party,
    /// Free text.
    pub description: String,
}

impl fmt::Debug for Transfer {
    /// The token is whoever's who wrote it, and stays out of every log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token: _, amount, from, from_party, to, to_party, description } = self;
        out.debug_struct("Transfer")
            .field("token", &"***")
            .field("amount", amount)
            .field("from", from)
            .field("from_party", from_party)
            .field("to", to)
            .field("to_party", to_party)
            .field("description", description)
            .finish()
    }
}

/// An account here after a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// Which account.
    pub iban: Iban,
    /// Its balance after the booking.
    pub balance: Cents,
    /// Its sequence after the booking.
    pub seq: i64,
}

/// A counter-account after a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterLeg {
    /// Which counter-account.
    pub counter: CounterAccount,
    /// Its balance after the booking, in cents.
    pub balance_cents: i128,
}

/// What a confirmed transfer does: the debit and the credit that are accounts here, and the counter-account
/// that stands in where one of them is not. At least one leg is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// The debited account.
    pub from: Option<Leg>,
    /// The credited account.
    pub to: Option<Leg>,
    /// What the side that is no account here is booked against.
    pub counter: Option<CounterLeg>,
}

/// What a transfer does to the two balances, or why it is refused: the first row of the contract's table that holds.
///
/// `from` and `to` are the accounts here that the two sides name, if any.
///
/// # Errors
/// The refusal that the customer is told.
pub fn decide(
    transfer: &Transfer,
    from: Option<&Account>,
    to: Option<&Account>,
    counters: &CounterBalances,
) -> Result<Booking, Refusal> {
    if transfer.amount <= 0 && !fault::mutant("negative-amounts") {
        return Err(Refusal::InvalidAmount);
    }
    if !matches!(transfer.from_party, Party::Cash | Party::OwnForm(_)) {
        return Err(Refusal::InvalidFrom);
    }
    if transfer.from == transfer.to {
        return Err(Refusal::SameAccount);
    }
    let amount = Cents::new(transfer.amount);
    let debited = from.map(|account| debit(account, &transfer.token, amount)).transpose()?;
    let counter = match (from, to) {
        (None, None) => return Err(Refusal::UnknownAccounts),
        (Some(_), Some(_)) => None,
        (Some(_), None) => Some((transfer.to_party.counter_account(), i128::from(transfer.amount))),
        (None, Some(_)) => Some((transfer.from_party.counter_account(), -i128::from(transfer.amount))),
    };
    let credited = to.map(|account| credit(account, amount)).transpose()?;
    let counter = counter
        .map(|(counter, change_cents)| CounterLeg { counter, balance_cents: counters.get(counter) + change_cents });
    Ok(Booking { from: debited, to: credited, counter })
}

fn debit(account: &Account, token: &str, amount: Cents) -> Result<Leg, Refusal> {
    if account.token.as_str() != token {
        return Err(Refusal::InvalidToken);
    }
    // A difference outside the 64-bit range lies below every limit.
    match account.balance.checked_sub(amount) {
        Some(balance) if balance >= account.limit || fault::mutant("overdrafts") => {
            Ok(Leg { iban: account.iban, balance, seq: account.seq + 1 })
        }
        _ => Err(Refusal::InsufficientFunds),
    }
}

fn credit(account: &Account, amount: Cents) -> Result<Leg, Refusal> {
    let balance = account.balance.checked_add(amount).ok_or(Refusal::InvalidAmount)?;
    Ok(Leg { iban: account.iban, balance, seq: account.seq + 1 })
}

#[cfg(test)]
mod tests {
    use topology::{AccountType, Token};

    use super::*;

    const SECRET: &str = "12345678901234567890";

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", transfer(SECRET, 5, "cash", "cash")).contains(SECRET));
    }

    fn account(number: u64, balance: i64) -> Account {
        let mut account =
            Account::opened(Iban::from_number(number).unwrap(), Token::parse(SECRET).unwrap(), AccountType::Auto);
        account.balance = Cents::new(balance);
        account.seq = 7;
        account
    }

    fn transfer(token: &str, amount: i64, from: &str, to: &str) -> Transfer {
        Transfer {
            token: token.to_owned(),
            amount,
            from: from.to_owned(),
            from_party: Party::of(from),
            to: to.to_owned(),
            to_party: Party::of(to),
            description: String::new(),
        }
    }

    /// Accounts 1 (balance 100), 2 (balance 0), 3 (the largest balance there is) and 4 (the smallest) exist.
    fn outcome(token: &str, amount: i64, from: &str, to: &str) -> Result<Booking, Refusal> {
        let accounts = [account(1, 100), account(2, 0), account(3, i64::MAX), account(4, i64::MIN)];
        let known = |party: Party| accounts.iter().find(|account| Some(account.iban) == party.iban());
        let transfer = transfer(token, amount, from, to);
        let (from, to) = (known(transfer.from_party), known(transfer.to_party));
        decide(&transfer, from, to, &CounterBalances::default())
    }

    fn number(number: u64) -> String {
        Iban::from_number(number).unwrap().to_string()
    }

    #[test]
    fn the_first_row_of_the_contract_that_holds_refuses() {
        let (one, two, three, four, nobody) = (number(1), number(2), number(3), number(4), number(99));
        let wrong = "00000000000000000000";
        for (token, amount, from, to, refusal) in [
            (wrong, 0, "x", "x", Refusal::InvalidAmount),
            (SECRET, -1, one.as_str(), two.as_str(), Refusal::InvalidAmount),
            (SECRET, i64::MIN, &one, &two, Refusal::InvalidAmount),
            (wrong, 1, "Albert Heijn BV", "Albert Heijn BV", Refusal::InvalidFrom),
            (wrong, 1, "NL91ABNA0417164300", &one, Refusal::InvalidFrom),
            (wrong, 1, "NL67OPEN0000000000", &one, Refusal::InvalidFrom),
            (wrong, 1, &one, &one, Refusal::SameAccount),
            (wrong, 1, "cash", "cash", Refusal::SameAccount),
            (wrong, i64::MAX, &one, &two, Refusal::InvalidToken),
            ("", 1, &one, &two, Refusal::InvalidToken),
            (SECRET, 50_101, &one, &three, Refusal::InsufficientFunds),
            (SECRET, 50_101, &one, "nobody", Refusal::InsufficientFunds),
            (SECRET, i64::MAX, &one, &two, Refusal::InsufficientFunds),
            (SECRET, 1, &four, &two, Refusal::InsufficientFunds),
            (wrong, 1, "cash", "Albert Heijn BV", Refusal::UnknownAccounts),
            (wrong, 1, &nobody, "NL91ABNA0417164300", Refusal::UnknownAccounts),
            (SECRET, 1, &one, &three, Refusal::InvalidAmount),
            ("cash", 1, "cash", &three, Refusal::InvalidAmount),
        ] {
            assert_eq!(outcome(token, amount, from, to), Err(refusal), "{amount} {from} -> {to}");
        }
    }

    #[test]
    fn what_is_confirmed_books_both_sides() {
        let (one, two, nobody) = (number(1), number(2), number(99));
        let counter = |counter, balance_cents| Some(CounterLeg { counter, balance_cents });
        for (token, amount, from, to, from_after, to_after, counter_after) in [
            (SECRET, 100, one.as_str(), two.as_str(), Some(0), Some(100), None),
            (SECRET, 50_100, &one, &two, Some(-50_000), Some(50_100), None),
            ("cash", 5, "cash", &two, None, Some(5), counter(CounterAccount::Cash, -5)),
            (SECRET, 5, &one, "cash", Some(95), None, counter(CounterAccount::Cash, 5)),
            (SECRET, 5, &one, "a shop", Some(95), None, counter(CounterAccount::OtherParty, 5)),
            (SECRET, 5, &one, &nobody, Some(95), None, counter(CounterAccount::OtherBank, 5)),
            ("any", 5, &nobody, &one, None, Some(105), counter(CounterAccount::OtherBank, -5)),
            (
                "cash",
                i64::MAX,
                "cash",
                &two,
                None,
                Some(i64::MAX),
                counter(CounterAccount::Cash, -i128::from(i64::MAX)),
            ),
        ] {
            let booking = outcome(token, amount, from, to).unwrap();
            let after = |leg: Option<Leg>| leg.map(|leg| (leg.balance.get(), leg.seq));
            assert_eq!(after(booking.from), from_after.map(|cents| (cents, 8)), "{amount} {from} -> {to}");
            assert_eq!(after(booking.to), to_after.map(|cents| (cents, 8)), "{amount} {from} -> {to}");
            assert_eq!(booking.counter, counter_after, "{amount} {from} -> {to}");
        }
    }
}
