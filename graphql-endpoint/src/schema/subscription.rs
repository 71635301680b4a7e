//! What is answered as it happens.

use super::bank::{Bank, Refused, of};
use super::flow::{Flow, TopicRecords};
use super::types::{AccountResult, Direction, MoneyTransferResult, Transaction};
use crate::error::Fault;
use crate::fanout::{FellBehind, Filter, From, Offsets, behind_place};
use crate::requests::{self, answer::reason};
use async_graphql::{Context, Result, Subscription};
use futures_util::stream::{self, Stream, StreamExt};
use topology::{Cents, CommandId, ConfirmMoneyTransfer, Iban};

/// What is answered as it happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subscriptions;

/// What is answered as it happens.
#[Subscription(name = "Subscription", rename_fields = "snake_case", rename_args = "snake_case")]
impl Subscriptions {
    /// Transactions from now on, or behind `after` (an id of a transaction of `iban`) or `after_cursor` (a transaction's
    /// cursor), each once. Amounts are signed cents, negative for a debit. Who reads too slowly is told with the extension
    /// `fell_behind` of a result, and misses nothing.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn stream_transactions(
        &self,
        ctx: &Context<'_>,
        iban: Option<String>,
        min_amount: Option<i64>,
        direction: Option<Direction>,
        max_amount: Option<i64>,
        descr_includes: Option<String>,
        after: Option<i64>,
        after_cursor: Option<String>,
    ) -> Result<impl Stream<Item = Result<Option<Transaction>>>> {
        let bank = of(ctx);
        let account = match iban.as_deref() {
            None => None,
            Some(text) => Some(Iban::parse(text).map_err(|_| Refused::Iban)?),
        };
        let from = starting_point(bank, account, after, after_cursor.as_deref()).await?;
        let filter = Filter {
            account,
            min_amount: min_amount.map(Cents::new),
            max_amount: max_amount.map(Cents::new),
            direction: direction.map(Into::into),
            descr_includes,
        };
        let behind = ctx.data_opt::<FellBehind>().cloned().unwrap_or_default();
        let followed = bank.follower.follow(filter, from, behind);
        Ok(followed.map(|followed| {
            let followed = followed.map_err(|fault| Bank::fault(&fault))?;
            Ok(Some(Transaction::streamed(followed.change, followed.position)))
        }))
    }

    /// The account of who knows the password. An unknown username gets a new account with that password.
    async fn get_account(
        &self,
        ctx: &Context<'_>,
        username: String,
        password: String,
    ) -> impl Stream<Item = Option<AccountResult>> {
        let users = of(ctx).users.clone();
        stream::once(async move { Some(users.account(username, password).await.into()) })
    }

    /// What flows: a snapshot at once (of at most two intervals ago) and then about one in each interval. All who look share one
    /// task, and there is none while nobody looks. What is broken is told in the snapshot; it never ends the subscription.
    async fn flow(&self, ctx: &Context<'_>) -> impl Stream<Item = Flow> {
        of(ctx).flow.snapshots().map(Flow::new)
    }

    /// The newest records of a topic, at once and in one message, also when there are none; then new ones, gathered for about
    /// 100 ms, and only so many a second (by default 50): what comes beyond that is passed over and counted in `skipped`.
    /// Only so many readers run at once for all clients together (by default 8); beyond, an error. `max_items` is 0 to 200
    /// by default.
    #[expect(clippy::unused_async, reason = "the form that async-graphql wants")]
    async fn topic_records(
        &self,
        ctx: &Context<'_>,
        topic: String,
        max_items: i32,
    ) -> Result<impl Stream<Item = TopicRecords>> {
        let records = of(ctx).flow.records(&topic, max_items).map_err(|why| Bank::not_answered(&why))?;
        Ok(records.map(TopicRecords::from))
    }

    /// Moves money. The same uuid again gives the same result, and moves nothing a second time.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn money_transfer(
        &self,
        ctx: &Context<'_>,
        uuid: String,
        token: String,
        amount: i32,
        from: String,
        to: String,
        descr: String,
    ) -> impl Stream<Item = Option<MoneyTransferResult>> {
        let requests = of(ctx).requests.clone();
        stream::once(async move {
            let answer = match uuid.parse::<CommandId>() {
                Err(_) => requests::Answer::Refused(reason::INVALID_UUID),
                Ok(id) => {
                    let amount = i64::from(amount);
                    requests.transfer(ConfirmMoneyTransfer { id, token, amount, from, to, description: descr }).await
                }
            };
            Some(MoneyTransferResult::new(uuid, answer))
        })
    }
}

async fn starting_point(
    bank: &Bank,
    account: Option<Iban>,
    after: Option<i64>,
    after_cursor: Option<&str>,
) -> Result<From> {
    match (after, after_cursor) {
        (None, None) => Ok(From::Now),
        (None, Some(cursor)) => Ok(From::Offsets(Offsets::from_cursor(cursor)?)),
        (Some(_), Some(_)) => Err(Refused::TwoStarts.into()),
        (Some(id), None) => {
            let account = account.ok_or(Refused::AfterNeedsIban)?;
            let as_of = bank.follower.fanout.history_as_of();
            let found = bank.history.by_id(id).await.map_err(|fault| Bank::fault(&fault))?;
            if found.is_none() && (as_of.is_none() || as_of != bank.follower.fanout.history_as_of()) {
                return Err(Bank::fault(&Fault::HistoryNotWhole));
            }
            let change = found.filter(|change| change.account == account).ok_or(Refused::After)?;
            Ok(From::Offsets(behind_place(&change)))
        }
    }
}
