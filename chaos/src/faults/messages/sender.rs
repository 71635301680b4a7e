//! Sends commands past the endpoint.

use std::time::Duration;

use rdkafka::producer::{FutureProducer, FutureRecord};
use service_kit::registry::{Encoder, value_subject};
use topology::topic::names;
use topology::{CommandId, ConfirmMoneyTransfer, Record};
use uuid::Uuid;

use super::super::Scene;
use crate::error::ChaosError;

/// Partitions of the transfers' topic.
pub const PARTITIONS: i32 = 9;
const QUEUE: Duration = Duration::from_secs(10);
/// The company's account: who gets what chaos sends by itself.
const COMPANY: &str = "NL66OPEN0000000000";

/// Sends to the topic of transfers.
pub struct Sender {
    producer: FutureProducer,
    encoder: Encoder<ConfirmMoneyTransfer>,
}

impl Sender {
    /// With a producer and a schema id of this bank.
    ///
    /// # Errors
    /// When Kafka's client or the registry says no.
    pub async fn new(scene: &Scene<'_>) -> Result<Self, ChaosError> {
        let encoder = scene.bank.questions.registry()?.encoder(names::CONFIRM_MONEY_TRANSFER).await?;
        Ok(Self { producer: scene.bank.questions.producer()?, encoder })
    }

    /// A valid command: a deposit with a new id.
    #[must_use]
    pub fn deposit(amount: i64) -> ConfirmMoneyTransfer {
        ConfirmMoneyTransfer {
            id: CommandId::from_uuid(Uuid::new_v4()),
            token: "cash".to_owned(),
            amount,
            from: "cash".to_owned(),
            to: COMPANY.to_owned(),
            description: "chaos".to_owned(),
        }
    }

    /// The command's bytes.
    #[must_use]
    pub fn encode(&self, command: &ConfirmMoneyTransfer) -> Vec<u8> {
        self.encoder.encode(command)
    }

    /// Sends a command to a partition of choice.
    ///
    /// # Errors
    /// When it is not delivered.
    pub async fn send(&self, command: &ConfirmMoneyTransfer, partition: i32) -> Result<(), ChaosError> {
        self.send_bytes(&command.id.to_string(), Some(&self.encode(command)), partition).await
    }

    /// Registers a schema of the command that nobody has seen: with one more field, which has a default. Gives its id.
    ///
    /// # Errors
    /// When the registry says no.
    pub async fn newer_schema(&self, scene: &Scene<'_>) -> Result<u32, ChaosError> {
        let name = Uuid::new_v4().simple();
        let field = format!(r#"{{"name": "note_{name}", "type": "string", "default": ""}}"#);
        let (fields, end) = ConfirmMoneyTransfer::SCHEMA.rsplit_once(']').expect("a record has fields");
        let schema = format!("{fields}, {field}]{end}");
        Ok(scene.bank.questions.registry()?.register(&value_subject(names::CONFIRM_MONEY_TRANSFER), &schema).await?)
    }

    /// Sends a command as a newer program writes it, by [`Sender::newer_schema`].
    ///
    /// # Errors
    /// When it is not delivered.
    pub async fn send_newer(&self, schema_id: u32, command: &ConfirmMoneyTransfer) -> Result<(), ChaosError> {
        let mut value = Encoder::new(schema_id).encode(command);
        // The field's length as Avro writes it, and the field.
        value.extend_from_slice(b"\x08note");
        self.send_bytes(&command.id.to_string(), Some(&value), 0).await
    }

    /// Sends whatever bytes, or none.
    ///
    /// # Errors
    /// When it is not delivered.
    pub async fn send_bytes(&self, key: &str, value: Option<&[u8]>, partition: i32) -> Result<(), ChaosError> {
        let mut record = FutureRecord::to(names::CONFIRM_MONEY_TRANSFER).key(key).partition(partition);
        if let Some(value) = value {
            record = record.payload(value);
        }
        self.producer.send(record, QUEUE).await.map(drop).map_err(|(error, _)| ChaosError::Delivery(error))
    }
}
