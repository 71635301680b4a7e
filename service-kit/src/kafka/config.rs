//! Settings of Kafka: where it is, how much is held in memory, and the names of the topics.

use crate::settings::value;
use clap::Args;

/// Where Kafka is, and the bounds of its clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kafka")]
pub struct KafkaSettings {
    /// Brokers to start from: host:port, comma-separated
    #[arg(id = "kafka_brokers", long = "kafka-brokers", value_name = "HOST:PORT,..", env = "KAFKA_BROKERS", default_value = "localhost:19092", value_parser = value::brokers)]
    pub brokers: String,
    /// Name by which brokers know this client in their logs and quotas
    #[arg(id = "kafka_client_id", long = "kafka-client-id", value_name = "NAME", env = "KAFKA_CLIENT_ID", default_value = "open-bank", value_parser = value::not_empty)]
    pub client_id: String,
    /// Milliseconds a record waits for others to share its request; 0 sends at once
    #[arg(id = "kafka_linger_ms", long = "kafka-linger-ms", value_name = "MS", env = "KAFKA_LINGER_MS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub linger_ms: u32,
    /// Records that may wait to be sent; at the bound, sending waits
    #[arg(id = "kafka_producer_queue_max_messages", long = "kafka-producer-queue-max-messages", value_name = "N", env = "KAFKA_PRODUCER_QUEUE_MAX_MESSAGES", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub producer_queue_max_messages: u32,
    /// KiB of records that may wait to be sent; at the bound, sending waits
    #[arg(id = "kafka_producer_queue_max_kib", long = "kafka-producer-queue-max-kib", value_name = "KIB", env = "KAFKA_PRODUCER_QUEUE_MAX_KIB", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1..=2_097_151))]
    pub producer_queue_max_kib: u32,
    /// KiB of records fetched ahead of the service; at the bound, fetching waits
    #[arg(id = "kafka_fetch_queue_max_kib", long = "kafka-fetch-queue-max-kib", value_name = "KIB", env = "KAFKA_FETCH_QUEUE_MAX_KIB", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=2_097_151))]
    pub fetch_queue_max_kib: u32,
    /// Milliseconds one question about topics and offsets may take before it is asked again
    #[arg(id = "kafka_request_timeout_ms", long = "kafka-request-timeout-ms", value_name = "MS", env = "KAFKA_REQUEST_TIMEOUT_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=300_000))]
    pub request_timeout_ms: u64,
}

/// The names of the topics.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Topics")]
pub struct TopicSettings {
    /// Topic of the heartbeats
    #[arg(id = "heartbeat_topic", long = "heartbeat-topic", value_name = "TOPIC", env = "KAFKA_HEARTBEAT_TOPIC", default_value = topology::topic::names::HEARTBEAT, value_parser = value::topic_name)]
    pub heartbeat: String,
    /// Topic of the commands to create an account
    #[arg(id = "cac_topic", long = "cac-topic", value_name = "TOPIC", env = "KAFKA_CAC_TOPIC", default_value = topology::topic::names::CONFIRM_ACCOUNT_CREATION, value_parser = value::topic_name)]
    pub cac: String,
    /// Topic of the accounts that were created
    #[arg(id = "acc_topic", long = "acc-topic", value_name = "TOPIC", env = "KAFKA_ACC_TOPIC", default_value = topology::topic::names::ACCOUNT_CREATION_CONFIRMED, value_parser = value::topic_name)]
    pub acc: String,
    /// Topic of the accounts that were not created
    #[arg(id = "acf_topic", long = "acf-topic", value_name = "TOPIC", env = "KAFKA_ACF_TOPIC", default_value = topology::topic::names::ACCOUNT_CREATION_FAILED, value_parser = value::topic_name)]
    pub acf: String,
    /// Topic of the commands to transfer money
    #[arg(id = "cmt_topic", long = "cmt-topic", value_name = "TOPIC", env = "KAFKA_CMT_TOPIC", default_value = topology::topic::names::CONFIRM_MONEY_TRANSFER, value_parser = value::topic_name)]
    pub cmt: String,
    /// Topic of the transfers that were made
    #[arg(id = "mtc_topic", long = "mtc-topic", value_name = "TOPIC", env = "KAFKA_MTC_TOPIC", default_value = topology::topic::names::MONEY_TRANSFER_CONFIRMED, value_parser = value::topic_name)]
    pub mtc: String,
    /// Topic of the transfers that were refused
    #[arg(id = "mtf_topic", long = "mtf-topic", value_name = "TOPIC", env = "KAFKA_MTF_TOPIC", default_value = topology::topic::names::MONEY_TRANSFER_FAILED, value_parser = value::topic_name)]
    pub mtf: String,
    /// Topic of the changes of balances
    #[arg(id = "bc_topic", long = "bc-topic", value_name = "TOPIC", env = "KAFKA_BC_TOPIC", default_value = topology::topic::names::BALANCE_CHANGED, value_parser = value::topic_name)]
    pub bc: String,
}

impl TopicSettings {
    /// The contract's names, each behind a prefix.
    #[must_use]
    pub fn prefixed(prefix: &str) -> Self {
        use topology::topic::names;
        let name = |name: &str| format!("{prefix}{name}");
        Self {
            heartbeat: name(names::HEARTBEAT),
            cac: name(names::CONFIRM_ACCOUNT_CREATION),
            acc: name(names::ACCOUNT_CREATION_CONFIRMED),
            acf: name(names::ACCOUNT_CREATION_FAILED),
            cmt: name(names::CONFIRM_MONEY_TRANSFER),
            mtc: name(names::MONEY_TRANSFER_CONFIRMED),
            mtf: name(names::MONEY_TRANSFER_FAILED),
            bc: name(names::BALANCE_CHANGED),
        }
    }

    /// The name used for a topic of the contract; `None` for one that has no setting.
    #[must_use]
    pub fn name_of(&self, contract_name: &str) -> Option<&str> {
        use topology::topic::names;
        Some(match contract_name {
            names::HEARTBEAT => &self.heartbeat,
            names::CONFIRM_ACCOUNT_CREATION => &self.cac,
            names::ACCOUNT_CREATION_CONFIRMED => &self.acc,
            names::ACCOUNT_CREATION_FAILED => &self.acf,
            names::CONFIRM_MONEY_TRANSFER => &self.cmt,
            names::MONEY_TRANSFER_CONFIRMED => &self.mtc,
            names::MONEY_TRANSFER_FAILED => &self.mtf,
            names::BALANCE_CHANGED => &self.bc,
            _ => return None,
        })
    }
}
