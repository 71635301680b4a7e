//! What can be asked once.

use super::bank::{Bank, Refused, of};
use super::flow::{Journey, by};
use super::types::{Account, AccountConnection, Transaction, account_of_cursor};
use crate::history::Search;
use async_graphql::{Context, Object, Result};
use topology::Iban;

/// `all_last_transactions` answers no more than this, by the contract.
pub const LAST_TRANSACTIONS_MAX: i64 = 10_000;

/// What can be asked once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query;

/// What can be asked once.
#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl Query {
    /// The transaction with this id; null where there is none.
    async fn transaction_by_id(&self, ctx: &Context<'_>, id: i64) -> Result<Option<Transaction>> {
        let found = of(ctx).history.by_id(id).await.map_err(|fault| Bank::fault(&fault))?;
        Ok(found.map(Transaction::read))
    }

    /// The newest transactions of an account, newest first.
    #[graphql(complexity = "usize::try_from(max_items).unwrap_or(0) * child_complexity + 1")]
    async fn transactions_by_iban(
        &self,
        ctx: &Context<'_>,
        iban: String,
        max_items: i32,
    ) -> Result<Option<Vec<Option<Transaction>>>> {
        let bank = of(ctx);
        let max = bank.limits.transactions_max_items;
        let Some(items) = u32::try_from(max_items).ok().filter(|items| *items <= max) else {
            return Err(Refused::Items { name: "max_items", max }.into());
        };
        let Ok(account) = Iban::parse(&iban) else { return Ok(Some(Vec::new())) };
        let found = bank.history.newest_of(account, i64::from(items)).await.map_err(|fault| Bank::fault(&fault))?;
        Ok(Some(found.into_iter().map(|change| Some(Transaction::read(change))).collect()))
    }

    /// The last transaction of each account, by IBAN. Beyond 10,000 accounts this is an error: page through accounts.
    // More than half of the default QUERY_MAX_COMPLEXITY: one fits with all its fields, two do not.
    #[graphql(complexity = "10_001 + child_complexity")]
    async fn all_last_transactions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Option<Transaction>>>> {
        let history = &of(ctx).history;
        if history.more_active_accounts_than(LAST_TRANSACTIONS_MAX).await.map_err(|fault| Bank::fault(&fault))? {
            return Err(Refused::TooManyAccounts.into());
        }
        let mut found = history.last_of_all(LAST_TRANSACTIONS_MAX).await.map_err(|fault| Bank::fault(&fault))?;
        found.sort_by_cached_key(|change| change.account.to_string());
        Ok(Some(found.into_iter().map(|change| Some(Transaction::read(change))).collect()))
    }

    /// Accounts by number, a page at a time: the first so many behind a cursor, of which the IBAN begins with `search`, or
    /// ends with it where those are digits.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(50)).unwrap_or(0) * child_complexity + 1")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        search: Option<String>,
    ) -> Result<AccountConnection> {
        let bank = of(ctx);
        let max = bank.limits.accounts_max_items;
        let Some(items) = u32::try_from(first.unwrap_or(50)).ok().filter(|items| *items <= max) else {
            return Err(Refused::Items { name: "first", max }.into());
        };
        let after = match after.as_deref() {
            None => None,
            Some(cursor) => Some(account_of_cursor(cursor).ok_or(Refused::Cursor)?),
        };
        let search = Search::parse(search.as_deref())?;
        let rows =
            bank.history.accounts(after, &search, i64::from(items) + 1).await.map_err(|fault| Bank::fault(&fault))?;
        Ok(AccountConnection::page(rows, usize::try_from(items)?))
    }

    /// The way of one transfer, by the id of a transaction, by the uuid of its command or by the number of its event (header
    /// `event` of an outcome and of a change): give one of them. A uuid that this endpoint was not asked for, and an event
    /// of which it has no transaction, is looked for in the newest records, or around `around_ms` (milliseconds since 1970
    /// UTC, as `timestamp_ms` of a record) where that is given. The search is bounded in records and time; what it does not
    /// find is a hop without time that says why.
    #[graphql(complexity = "500 + child_complexity")]
    async fn journey(
        &self,
        ctx: &Context<'_>,
        transaction_id: Option<i64>,
        uuid: Option<String>,
        around_ms: Option<i64>,
        event: Option<i64>,
    ) -> Result<Journey> {
        let by = by(transaction_id, uuid.as_deref(), event, around_ms)?;
        let journey = of(ctx).flow.journey(by).await.map_err(|why| Bank::not_answered(&why))?;
        Ok(journey.into())
    }

    /// One account; null where there is none.
    async fn account(&self, ctx: &Context<'_>, iban: String) -> Result<Option<Account>> {
        let Ok(account) = Iban::parse(&iban) else { return Ok(None) };
        let found = of(ctx).history.account(account).await.map_err(|fault| Bank::fault(&fault))?;
        Ok(found.map(Account::from))
    }
}
