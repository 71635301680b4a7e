//! The topics as data: the one place that says what exists in Kafka.

use crate::record::{
    AccountCreationConfirmed, AccountCreationFailed, BalanceChanged, ConfirmAccountCreation, ConfirmMoneyTransfer,
    Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record,
};

/// The topics' names by the contract. A service may be told others by its settings.
pub mod names {
    /// Gives the pace.
    pub const HEARTBEAT: &str = "heartbeat";
    /// Commands to make an account.
    pub const CONFIRM_ACCOUNT_CREATION: &str = "confirm_account_creation";
    /// Accounts that were made.
    pub const ACCOUNT_CREATION_CONFIRMED: &str = "account_creation_confirmed";
    /// Accounts that could not be made.
    pub const ACCOUNT_CREATION_FAILED: &str = "account_creation_failed";
    /// Commands to move money.
    pub const CONFIRM_MONEY_TRANSFER: &str = "confirm_money_transfer";
    /// Transfers that were booked.
    pub const MONEY_TRANSFER_CONFIRMED: &str = "money_transfer_confirmed";
    /// Transfers that were refused.
    pub const MONEY_TRANSFER_FAILED: &str = "money_transfer_failed";
    /// Each change of an account's balance.
    pub const BALANCE_CHANGED: &str = "balance_changed";
}

/// The consumer groups by the contract.
pub mod groups {
    /// Only stores offsets: the handler is no member of it.
    pub const COMMAND_HANDLER_GROUP: &str = "command-handler";
    /// Reads the heartbeat.
    pub const COMMAND_GENERATOR_GROUP: &str = "command-generator";
    /// The endpoint's reading of the outcomes of account creations.
    pub const GRAPHQL_ENDPOINT_ACCOUNTS_GROUP: &str = "graphql-endpoint-accounts";
    /// The endpoint's reading of the changes of balances.
    pub const GRAPHQL_ENDPOINT_TRANSACTIONS_GROUP: &str = "graphql-endpoint-transactions";
    /// The endpoint's reading of the outcomes of transfers.
    pub const GRAPHQL_ENDPOINT_MONEY_TRANSFER_GROUP: &str = "graphql-endpoint-money-transfer";
}

/// What a topic's key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// The local time of sending.
    SendTime,
    /// The id of the command, lower-case and hyphenated.
    CommandId,
    /// The account's IBAN.
    Iban,
}

/// A topic as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSpec {
    /// The contract's name.
    pub name: &'static str,
    /// More than this moves keys, and with them the order per key.
    pub partitions: i32,
    /// The wanted number, capped at the number of brokers.
    pub replicas: i32,
    /// The name of the record it holds.
    pub record: &'static str,
    /// That record's schema, the newest version of the subject.
    pub schema: &'static str,
    /// The topic's own configuration; what is not here is the broker's default.
    pub config: &'static [(&'static str, &'static str)],
    /// What its keys are.
    pub key: KeyKind,
}

impl TopicSpec {
    /// The registry's subject of the topic's values.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}-value", self.name)
    }
}

/// With the broker's default of 7 days, history would fall apart.
const COMMANDS: &[(&str, &str)] = &[("retention.ms", "-1"), ("retention.bytes", "-1")];
/// An answer holds the command's texts and headers besides: with the commands' bound the largest could never be answered.
const ANSWERS: &[(&str, &str)] = &[("retention.ms", "-1"), ("retention.bytes", "-1"), ("max.message.bytes", "4194304")];
/// Nobody needs a beat of long ago.
const BEATS: &[(&str, &str)] = &[("retention.ms", "900000")];

/// Every topic of the bank. Others whose name starts with `_` belong to the infrastructure.
pub const TOPICS: &[TopicSpec] = &[
    topic::<Heartbeat>(names::HEARTBEAT, 1, KeyKind::SendTime, BEATS),
    topic::<ConfirmAccountCreation>(names::CONFIRM_ACCOUNT_CREATION, 1, KeyKind::CommandId, COMMANDS),
    topic::<AccountCreationConfirmed>(names::ACCOUNT_CREATION_CONFIRMED, 1, KeyKind::CommandId, ANSWERS),
    topic::<AccountCreationFailed>(names::ACCOUNT_CREATION_FAILED, 1, KeyKind::CommandId, ANSWERS),
    topic::<ConfirmMoneyTransfer>(names::CONFIRM_MONEY_TRANSFER, 9, KeyKind::CommandId, COMMANDS),
    topic::<MoneyTransferConfirmed>(names::MONEY_TRANSFER_CONFIRMED, 9, KeyKind::CommandId, ANSWERS),
    topic::<MoneyTransferFailed>(names::MONEY_TRANSFER_FAILED, 9, KeyKind::CommandId, ANSWERS),
    topic::<BalanceChanged>(names::BALANCE_CHANGED, 9, KeyKind::Iban, ANSWERS),
];

const fn topic<R: Record>(
    name: &'static str,
    partitions: i32,
    key: KeyKind,
    config: &'static [(&'static str, &'static str)],
) -> TopicSpec {
    TopicSpec { name, partitions, replicas: 3, record: R::NAME, schema: R::SCHEMA, config, key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_are_the_contracts() {
        let table: Vec<String> = TOPICS
            .iter()
            .map(|it| format!("{} {} {} {:?} {}", it.name, it.partitions, it.replicas, it.key, it.record))
            .collect();
        assert_eq!(
            table,
            [
                "heartbeat 1 3 SendTime Heartbeat",
                "confirm_account_creation 1 3 CommandId ConfirmAccountCreation",
                "account_creation_confirmed 1 3 CommandId AccountCreationConfirmed",
                "account_creation_failed 1 3 CommandId AccountCreationFailed",
                "confirm_money_transfer 9 3 CommandId ConfirmMoneyTransfer",
                "money_transfer_confirmed 9 3 CommandId MoneyTransferConfirmed",
                "money_transfer_failed 9 3 CommandId MoneyTransferFailed",
                "balance_changed 9 3 Iban BalanceChanged",
            ]
        );
    }

    #[test]
    fn history_is_kept_for_ever_but_for_beats() {
        for topic in TOPICS {
            let retention = topic.config.iter().find(|(name, _)| *name == "retention.ms").unwrap().1;
            assert_eq!(retention, if topic.name == names::HEARTBEAT { "900000" } else { "-1" }, "{}", topic.name);
        }
        assert_eq!(TOPICS[1].subject(), "confirm_account_creation-value");
    }
}
