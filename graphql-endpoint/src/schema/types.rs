//! The types that are answered. Names and nullability are the contract's.

use crate::accounts;
use crate::fanout::{Direction as ChangeDirection, Offsets};
use crate::history::AccountRow;
use crate::projection::Change;
use crate::requests;
use async_graphql::{Enum, Object, Scalar, ScalarType, SimpleObject, Value};
use jiff::Timestamp;
use std::sync::Arc;
use topology::{Cents, Iban};

/// Whether money went out of the account (DEBIT) or into it (CREDIT).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "dtype")]
pub enum Direction {
    /// Money went out of the account.
    Debit,
    /// Money came into the account.
    Credit,
}

impl From<ChangeDirection> for Direction {
    fn from(direction: ChangeDirection) -> Self {
        match direction {
            ChangeDirection::Debit => Self::Debit,
            ChangeDirection::Credit => Self::Credit,
        }
    }
}

impl From<Direction> for ChangeDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Debit => Self::Debit,
            Direction::Credit => Self::Credit,
        }
    }
}

/// A signed 64-bit number of euro cents, as a text, because JavaScript's numbers are not exact that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CentsText(pub Cents);

/// A signed 64-bit number of euro cents, as a text, because JavaScript's numbers are not exact that far.
#[Scalar(name = "Cents")]
impl ScalarType for CentsText {
    fn parse(value: Value) -> async_graphql::InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(Cents::new(text.parse()?))),
            _ => Err(async_graphql::InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.get().to_string())
    }
}

/// A change of one account's balance.
#[derive(Debug, Clone)]
pub struct Transaction {
    change: Arc<Change>,
    position: Option<Offsets>,
}

impl Transaction {
    /// One that was read.
    #[must_use]
    pub fn read(change: Change) -> Self {
        Self { change: Arc::new(change), position: None }
    }

    /// One that a subscriber gets, with the place behind it.
    #[must_use]
    pub fn streamed(change: Arc<Change>, position: Offsets) -> Self {
        Self { change, position: Some(position) }
    }
}

/// A change of one account's balance.
#[Object(rename_fields = "snake_case")]
impl Transaction {
    /// Stays the same for ever; below 2^53.
    async fn id(&self) -> i64 {
        self.change.id
    }

    /// The account whose balance changed.
    async fn iban(&self) -> Option<String> {
        Some(self.change.account.to_string())
    }

    /// The balance after it, as Dutch text: €1.234,56 or €-500,00.
    async fn new_balance(&self) -> Option<String> {
        Some(self.change.new_balance.to_dutch())
    }

    /// The change without its sign, as Dutch text.
    async fn changed_by(&self) -> Option<String> {
        Some(self.change.changed_by.unsigned_dutch())
    }

    /// The other side: an IBAN, cash or a name.
    async fn from_to(&self) -> Option<&str> {
        Some(&self.change.from_to)
    }

    /// What it was for.
    async fn descr(&self) -> Option<&str> {
        Some(&self.change.descr)
    }

    /// Out of the account or into it.
    async fn direction(&self) -> Option<Direction> {
        Some(ChangeDirection::of(&self.change).into())
    }

    /// The balance after it.
    async fn new_balance_cents(&self) -> Option<CentsText> {
        Some(CentsText(self.change.new_balance))
    }

    /// The change, negative for a debit.
    async fn changed_by_cents(&self) -> Option<CentsText> {
        Some(CentsText(self.change.changed_by))
    }

    /// When it was booked, by RFC 3339 in UTC; null where the handler does not say.
    async fn at(&self) -> Option<String> {
        rfc3339(self.change.booked_at_us)
    }

    /// The account's own count of its changes, from 1; null where the handler does not say.
    async fn account_seq(&self) -> Option<i64> {
        self.change.account_seq
    }

    /// Where `stream_transactions` goes on behind this one, as `after_cursor`; null outside a subscription.
    async fn cursor(&self) -> Option<String> {
        self.position.as_ref().map(Offsets::to_cursor)
    }
}

/// The account of who logged in, or the reason why there is none.
// Without Debug, since it holds the token as a text.
#[derive(Clone, Default, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AccountResult {
    /// The account's number.
    pub iban: Option<String>,
    /// The account's secret, which every transfer from it needs.
    pub token: Option<String>,
    /// Why there is no account.
    pub reason: Option<String>,
}

impl From<accounts::Answer> for AccountResult {
    fn from(answer: accounts::Answer) -> Self {
        match answer {
            accounts::Answer::Account(iban, token) => {
                Self { iban: Some(iban.to_string()), token: Some(token.as_str().to_owned()), reason: None }
            }
            accounts::Answer::Refused(reason) => Self { reason: Some(reason), ..Self::default() },
        }
    }
}

/// What became of a transfer.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct MoneyTransferResult {
    /// The uuid as it was sent.
    pub uuid: Option<String>,
    /// Whether the money has moved; null while that is not known.
    pub success: Option<bool>,
    /// Why not, or why it is not known.
    pub reason: Option<String>,
}

impl MoneyTransferResult {
    /// The answer to a request with this uuid.
    #[must_use]
    pub fn new(uuid: String, answer: requests::Answer) -> Self {
        let (success, reason) = answer.parts();
        Self { uuid: Some(uuid), success, reason }
    }
}

/// An account of this bank.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
#[expect(clippy::struct_field_names, reason = "the schema's names")]
pub struct Account {
    /// Its number.
    pub iban: String,
    /// The balance, as Dutch text.
    pub balance: String,
    /// The balance.
    pub balance_cents: CentsText,
    /// When its last transaction was booked, by RFC 3339 in UTC; null without one, or where the handler does not say.
    pub last_activity: Option<String>,
    /// How many transactions it has; null where the handler does not say.
    pub account_seq: Option<i64>,
    /// AUTO takes part in generated transfers, MANUAL belongs to a person; null where that is not known.
    pub a_type: Option<&'static str>,
    /// When it was made, by RFC 3339 in UTC; null where that is not known.
    pub created_at: Option<String>,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            iban: row.iban.to_string(),
            balance: row.balance.to_dutch(),
            balance_cents: CentsText(row.balance),
            last_activity: rfc3339(row.last_booked_at_us),
            account_seq: row.account_seq,
            a_type: row.a_type.map(topology::AccountType::symbol),
            created_at: rfc3339(row.created_at_us),
        }
    }
}

/// A page of accounts, by number.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AccountConnection {
    /// The accounts of this page.
    pub edges: Vec<AccountEdge>,
    /// What comes after this page.
    pub page_info: PageInfo,
}

/// An account in a page.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AccountEdge {
    /// Where a page that begins behind this account goes on, as after.
    pub cursor: String,
    /// The account.
    pub node: Account,
}

/// What comes after a page.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct PageInfo {
    /// Whether there are more.
    pub has_next_page: bool,
    /// The cursor of the last of this page; null for an empty page.
    pub end_cursor: Option<String>,
}

impl AccountConnection {
    /// A page of up to `first` of these rows, of which one more than that was asked for.
    #[must_use]
    pub fn page(mut rows: Vec<AccountRow>, first: usize) -> Self {
        let has_next_page = rows.len() > first;
        rows.truncate(first);
        let edge = |row: AccountRow| AccountEdge { cursor: cursor_of(row.iban), node: row.into() };
        let edges: Vec<AccountEdge> = rows.into_iter().map(edge).collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Self { edges, page_info: PageInfo { has_next_page, end_cursor } }
    }
}

/// An account's cursor is its number's ten digits.
fn cursor_of(iban: Iban) -> String {
    format!("{:010}", iban.number())
}

/// The account that a cursor stands behind.
#[must_use]
pub fn account_of_cursor(cursor: &str) -> Option<Iban> {
    let is_ten_digits = cursor.len() == 10 && cursor.bytes().all(|byte| byte.is_ascii_digit());
    cursor.parse().ok().filter(|_| is_ten_digits).and_then(|number| Iban::from_number(number).ok())
}

/// A moment by RFC 3339 in UTC, to the microsecond; `None` for one that no calendar has.
#[must_use]
pub fn rfc3339(microseconds: Option<i64>) -> Option<String> {
    Timestamp::from_microsecond(microseconds?).ok().map(|at| format!("{at:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        let rows = [
            (Some(1_700_000_000_000_000), Some("2023-11-14T22:13:20.000000Z")),
            (Some(1_700_000_000_123_456), Some("2023-11-14T22:13:20.123456Z")),
            (Some(i64::MAX), None),
            (None, None),
        ];
        for (microseconds, text) in rows {
            assert_eq!(rfc3339(microseconds).as_deref(), text);
        }
    }

    #[test]
    fn a_page_says_whether_there_are_more() {
        let row = |number| AccountRow {
            iban: Iban::from_number(number).expect("ten digits"),
            a_type: None,
            created_at_us: None,
            balance: Cents::ZERO,
            last_booked_at_us: None,
            account_seq: None,
        };
        for (rows, first, has_next_page, end) in
            [(vec![], 2, false, None), (vec![1, 2], 2, false, Some(2)), (vec![1, 2, 3], 2, true, Some(2))]
        {
            let page = AccountConnection::page(rows.into_iter().map(row).collect(), first);
            assert_eq!(page.page_info.has_next_page, has_next_page);
            let end_account = page.page_info.end_cursor.as_deref().and_then(account_of_cursor);
            assert_eq!(end_account.map(Iban::number), end);
        }
        assert_eq!(account_of_cursor("+000000001").or(account_of_cursor("1")), None);
    }
}
