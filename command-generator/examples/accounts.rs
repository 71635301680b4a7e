//! Fills the topic of created accounts with AUTO accounts, to measure the generator without a handler:
//! `cargo run --release -p command-generator --example accounts -- 10000000`. Takes the settings of the generator's environment.

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use service_kit::kafka;
use service_kit::registry::Registry;
use service_kit::settings::{self, KafkaSettings, RegistrySettings, TopicSettings};
use topology::{AccountCreationConfirmed, AccountType, CommandId, Iban, Keyed as _, header};

#[derive(Parser)]
struct Arguments {
    /// How many
    count: u64,
    #[command(flatten)]
    kafka: KafkaSettings,
    #[command(flatten)]
    topics: TopicSettings,
    #[command(flatten)]
    registry: RegistrySettings,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { count, kafka, topics, registry } = settings::parse();
    let encoder = Registry::new(&registry)?.encoder(&topics.acc).await?;
    let producer: ThreadedProducer<DefaultProducerContext> = kafka::producer_config(&kafka).create()?;
    for event in 1..=count {
        let id = CommandId::from_bytes((u128::from(event) << 64 | 0x8000_8000_0000_0000).to_be_bytes());
        let iban = Iban::from_number(event)?.text().to_string();
        let created = AccountCreationConfirmed { id, iban, token: format!("{event:020}"), a_type: AccountType::Auto };
        let value = encoder.encode(&created);
        let number = event.to_string();
        let headers = OwnedHeaders::new().insert(Header { key: header::EVENT, value: Some(&number) });
        let key = created.key();
        let mut record = BaseRecord::to(&topics.acc).key(key.as_bytes()).payload(&value).headers(headers);
        while let Err((error, refused)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            record = refused;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(Duration::from_mins(1))?;
    Ok(())
}
