//! What flows at one moment, from whoever knows a part of it.

use super::cluster::{Cluster, Said};
use super::config::FlowSettings;
use super::part::{Kind, Part};
use super::rates::Rates;
use super::{readiness, stores};
use crate::projection::Progress;
use deadpool_postgres::Pool;
use futures_util::future;
use jiff::Timestamp;
use metrics::histogram;
use service_kit::kafka::{KafkaSettings, Offsets, TopicSettings, lag};
use service_kit::registry::Registry;
use service_kit::service::Tasks;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topology::reading::{READINGS, Reading};
use topology::topic::TOPICS;

/// What flows at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When, in microseconds since 1970 UTC.
    pub at_us: i64,
    /// Milliseconds between two snapshots.
    pub interval_ms: u64,
    /// In the order of the topology.
    pub topics: Vec<TopicFlow>,
    /// In the order of [`READINGS`].
    pub groups: Vec<GroupLag>,
    /// Services, brokers, registry, database.
    pub parts: Vec<Part>,
}

/// What flows through a topic.
#[derive(Debug, Clone)]
pub struct TopicFlow {
    /// The contract's name.
    pub name: &'static str,
    /// The name of its record.
    pub record: &'static str,
    /// How many it has.
    pub partitions: Option<i32>,
    /// The sum of their ends.
    pub records: Option<i64>,
    /// Since the snapshot before.
    pub records_per_second: Option<f64>,
    /// Why something is not known.
    pub missing: Option<String>,
}

/// How far a group is behind in a topic.
#[derive(Debug, Clone)]
pub struct GroupLag {
    /// Who reads what.
    pub reading: Reading,
    /// Records that were not taken in, or why that is not known.
    pub lag: Result<i64, String>,
}

/// What is needed to look.
#[derive(Clone)]
pub struct Parts {
    /// How often, and how long.
    pub settings: FlowSettings,
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// What the topics are called.
    pub topics: TopicSettings,
    /// The schema registry.
    pub registry: Registry,
    /// The endpoint's database.
    pub pool: Pool,
    /// Host, port and name of that database.
    pub database_address: String,
    /// How far the endpoint itself is.
    pub progress: Vec<Progress>,
    /// Where what runs is counted.
    pub tasks: Tasks,
}

/// Looks, and remembers from one look to the next what rates are made of.
pub struct Observer {
    parts: Arc<Parts>,
    http: Option<reqwest::Client>,
    cluster: Option<Cluster>,
    rates: Rates,
}

impl Observer {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        let timeout = Duration::from_millis(parts.settings.flow_timeout_ms);
        let http = reqwest::Client::builder().timeout(timeout).no_proxy().build();
        let http = http.inspect_err(|error| tracing::warn!(%error, "no client for the readiness of services")).ok();
        Self { parts, http, cluster: None, rates: Rates::default() }
    }

    /// Asks everybody at once, each for a bounded time.
    pub async fn look(&mut self) -> Snapshot {
        let started = Instant::now();
        let parts = Arc::clone(&self.parts);
        let timeout = Duration::from_millis(parts.settings.flow_timeout_ms);
        let http = self.http.clone();
        let services = parts.settings.flow_services.iter().map(async |service| match &http {
            Some(http) => readiness::ask(http, service).await,
            None => Part::new(Kind::Service, &service.name, &service.url).down("cannot be asked".to_owned()),
        });
        let (said, mut all, registry, database) = future::join4(
            self.ask_kafka(timeout),
            future::join_all(services),
            stores::ask_registry(&parts.registry, &parts.topics.bc, timeout),
            stores::ask_database(&parts.pool, &parts.database_address, timeout),
        )
        .await;
        let groups = READINGS.iter().map(|reading| GroupLag { reading: *reading, lag: self.lag(*reading, &said) });
        let groups = groups.collect();
        all.extend(said.brokers.iter().map(|broker| {
            let part = Part::new(Kind::Broker, &broker.name, &broker.address);
            broker.missing.clone().map_or(part.clone(), |reason| part.down(reason))
        }));
        all.extend([registry, database]);
        let topics = self.topics(said);
        histogram!("graphql_endpoint_flow_snapshot_seconds").record(started.elapsed().as_secs_f64());
        let interval_ms = parts.settings.flow_interval_ms;
        Snapshot { at_us: Timestamp::now().as_microsecond(), interval_ms, topics, groups, parts: all }
    }

    /// Lets go of the clients of Kafka, which may take a moment.
    pub async fn release(self) {
        // A thread that was lost takes them with it.
        let _ = tokio::task::spawn_blocking(move || drop(self.cluster)).await;
    }

    /// On a thread that may block. What it works with stays there when the look is given up.
    async fn ask_kafka(&mut self, timeout: Duration) -> Said {
        let cluster = self.cluster.take();
        let parts = Arc::clone(&self.parts);
        let asked = tokio::task::spawn_blocking(move || {
            let made = cluster.map_or_else(
                || Cluster::new(&parts.kafka, &parts.topics, parts.tasks.enter("Kafka clients of the flow")),
                Ok,
            );
            made.map(|mut cluster| {
                let said = cluster.ask(timeout);
                (cluster, said)
            })
        });
        match asked.await {
            Ok(Ok((cluster, said))) => {
                self.cluster = Some(cluster);
                said
            }
            Ok(Err(error)) => Said::unknown(&error.to_string()),
            Err(_) => Said::unknown("the question was given up"),
        }
    }

    fn topics(&mut self, said: Said) -> Vec<TopicFlow> {
        let records: Vec<Option<i64>> =
            said.topics.iter().map(|topic| topic.ends.as_ref().map(|ends| ends.values().sum())).collect();
        let rates = self.rates.since_before(said.at.unwrap_or_else(Instant::now), &records);
        let told = TOPICS.iter().zip(said.topics).zip(records.into_iter().zip(rates));
        let flow = told.map(|((spec, said), (records, records_per_second))| TopicFlow {
            name: spec.name,
            record: spec.record,
            partitions: said.partitions.filter(|_| records.is_some()),
            records,
            records_per_second,
            missing: said.missing,
        });
        flow.collect()
    }

    fn lag(&self, reading: Reading, said: &Said) -> Result<i64, String> {
        let unknown = || "Kafka does not tell".to_owned();
        let index = TOPICS.iter().position(|spec| spec.name == reading.topic).ok_or_else(unknown)?;
        let topic = said.topics.get(index).ok_or_else(unknown)?;
        let ends = topic.ends.as_ref().ok_or_else(|| topic.missing.clone().unwrap_or_else(unknown))?;
        let next = match said.committed.get(&(reading.group, reading.topic)) {
            Some(committed) => committed.clone()?,
            None => self.own(reading),
        };
        Ok(lag(ends, &next, &topic.begins))
    }

    /// How far this endpoint is itself, which it knows better than Kafka.
    fn own(&self, reading: Reading) -> Offsets {
        let name = self.parts.topics.name_of(reading.topic).unwrap_or(reading.topic);
        let of_group = self.parts.progress.iter().filter(|progress| progress.group() == reading.group);
        let offsets: BTreeMap<_, _> = of_group.flat_map(Progress::reached).collect();
        let of_topic = offsets.into_iter().filter(|((topic, _), _)| **topic == *name);
        of_topic.map(|((_, partition), offset)| (partition, offset)).collect()
    }
}
