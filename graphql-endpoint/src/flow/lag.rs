//! Who reads what, and how far behind they are.

use std::collections::BTreeMap;
use topology::topic::{groups, names};

/// An offset of each partition.
pub type Offsets = BTreeMap<i32, i64>;

/// A consumer group's reading of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The group.
    pub group: &'static str,
    /// The service that reads.
    pub service: &'static str,
    /// The topic, by the contract's name.
    pub topic: &'static str,
}

/// All readings of the bank, by the contract.
pub const READINGS: [Reading; 8] = [
    of(groups::COMMAND_GENERATOR_GROUP, "command-generator", names::HEARTBEAT),
    of(groups::COMMAND_HANDLER_GROUP, "command-handler", names::CONFIRM_ACCOUNT_CREATION),
    of(groups::COMMAND_HANDLER_GROUP, "command-handler", names::CONFIRM_MONEY_TRANSFER),
    of(groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP, "graphql-endpoint", names::ACCOUNT_CREATION_CONFIRMED),
    of(groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP, "graphql-endpoint", names::ACCOUNT_CREATION_FAILED),
    of(groups::GRAPHQL_ENDPOINT_MONEY_TRANSFER_GROUP, "graphql-endpoint", names::MONEY_TRANSFER_CONFIRMED),
    of(groups::GRAPHQL_ENDPOINT_MONEY_TRANSFER_GROUP, "graphql-endpoint", names::MONEY_TRANSFER_FAILED),
    of(groups::GRAPHQL_ENDPOINT_TRANSACTIONS_GROUP, "graphql-endpoint", names::BALANCE_CHANGED),
];

const fn of(group: &'static str, service: &'static str, topic: &'static str) -> Reading {
    Reading { group, service, topic }
}

/// Records that were not taken in: from the next offset of each partition, or its first record where there is none, to its
/// end.
#[must_use]
pub fn lag(ends: &Offsets, next: &Offsets, begins: &Offsets) -> i64 {
    let of = |(partition, end): (&i32, &i64)| {
        let begin = begins.get(partition).copied().unwrap_or_default();
        (end - next.get(partition).copied().unwrap_or(begin)).max(0)
    };
    ends.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_counted_to_the_end_of_each_partition() {
        let offsets = |rows: &[(i32, i64)]| rows.iter().copied().collect::<Offsets>();
        let ends = offsets(&[(0, 10), (1, 5)]);
        let rows = [
            (&[(0, 10), (1, 5)][..], &[][..], 0),
            (&[(0, 7), (1, 5)], &[], 3),
            (&[(0, 7)], &[], 8),
            (&[(0, 7)], &[(1, 4)], 4),
            (&[(0, 12), (1, 5)], &[], 0), // the position is newer than the end
            (&[], &[], 15),
        ];
        for (next, begins, expected) in rows {
            assert_eq!(lag(&ends, &offsets(next), &offsets(begins)), expected, "{next:?} {begins:?}");
        }
    }
}
