use crate::decide::CounterBalances;

/// Balances to be written to the snapshot, and up to where the snapshot then is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// The ten digits of each account, ascending, so that locks are taken in one order.
    pub numbers: Vec<i64>,
    /// Each account's balance, in cents.
    pub balances: Vec<i64>,
    /// Each account's sequence.
    pub seqs: Vec<i64>,
    /// All counter-accounts.
    pub counters: CounterBalances,
    /// No event up to and including this one is missing from the snapshot.
    pub flushed_through: i64,
}
