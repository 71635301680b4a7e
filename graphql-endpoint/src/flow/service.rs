//! What can be asked about the flow, within its bounds.

use super::config::FlowSettings;
use super::error::Refused;
use super::journey::{By, Journey, Lookup, Parts as LookupParts};
use super::shown::reading;
use super::snapshot::{Parts as SnapshotParts, Snapshot};
use super::tail::{Plan, Records, Tail};
use super::view::Viewer;
use super::watch::Watch;
use crate::error::Fault;
use crate::history;
use crate::projection::{Progress, Trail};
use deadpool_postgres::Pool;
use futures_util::stream::{self, Stream};
use metrics::{counter, gauge, histogram};
use service_kit::kafka::{KafkaSettings, TopicSettings};
use service_kit::registry::Registry;
use service_kit::service::Tasks;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use topology::topic::TOPICS;

/// Messages of a tail that may wait for a slow subscriber; at the bound the tail waits, and then passes records over.
const MESSAGES_AHEAD: usize = 2;

/// What flows. Cheap to clone; all clones share the bounds.
#[derive(Clone)]
pub struct Flow {
    parts: Arc<Parts>,
    watch: Watch,
    lookup: Lookup,
    readers: Arc<Semaphore>,
    journeys: Arc<Semaphore>,
}

/// What it works with.
pub struct Parts {
    /// Bounds.
    pub settings: FlowSettings,
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// What the topics are called.
    pub topics: TopicSettings,
    /// Schemas.
    pub registry: Registry,
    /// The endpoint's database.
    pub pool: Pool,
    /// Host, port and name of that database.
    pub database_address: String,
    /// Transactions.
    pub history: history::Repo,
    /// How far the endpoint itself is.
    pub progress: Vec<Progress>,
    /// What is remembered of the newest batches.
    pub trail: Trail,
    /// Where what runs is counted.
    pub tasks: Tasks,
}

/// Why something about the flow is not answered.
#[derive(Debug)]
pub enum NotAnswered {
    /// It may not be asked.
    Refused(Refused),
    /// Something is broken.
    Broken(Fault),
}

impl From<Refused> for NotAnswered {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl Flow {
    /// With these parts. Nothing runs yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let permits = |bound: u32| Arc::new(Semaphore::new(usize::try_from(bound).unwrap_or(usize::MAX)));
        let Parts { settings, kafka, topics, registry, pool, database_address, history, progress, trail, tasks } =
            &parts;
        let watch = Watch::new(SnapshotParts {
            settings: settings.clone(),
            kafka: kafka.clone(),
            topics: topics.clone(),
            registry: registry.clone(),
            pool: pool.clone(),
            database_address: database_address.clone(),
            progress: progress.clone(),
            tasks: tasks.clone(),
        });
        let lookup = Lookup::new(LookupParts {
            settings: settings.clone(),
            kafka: kafka.clone(),
            topics: topics.clone(),
            registry: registry.clone(),
            history: history.clone(),
            pool: pool.clone(),
            trail: trail.clone(),
        });
        let (readers, journeys) = (permits(settings.topic_readers_max), permits(settings.journeys_max));
        Self { watch, lookup, readers, journeys, parts: Arc::new(parts) }
    }

    /// A snapshot at once and then about one in each interval. What is broken is told in it.
    pub fn snapshots(&self) -> impl Stream<Item = Arc<Snapshot>> + use<> {
        self.watch.snapshots()
    }

    /// The newest records of a topic, by the contract's name, then those that come.
    ///
    /// # Errors
    /// [`Refused`] for another topic, too many items or too many readers; a fault when no reader can be made.
    pub fn records(&self, topic: &str, max_items: i32) -> Result<impl Stream<Item = Records> + use<>, NotAnswered> {
        let Parts { settings, kafka, topics, registry, tasks, .. } = &*self.parts;
        let spec = TOPICS.iter().find(|spec| spec.name == topic).ok_or(Refused::Topic)?;
        let (name, reading) = topics.name_of(spec.name).zip(reading(spec, registry)).ok_or(Refused::Topic)?;
        let max = settings.topic_records_max_items;
        let items = u32::try_from(max_items).ok().filter(|items| *items <= max).ok_or(Refused::MaxItems { max })?;
        let Ok(permit) = Arc::clone(&self.readers).try_acquire_owned() else {
            counter!("graphql_endpoint_refused_total", "why" => "topic readers").increment(1);
            return Err(Refused::TooManyReaders { max: settings.topic_readers_max }.into());
        };
        let plan = Plan {
            topic: name.to_owned(),
            max_items: usize::try_from(items).unwrap_or(usize::MAX),
            per_second: settings.topic_records_per_second,
            timeout: Duration::from_millis(settings.flow_timeout_ms),
        };
        let (sender, receiver) = mpsc::channel(MESSAGES_AHEAD);
        let viewer = Viewer::new(spec.record, reading, Handle::current());
        let tail = Tail::new(kafka, plan, viewer, sender).map_err(|error| NotAnswered::Broken(error.into()))?;
        let running = tasks.enter("reader of a topic");
        let run = move || {
            let open = gauge!("graphql_endpoint_topic_readers");
            open.increment(1.0);
            tail.run();
            open.decrement(1.0);
            // Only now is there room for another: what counts is the consumer, not the subscription.
            drop((running, permit));
        };
        std::thread::Builder::new()
            .name("flow tail".to_owned())
            .spawn(run)
            .map_err(|error| NotAnswered::Broken(Fault::Thread(error)))?;
        Ok(stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))))
    }

    /// The way of a transfer.
    ///
    /// # Errors
    /// [`Refused`] when too many are looked up; a fault when the database does not answer.
    pub async fn journey(&self, by: By) -> Result<Journey, NotAnswered> {
        let Ok(permit) = Arc::clone(&self.journeys).try_acquire_owned() else {
            counter!("graphql_endpoint_refused_total", "why" => "journeys").increment(1);
            return Err(Refused::TooManyJourneys { max: self.parts.settings.journeys_max }.into());
        };
        let started = Instant::now();
        let journey = self.lookup.journey(by, permit).await.map_err(NotAnswered::Broken);
        histogram!("graphql_endpoint_journey_seconds").record(started.elapsed().as_secs_f64());
        journey
    }
}
