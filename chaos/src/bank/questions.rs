//! What the bank says of itself: readiness, metrics, pace, ends of logs, rows of its tables.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::producer::FutureProducer;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_kit::kafka::{KafkaSettings, Metadata, producer_config};
use service_kit::postgres::{self, DatabaseSettings};
use service_kit::registry::{Registry, RegistrySettings};
use service_kit::settings::from_flags;
use topology::ConfirmMoneyTransfer;
use topology::topic::names;

use super::MODULES;
use super::place::Place;
use crate::error::ChaosError;

const TIMEOUT: Duration = Duration::from_secs(3);
const COMMANDS: [&str; 2] = [names::CONFIRM_ACCOUNT_CREATION, names::CONFIRM_MONEY_TRANSFER];
const ANSWERS: [&str; 4] = [
    names::ACCOUNT_CREATION_CONFIRMED,
    names::ACCOUNT_CREATION_FAILED,
    names::MONEY_TRANSFER_CONFIRMED,
    names::MONEY_TRANSFER_FAILED,
];

/// Asks a bank.
#[derive(Debug)]
pub struct Questions {
    http: Client,
    admin_ports: HashMap<&'static str, u16>,
    pace_port: u16,
    /// Where GraphQL is asked.
    pub graphql_port: u16,
    /// Kafka, as a client of it needs it.
    pub kafka: KafkaSettings,
    /// The databases' server.
    pub database: DatabaseSettings,
    /// The registry.
    pub registry: RegistrySettings,
}

/// What `/readyz` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Readiness {
    /// Whether it has all that it needs.
    pub ready: bool,
    /// `active` or `standby`, of a handler.
    #[serde(default)]
    pub role: Option<String>,
}

/// Records and rows, counted by chaos itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records in the topics of commands.
    pub commands: i64,
    /// Of those, what cannot be read and is kept as poison.
    pub poison: i64,
    /// Records in the topics of outcomes.
    pub answers: i64,
    /// Commands that the handler decided, each once.
    pub decided: i64,
}

impl Counts {
    /// What does not add up, if anything does not.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        // A restart may publish an answer again, which the auditor compares byte by byte; fewer would be lost ones.
        let too_few = self.answers + self.poison < self.commands;
        let invented = self.decided > self.commands - self.poison;
        (too_few || invented).then(|| format!("the counts do not add up: {self:?}"))
    }
}

impl Questions {
    /// Asks the bank at this place.
    ///
    /// # Errors
    /// When a client cannot be made.
    pub fn new(place: &Place, brokers: u16) -> Result<Self, ChaosError> {
        let wrong = |error: clap::Error| ChaosError::Nonsense { what: "place.sh".to_owned(), said: error.to_string() };
        let ports = (1..=brokers).map(|node| Ok(format!("localhost:{}", place.port(&format!("BROKER_{node}_PORT"))?)));
        let ports = ports.collect::<Result<Vec<_>, ChaosError>>()?.join(",");
        let mut admin_ports = HashMap::new();
        for module in MODULES {
            let variable = format!("{}_ADMIN_PORT", module.to_uppercase().replace('-', "_"));
            admin_ports.insert(module, place.port(&variable)?);
        }
        Ok(Self {
            http: Client::builder().no_proxy().timeout(TIMEOUT).build()?,
            admin_ports,
            pace_port: place.port("PACE_PORT")?,
            graphql_port: place.port("GRAPHQL_PORT")?,
            kafka: from_flags(&["--kafka-brokers", &ports, "--kafka-client-id", "chaos"]).map_err(wrong)?,
            database: from_flags(&["--db-port", place.setting("POSTGRES_PORT")?]).map_err(wrong)?,
            registry: from_flags(&["--schema-registry-url", place.setting("SCHEMA_REGISTRY_URL")?]).map_err(wrong)?,
        })
    }

    /// What a module's `/readyz` says; `None` where it does not answer.
    pub async fn readiness(&self, module: &str) -> Option<Readiness> {
        self.readiness_at(*self.admin_ports.get(module)?).await
    }

    /// What `/readyz` at this admin port says; `None` where nobody answers.
    pub async fn readiness_at(&self, admin_port: u16) -> Option<Readiness> {
        let answer = self.http.get(format!("http://127.0.0.1:{admin_port}/readyz")).send().await.ok()?;
        answer.json().await.ok()
    }

    /// The sum over a metric's labels; `None` where the module does not answer or has no such metric.
    pub async fn metric(&self, module: &str, name: &str) -> Option<f64> {
        let port = self.admin_ports.get(module)?;
        let answer = self.http.get(format!("http://127.0.0.1:{port}/metrics")).send().await.ok()?;
        sum_of(&answer.text().await.ok()?, name)
    }

    /// Records that somebody has not taken in yet; `None` while somebody does not say.
    pub async fn lag(&self) -> Option<u64> {
        let mut sum = 0.0;
        for module in ["command-generator", "command-handler", "graphql-endpoint"] {
            sum += self.metric(module, &format!("{}_lag", module.replace('-', "_"))).await?;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
        Some(sum as u64)
    }

    /// Sets how many beats come every 100 ms.
    ///
    /// # Errors
    /// When the heartbeat does not take it.
    pub async fn set_pace(&self, batch_size: u32) -> Result<(), ChaosError> {
        let url = format!("http://127.0.0.1:{}/pace", self.pace_port);
        let pace = json!({ "batch_size": batch_size, "sleep_time_ms": 100 });
        self.http.put(url).json(&pace).send().await?.error_for_status()?;
        Ok(())
    }

    /// A producer like those of the services.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn producer(&self) -> Result<FutureProducer, ChaosError> {
        Ok(producer_config(&self.kafka).create()?)
    }

    /// A client of the registry.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn registry(&self) -> Result<Registry, ChaosError> {
        Ok(Registry::new(&self.registry)?)
    }

    /// Whether the registry answers, which it does some seconds later than the database that it keeps its schemas in.
    pub async fn registry_answers(&self) -> bool {
        let Ok(registry) = self.registry() else { return false };
        registry.encoder::<ConfirmMoneyTransfer>(names::CONFIRM_MONEY_TRANSFER).await.is_ok()
    }

    /// One number from the handler's database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn number(&self, sql: &str) -> Result<i64, ChaosError> {
        let (client, _connection) = postgres::connect(&self.database, "balancedb", "chaos").await?;
        Ok(client.query_one(sql, &[]).await?.get(0))
    }

    /// Counts records and rows.
    ///
    /// # Errors
    /// When Kafka or the database does not answer.
    pub async fn counts(&self) -> Result<Counts, ChaosError> {
        let metadata = Metadata::new(&self.kafka)?;
        let mut counts = Counts::default();
        for (topics, count) in [(COMMANDS.as_slice(), &mut counts.commands), (&ANSWERS, &mut counts.answers)] {
            for topic in topics {
                *count += metadata.watermarks(topic).await?.iter().map(|it| it.high - it.low).sum::<i64>();
            }
        }
        counts.poison = self.number("select count(*) from poison").await?;
        counts.decided = self.number("select count(*) from event").await?;
        Ok(counts)
    }
}

/// The sum over a metric's labels, in Prometheus's text.
fn sum_of(text: &str, name: &str) -> Option<f64> {
    let of_metric = |line: &&str| {
        let rest = line.strip_prefix(name)?;
        rest.starts_with([' ', '{']).then(|| line.rsplit(' ').next()?.parse::<f64>().ok())?
    };
    let values: Vec<f64> = text.lines().filter_map(|line| of_metric(&line)).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_not_taken_for_another() {
        let text = "# TYPE a_lag gauge\na_lag{topic=\"x y\"} 3\na_lag{topic=\"z\"} 4\na_lag_seconds 9\nb_lag 0\n";
        assert_eq!(sum_of(text, "a_lag"), Some(7.0));
        assert_eq!(sum_of(text, "b_lag"), Some(0.0));
        assert_eq!(sum_of(text, "lag"), None);
    }
}
