//! The endpoint's projection, and whether it is what the topics say.

mod compare;
mod repo;

pub use compare::Projection;
pub(crate) use repo::ProjectionRepo;

/// A row of `projection.transaction`.
#[derive(Debug, Clone)]
pub struct TransactionRow {
    /// `event * 2 + leg`, or negative.
    pub id: i64,
    /// The ten digits.
    pub account: i64,
    /// Place in the topic.
    pub partition: i32,
    /// Place in the partition.
    pub offset: i64,
    /// Euro cents.
    pub new_balance: i64,
    /// Euro cents, negative for a debit.
    pub changed_by: i64,
    /// The account's own numbering.
    pub account_seq: Option<i64>,
    /// The other side.
    pub from_to: String,
    /// What it was for.
    pub descr: String,
}
