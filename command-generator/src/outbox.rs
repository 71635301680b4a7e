//! The way out: commands are encoded, handed to librdkafka, and their acknowledgements collected by ticket.

use std::sync::{Mutex, OnceLock, PoisonError};

use metrics::{Counter, counter};
use rdkafka::ClientContext;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::util::Timeout;
use service_kit::kafka::{self, Detached, Silence};
use service_kit::registry::Encoder;
use topology::{ConfirmAccountCreation, ConfirmMoneyTransfer, Keyed as _, header};

use crate::command::{Command, Kind};
use crate::config::Settings;
use crate::error::Interruption;

/// Where commands go, and with which schemas.
#[derive(Debug, Clone)]
pub struct Destinations {
    /// The topic of commands to create an account.
    pub cac: String,
    /// The topic of commands to move money.
    pub cmt: String,
    /// Writes the former.
    pub cac_encoder: Encoder<ConfirmAccountCreation>,
    /// Writes the latter.
    pub cmt_encoder: Encoder<ConfirmMoneyTransfer>,
}

/// Collects the tickets of acknowledged commands, and keeps the first failure.
#[derive(Debug, Default)]
struct Deliveries {
    acknowledged: Mutex<Vec<usize>>,
    failure: OnceLock<KafkaError>,
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the producer reports");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: usize) {
        match result {
            // A push cannot leave the list half changed.
            Ok(_) => self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(ticket),
            Err((error, _)) => {
                // Only the first failure says why; those after it are its consequence.
                let _ = self.failure.set(error.clone());
            }
        }
    }
}

/// `command_generator_commands_total`, a counter per kind.
struct Sent {
    account: Counter,
    salary: Counter,
    deposit: Counter,
    withdraw: Counter,
    ah_pin: Counter,
    transfer: Counter,
}

impl Default for Sent {
    fn default() -> Self {
        let of = |kind: &'static str| counter!("command_generator_commands_total", "kind" => kind);
        Self {
            account: of("account"),
            salary: of("salary"),
            deposit: of("deposit"),
            withdraw: of("withdraw"),
            ah_pin: of("ah pin"),
            transfer: of("transfer"),
        }
    }
}

impl Sent {
    fn of(&self, kind: Kind) -> &Counter {
        match kind {
            Kind::Salary => &self.salary,
            Kind::Deposit => &self.deposit,
            Kind::Withdraw => &self.withdraw,
            Kind::AhPin => &self.ah_pin,
            Kind::Transfer => &self.transfer,
        }
    }
}

/// A producer of commands. Dropping it drops what Kafka has not taken; that is read and sent again.
pub struct Outbox {
    destinations: Destinations,
    sent: Sent,
    producer: Detached<ThreadedProducer<Deliveries>>,
    silence: Silence,
    payload: Vec<u8>,
}

impl Outbox {
    /// A producer that tries for ever and, when a command is undeliverable all the same, ends.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(settings: &Settings, destinations: Destinations) -> Result<Self, Interruption> {
        let mut config = kafka::producer_config(&settings.kafka);
        // The queue has room for all that may be unacknowledged, so sending never waits.
        config
            .set("queue.buffering.max.messages", (u64::from(settings.max_unacknowledged) + 1_000).to_string())
            .set("message.timeout.ms", "0");
        let producer = ThreadedProducer::from_config_and_context(&config, Deliveries::default())
            .map_err(|source| Interruption::Library { doing: "cannot make a producer", source })?;
        let silence = Silence::new(&settings.kafka);
        let payload = Vec::with_capacity(256);
        Ok(Self { destinations, sent: Sent::default(), producer: Detached::new(producer), silence, payload })
    }

    /// Hands a command to the producer. False when its queue is full: wait, and try again.
    ///
    /// # Errors
    /// When the producer is of no more use.
    pub fn send(&mut self, command: &Command, traceparent: &str, ticket: usize) -> Result<bool, Interruption> {
        self.payload.clear();
        let (topic, key, sent) = match command {
            Command::CreateAccount(command) => {
                self.destinations.cac_encoder.encode_into(command, &mut self.payload);
                (&self.destinations.cac, command.key(), &self.sent.account)
            }
            Command::Transfer(kind, command) => {
                self.destinations.cmt_encoder.encode_into(command, &mut self.payload);
                (&self.destinations.cmt, command.key(), self.sent.of(*kind))
            }
        };
        let headers =
            OwnedHeaders::new_with_capacity(1).insert(Header { key: header::TRACEPARENT, value: Some(traceparent) });
        let record = BaseRecord::with_opaque_to(topic, ticket)
            .key(key.as_bytes())
            .payload(self.payload.as_slice())
            .headers(headers);
        match self.producer.send(record) {
            Ok(()) => {
                sent.increment(1);
                Ok(true)
            }
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => Ok(false),
            Err((error, _)) => Err(Interruption::Undelivered(error)),
        }
    }

    /// The tickets acknowledged since the last call, in place of what `tickets` held.
    ///
    /// # Errors
    /// When a command was not delivered, or the producer reaches nobody any more.
    pub fn take_acknowledged(&mut self, tickets: &mut Vec<usize>) -> Result<(), Interruption> {
        let deliveries = self.producer.client().context();
        if let Some(error) = deliveries.failure.get() {
            return Err(Interruption::Undelivered(error.clone()));
        }
        tickets.clear();
        std::mem::swap(tickets, &mut *deliveries.acknowledged.lock().unwrap_or_else(PoisonError::into_inner));
        if !tickets.is_empty() || self.producer.in_flight_count() == 0 {
            self.silence.is_broken();
            return Ok(());
        }
        self.silence.look_for_acknowledgements(&*self.producer, &self.destinations.cmt).map_err(Interruption::Deaf)
    }

    /// Waits until Kafka has everything, or for so long.
    ///
    /// # Errors
    /// When it has not.
    pub fn flush(&self, timeout: impl Into<Timeout>) -> Result<(), Interruption> {
        self.producer.flush(timeout).map_err(Interruption::Undelivered)
    }
}
