use tokio_postgres::Row;
use topology::{AccountType, Cents, CommandHash, CommandId, Iban, Token};

use super::{StoreError, numeric::Whole, text};
use crate::decide::{Account, Booking, CounterAccount, CounterLeg, Leg, Party, Refusal};
use crate::ledger::{Content, Event, Kind, Opened};

/// The columns that [`event`] reads: an event and, where it opened one, the account's token and type.
pub const EVENT_COLUMNS: &str = "e.event, e.kind, e.id, e.command_hash, e.booked_at, e.refusal, e.from_account, \
     e.to_account, e.amount, e.description, e.from_balance, e.from_seq, e.to_balance, e.to_seq, e.counter_account, \
     e.counter_balance, a.token, a.a_type";

/// The same, of texts only what tells whether they are an IBAN: all that the answer to a repeat needs, however long they are.
pub const ANSWER_COLUMNS: &str = "e.event, e.kind, e.id, e.command_hash, e.booked_at, e.refusal, \
     left(e.from_account, 64), left(e.to_account, 64), e.amount, '', e.from_balance, e.from_seq, e.to_balance, e.to_seq, \
     e.counter_account, e.counter_balance, a.token, a.a_type";

/// The join that goes with [`EVENT_COLUMNS`]. The condition stands inside the case: beside it, a hash join would cast the
/// `to_account` of every transfer, and a name is no number.
pub const EVENT_TABLES: &str = "event e left join account a \
     on a.number = case when e.kind = 1 and e.refusal is null then substr(e.to_account, 9)::bigint end";

/// The event of a row.
pub fn event(row: &Row) -> Result<Event, StoreError> {
    let number: i64 = row.try_get(0)?;
    let corrupt = |what| StoreError::Corrupt { event: number, what };
    let kind: i16 = row.try_get(1)?;
    let hash: &[u8] = row.try_get(3)?;
    let refusal: Option<&str> = row.try_get(5)?;
    let refusal = refusal.map(|reason| Refusal::of_reason(reason).ok_or(corrupt("unknown refusal"))).transpose()?;
    let content = if kind == Kind::AccountCreation.number() {
        Content::Creation(match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(opened(row)?.ok_or(corrupt("its account is missing"))?),
        })
    } else if kind == Kind::MoneyTransfer.number() {
        let from = text::unescape(row.try_get(6)?);
        let to = text::unescape(row.try_get(7)?);
        let outcome = match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(Booking { from: leg(row, &from, 10)?, to: leg(row, &to, 12)?, counter: counter_leg(row)? }),
        };
        let description = text::unescape(row.try_get(9)?);
        Content::Transfer { from, to, amount: row.try_get(8)?, description, outcome }
    } else {
        return Err(corrupt("unknown kind"));
    };
    Ok(Event {
        number,
        id: CommandId::from_uuid(row.try_get(2)?),
        hash: CommandHash::from_bytes(hash.try_into().map_err(|_| corrupt("a hash of another length"))?),
        booked_at_us: row.try_get(4)?,
        content,
    })
}

/// The account of a row `number, token, a_type, balance_limit, balance, seq`.
pub fn account(row: &Row) -> Result<Account, StoreError> {
    let corrupt = |what| StoreError::Corrupt { event: 0, what };
    let number: i64 = row.try_get(0)?;
    let iban = u64::try_from(number).ok().and_then(|number| Iban::from_number(number).ok());
    let mut account = Account::opened(
        iban.ok_or(corrupt("an account with an impossible number"))?,
        Token::parse(row.try_get(1)?).map_err(|_| corrupt("an account with an impossible token"))?,
        a_type(row.try_get(2)?),
    );
    account.limit = Cents::new(row.try_get(3)?);
    account.balance = Cents::new(row.try_get(4)?);
    account.seq = row.try_get(5)?;
    Ok(account)
}

/// The number in the column `a_type`.
pub const fn a_type_number(a_type: AccountType) -> i16 {
    match a_type {
        AccountType::Auto => 0,
        AccountType::Manual => 1,
    }
}

/// What the number in the column `a_type` stands for.
pub const fn a_type(number: i16) -> AccountType {
    if number == 0 { AccountType::Auto } else { AccountType::Manual }
}

fn opened(row: &Row) -> Result<Option<Opened>, StoreError> {
    let (iban, token): (Option<&str>, Option<&str>) = (row.try_get(7)?, row.try_get(16)?);
    let (Some(iban), Some(token)) = (iban, token) else { return Ok(None) };
    let (Ok(iban), Ok(token)) = (Iban::parse(iban), Token::parse(token)) else { return Ok(None) };
    Ok(Some(Opened { iban, token, a_type: a_type(row.try_get(17)?) }))
}

fn leg(row: &Row, party: &str, first_column: usize) -> Result<Option<Leg>, StoreError> {
    let balance: Option<i64> = row.try_get(first_column)?;
    let seq: Option<i64> = row.try_get(first_column + 1)?;
    Ok(match (Party::of(party).iban(), balance, seq) {
        (Some(iban), Some(balance), Some(seq)) => Some(Leg { iban, balance: Cents::new(balance), seq }),
        _ => None,
    })
}

fn counter_leg(row: &Row) -> Result<Option<CounterLeg>, StoreError> {
    let name: Option<&str> = row.try_get(14)?;
    let balance: Option<Whole> = row.try_get(15)?;
    Ok(match (name.and_then(CounterAccount::named), balance) {
        (Some(counter), Some(Whole(balance_cents))) => Some(CounterLeg { counter, balance_cents }),
        _ => None,
    })
}
