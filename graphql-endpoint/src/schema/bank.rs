//! What the resolvers work with, and how they refuse.

use crate::accounts::Users;
use crate::error::Fault;
use crate::fanout::Follower;
use crate::flow::{Flow, NotAnswered};
use crate::history::Repo;
use crate::limits::LimitSettings;
use crate::requests::Requests;
use async_graphql::{Context, Error};
use metrics::counter;
use std::sync::Arc;
use thiserror::Error as Refusal;

/// What the resolvers work with. Cheap to clone.
#[derive(Clone)]
pub struct Bank {
    /// Reads what has happened.
    pub history: Repo,
    /// Follows what happens.
    pub follower: Follower,
    /// Logs people in.
    pub users: Users,
    /// Asks for transfers.
    pub requests: Requests,
    /// Shows what flows.
    pub flow: Flow,
    /// Bounds.
    pub limits: Arc<LimitSettings>,
}

/// The bank of this request.
#[must_use]
pub fn of<'a>(ctx: &Context<'a>) -> &'a Bank {
    ctx.data_unchecked::<Bank>()
}

impl Bank {
    /// What a client is told about a fault: that there is one. The log has the rest.
    #[must_use]
    pub fn fault(fault: &Fault) -> Error {
        counter!("graphql_endpoint_faults_total").increment(1);
        tracing::debug!(%fault, "a query failed");
        Error::new("the bank cannot answer now, ask again later")
    }

    /// What a client is told that asked about the flow.
    #[must_use]
    pub fn not_answered(why: &NotAnswered) -> Error {
        match why {
            NotAnswered::Refused(refused) => Error::new(refused.to_string()),
            NotAnswered::Broken(fault) => Self::fault(fault),
        }
    }
}

/// What was asked cannot be answered, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Refusal)]
pub enum Refused {
    /// A number of items out of bounds.
    #[error("{name} must be 0 to {max}")]
    Items {
        /// The argument.
        name: &'static str,
        /// The most.
        max: u32,
    },
    /// `all_last_transactions` would be too long.
    #[error("there are more than 10000 accounts with transactions: page through `accounts` instead")]
    TooManyAccounts,
    /// No cursor of accounts.
    #[error("after is not a cursor of accounts")]
    Cursor,
    /// No IBAN of this bank.
    #[error("iban is not an IBAN of this bank")]
    Iban,
    /// Both `after` and `after_cursor`.
    #[error("give after or after_cursor, not both")]
    TwoStarts,
    /// `after` without `iban`.
    #[error("after needs iban; for all accounts use after_cursor")]
    AfterNeedsIban,
    /// No transaction of the account.
    #[error("after is not the id of a transaction of iban")]
    After,
}
