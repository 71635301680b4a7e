//! The GraphQL schema of the contract: types, queries and subscriptions.

mod bank;
mod expansion;
mod flow;
mod query;
mod subscription;
mod types;

pub use bank::Bank;

use async_graphql::{EmptyMutation, Schema};
use expansion::ExpansionLimit;
use query::Query;
use subscription::Subscriptions;

/// The schema of this endpoint.
pub type BankSchema = Schema<Query, EmptyMutation, Subscriptions>;

/// The schema, with what its resolvers work with.
#[must_use]
pub fn schema(bank: Bank) -> BankSchema {
    let limits = &bank.limits;
    let limit = |bound: u32| usize::try_from(bound).unwrap_or(usize::MAX);
    Schema::build(Query, EmptyMutation, Subscriptions)
        .extension(ExpansionLimit(limit(limits.query_max_complexity)))
        .limit_complexity(limit(limits.query_max_complexity))
        .limit_recursive_depth(limit(limits.query_max_depth) * 2)
        .limit_depth(limit(limits.query_max_depth))
        .data(bank)
        .finish()
}

/// The schema as text, for a program that wants to know it without asking.
#[must_use]
pub fn sdl() -> String {
    Schema::build(Query, EmptyMutation, Subscriptions).finish().sdl()
}
