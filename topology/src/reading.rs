//! Which service reads which topics, and as which consumer group.

use crate::topic::{groups, names};

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
