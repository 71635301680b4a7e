use std::convert::Infallible;
use std::time::{Duration, Instant};

use futures_util::TryFutureExt;
use service_kit::fault;
use service_kit::kafka::{Metadata, wait_for_kafka};
use service_kit::postgres::PostgresError;
use service_kit::registry::Registry;
use service_kit::retry::{Backoff, Reminder, wait_for};
use service_kit::service::Kit;
use tokio_util::sync::CancellationToken;

use crate::clients::Clients;
use crate::config::Settings;
use crate::error::{AskedToStop, HandlerError};
use crate::intake::{Intake, Sources};
use crate::lease::{self, Backend};
use crate::relay::{self, OutputTopics, Outputs, Publisher};
use crate::session::Session;
use crate::store::{Store, StoreError, Write};

/// After a term this long, a new failure is not one of a series.
const STABLE_TERM: Duration = Duration::from_secs(10);
/// Between two looks of a standby whether what it holds ready is still so.
const READY_INTERVAL: Duration = Duration::from_secs(5);

/// The command handler: standby, active, standby again after a failure, until asked to stop.
pub struct Service {
    settings: Settings,
    kit: Kit,
    metadata: Metadata,
    registry: Registry,
    /// This process's last connection, to be ended before another one may write.
    former: Option<Backend>,
}

/// A term ended cleanly, or by the request to stop before it began.
type Term = Result<(), HandlerError>;

impl Service {
    /// Prepares everything that needs no answer of anybody.
    ///
    /// # Errors
    /// When a client library does not accept the settings.
    pub fn build(settings: Settings, kit: Kit) -> Result<Self, HandlerError> {
        let metadata = Metadata::new(&settings.kafka)?;
        let registry = Registry::new(&settings.registry)?;
        Ok(Self { settings, kit, metadata, registry, former: None })
    }

    /// Runs until asked to stop.
    ///
    /// # Errors
    /// Only what trying again can't help, such as a database that does not belong to this Kafka.
    pub async fn run(mut self) -> Result<(), HandlerError> {
        let backoff = Backoff::default();
        let mut reminder = Reminder::default();
        let mut failures = 0;
        let shutdown = self.kit.shutdown.clone();
        while !shutdown.is_cancelled() {
            let began = Instant::now();
            match self.term(&shutdown).await {
                Ok(()) => {}
                Err(error) if error.is_retriable() => {
                    if began.elapsed() >= STABLE_TERM {
                        failures = 0;
                    }
                    failures += 1;
                    let reason = service_kit::service::chain(&error);
                    self.kit.health.part("ledger").down(reason.clone());
                    if reminder.is_due(&reason, Instant::now()) {
                        tracing::warn!(reason, "dropping all state and starting over");
                    }
                    tokio::select! {
                        () = backoff.sleep(failures) => {}
                        () = shutdown.cancelled() => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One term: wait for what is needed, stand by, be active until something is lost.
    async fn term(&mut self, shutdown: &CancellationToken) -> Term {
        let health = self.kit.health.clone();
        // Named before the database answers, or the handler would be ready in between.
        let ledger = health.part("ledger");
        let Ok(store) = self.connect(shutdown).await? else { return Ok(()) };
        let backend = lease::backend(&store).await?;
        let mut held_ready = None;
        if !lease::try_acquire(&store, &self.settings.lease).await? {
            health.set_role("standby");
            // What was missing in the term before is no standby's concern, and is looked at anew by the next active one.
            for part in ["kafka", "registry", "publishing"] {
                health.part(part).up();
            }
            ledger.up();
            tracing::info!("standing by for the right to write");
            tokio::select! {
                acquired = lease::acquire(&store, &self.settings.lease, self.former.as_ref()) => acquired?,
                never = self.hold_ready(&mut held_ready) => match never {},
                () = shutdown.cancelled() => return Ok(()),
            }
        }
        self.former = Some(backend);
        health.set_role("active");
        ledger.down("taking over");
        let taken_over = tokio::select! {
            taken_over = self.take_over(store, held_ready, shutdown) => taken_over?,
            () = shutdown.cancelled() => None,
        };
        let Some(mut session) = taken_over else { return Ok(()) };
        ledger.up();
        session.run(shutdown).await?;
        tracing::info!("finishing what is decided");
        session.finish().await
    }

    async fn connect(&self, shutdown: &CancellationToken) -> Result<Result<Store, AskedToStop>, HandlerError> {
        let database = &self.settings.database;
        let ledger = &self.settings.ledger;
        let part = self.kit.health.part("postgres");
        let what = format!("Postgres at {}:{}", database.hostname, database.port);
        let backoff = Backoff { initial_ms: 50, max_ms: 2_000 };
        let connected = wait_for(&part, &what, backoff, shutdown, async || {
            match Store::connect(database, &ledger.database_name, ledger.store_timeout_ms).await {
                // A database of another version will not get better by waiting.
                Err(error @ StoreError::Connect(PostgresError::Migrate(_))) => Ok(Err(error)),
                Ok(store) => Ok(Ok(store)),
                Err(error) => Err(error),
            }
        });
        match connected.await {
            Ok(store) => Ok(Ok(store?)),
            Err(stopped) => Ok(Err(stopped.into())),
        }
    }

    /// For a standby: connects what a take-over needs, and keeps it so. Nobody needs it yet, so a failure is no news to anybody.
    async fn hold_ready(&self, held: &mut Option<Clients>) -> Infallible {
        loop {
            // What is kept of these answers is the ids of schemas; the rest is asked again by who takes over.
            if let Err(error) = Outputs::discover(&self.output_topics(), &self.metadata, &self.registry).await {
                tracing::debug!(error = service_kit::service::chain(&error), "topics and schemas are not known yet");
            }
            // Nobody takes clients over that are being asked: a question goes on when nobody waits for it any more, and then takes
            // whatever they receive for its own.
            match self.connected(held.take()).await {
                Ok(clients) => *held = Some(clients),
                Err(error) => {
                    tracing::debug!(
                        error = service_kit::service::chain(&error),
                        "a take-over would have to connect first"
                    );
                }
            }
            tokio::time::sleep(READY_INTERVAL).await;
        }
    }

    /// The clients held, or new ones where one of them gets no answer: it may have lost its brokers for good.
    async fn connected(&self, held: Option<Clients>) -> Result<Clients, HandlerError> {
        let kafka = &self.settings.kafka;
        if let Some(clients) = held
            && clients.ask(kafka).await.is_ok()
        {
            return Ok(clients);
        }
        let clients = Clients::open(kafka)?;
        clients.ask(kafka).await?;
        Ok(clients)
    }

    /// With the lock held: brings tables and topics level with the events, then starts to read.
    /// Nothing when asked to stop meanwhile.
    async fn take_over(
        &self,
        store: Store,
        held_ready: Option<Clients>,
        shutdown: &CancellationToken,
    ) -> Result<Option<Session>, HandlerError> {
        let began = Instant::now();
        let settings = &self.settings;
        let topics = &settings.topics;
        let outputs = tokio::select! {
            outputs = self.wait_for_cluster(shutdown) => outputs,
            error = lease::keep(&store, settings.lease.lease_timeout_ms) => return Err(error.into()),
        };
        let Some(outputs) = outputs else { return Ok(None) };
        let connecting = async {
            self.check_cluster(&store).await?;
            self.connected(held_ready).await
        };
        let Clients { scanner, line, commands } = self.with_lease(&store, connecting).await?;
        if !fault::mutant("snapshot-not-caught-up") {
            store.catch_up_snapshot().await?;
        }
        let progress = store.progress().await?;
        let recovering = relay::recover(&store, &progress, outputs, &settings.kafka, &self.metadata, &scanner, line);
        let point = self.with_lease(&store, recovering.map_err(HandlerError::from)).await?;
        store.write(Write { published: Some(point.published.clone()), ..Write::default() }).await?;
        let sources = Sources {
            kafka: settings.kafka.clone(),
            creations: topics.cac.clone(),
            transfers: topics.cmt.clone(),
            creation_decoder: self.registry.decoder(),
            transfer_decoder: self.registry.decoder(),
            registry: self.kit.health.part("registry"),
            queue_max_commands: usize::try_from(settings.ledger.queue_max_commands).unwrap_or(usize::MAX),
            memory_max_kib: settings.ledger.memory_max_kib,
            request_timeout: Duration::from_millis(settings.kafka.request_timeout_ms),
        };
        let reading = Intake::start(commands, sources, &self.metadata);
        let intake = self.with_lease(&store, reading.map_err(HandlerError::from)).await?;
        let unpublished_max = usize::try_from(settings.ledger.unpublished_max_answers).unwrap_or(usize::MAX);
        let publisher = Publisher::start(point.line, point.outputs, point.published, unpublished_max)?;
        let after_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(last_event = progress.last_event, after_ms, "active");
        let publishing = self.kit.health.part("publishing");
        let lease_timeout_ms = settings.lease.lease_timeout_ms;
        let ledger = settings.ledger.clone();
        Ok(Some(Session::new(store, &progress, intake, publisher, ledger, lease_timeout_ms, publishing)))
    }

    /// Waits for Kafka, its topics and the registry; nothing when asked to stop meanwhile.
    async fn wait_for_cluster(&self, shutdown: &CancellationToken) -> Option<Outputs> {
        let settings = &self.settings;
        let topics = &settings.topics;
        let outputs = self.output_topics();
        let needed = [&topics.cac, &topics.cmt, &topics.acc, &topics.acf, &topics.mtc, &topics.mtf, &topics.bc];
        let needed: Vec<&str> = needed.iter().map(|topic| topic.as_str()).collect();
        let kafka = self.kit.health.part("kafka");
        wait_for_kafka(&self.metadata, &settings.kafka, &needed, &kafka, shutdown).await.ok()?;
        let part = self.kit.health.part("registry");
        let what = format!("schema registry at {}", self.registry.url());
        let discovered = wait_for(&part, &what, Backoff { initial_ms: 50, max_ms: 2_000 }, shutdown, async || {
            Outputs::discover(&outputs, &self.metadata, &self.registry).await
        });
        discovered.await.ok()
    }

    fn output_topics(&self) -> OutputTopics {
        let topics = &self.settings.topics;
        OutputTopics {
            creation_confirmed: topics.acc.clone(),
            creation_failed: topics.acf.clone(),
            transfer_confirmed: topics.mtc.clone(),
            transfer_failed: topics.mtf.clone(),
            balance_changed: topics.bc.clone(),
        }
    }

    /// Waits for what may take long, and shows signs of life meanwhile.
    async fn with_lease<T>(
        &self,
        store: &Store,
        work: impl Future<Output = Result<T, HandlerError>>,
    ) -> Result<T, HandlerError> {
        tokio::select! {
            done = work => done,
            error = lease::keep(store, self.settings.lease.lease_timeout_ms) => Err(error.into()),
        }
    }

    async fn check_cluster(&self, store: &Store) -> Result<(), HandlerError> {
        let found = self.metadata.cluster_id().await?;
        match store.progress().await?.cluster_id {
            Some(stored) if stored != found => Err(HandlerError::OtherCluster { stored, found }),
            Some(_) => Ok(()),
            None => Ok(store.set_cluster_id(&found).await?),
        }
    }
}
