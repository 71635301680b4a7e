//! The heartbeat: a pace API, and a sender that is made anew whenever Kafka refuses a beat.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::ThreadedProducer;
use service_kit::admin::Part;
use service_kit::kafka::{self, Detached, Gaps, Metadata, Silence};
use service_kit::registry::Registry;
use service_kit::retry::{Backoff, Stopped, wait_for};
use service_kit::service::{Kit, chain};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::api;
use crate::config::Settings;
use crate::control::PaceControl;
use crate::deliveries::Deliveries;
use crate::error::{Error, Interruption};
use crate::resume::next_beat;
use crate::sender::{Sender, SenderEnd};

/// How often Kafka is asked whether it is there.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// How long requests that are under way may take when the service stops; one that was sent in part may never come.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// A heartbeat that has its port and waits to be run.
pub struct Service {
    settings: Settings,
    kit: Kit,
    control: Arc<PaceControl>,
    listener: TcpListener,
    address: SocketAddr,
    metadata: Metadata,
    registry: Registry,
}

/// Takes the pace port and makes the clients; nothing is sent yet.
///
/// # Errors
/// [`Error`], all fatal: a taken port, or settings that make no client.
pub async fn build(settings: Settings, kit: Kit) -> Result<Service, Error> {
    let control = Arc::new(PaceControl::new(settings.pace()?));
    let address = settings.pace_address.socket();
    let listening = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let metadata = Metadata::new(&settings.kafka)?;
    let registry = Registry::new(&settings.registry)?;
    Ok(Service { settings, kit, control, listener, address, metadata, registry })
}

impl Service {
    /// Where the pace API listens.
    #[must_use]
    pub fn pace_address(&self) -> SocketAddr {
        self.address
    }

    /// Beats until `kit.shutdown` is cancelled; then waits for what is on its way.
    ///
    /// # Errors
    /// [`Error`], all fatal. What can be tried again is, and shows on `/readyz` meanwhile.
    pub async fn run(self) -> Result<(), Error> {
        tracing::info!(address = %self.address, "the pace can be changed at http://{}/pace", self.address);
        let shutdown = self.kit.shutdown.clone();
        let serving = axum::serve(self.listener, api::routes(Arc::clone(&self.control)))
            .with_graceful_shutdown(shutdown.clone().cancelled_owned())
            .into_future();
        let _api = self.kit.tasks.enter("pace API");
        let beating = Beating {
            settings: &self.settings,
            kit: &self.kit,
            control: &self.control,
            metadata: &self.metadata,
            registry: &self.registry,
        };
        let stopping = async {
            shutdown.cancelled().await;
            self.control.stop();
            Ok(())
        };
        let served_to_the_end = async {
            shutdown.cancelled().await;
            tokio::time::sleep(LAST_REQUESTS).await;
        };
        let serving = async {
            tokio::select! {
                served = serving => served.map_err(Error::Serve),
                () = served_to_the_end => Ok(()),
            }
        };
        let watching = async {
            beating.watch_kafka().await;
            Ok(())
        };
        tokio::try_join!(serving, beating.until_stopped(), watching, stopping).map(|_| ())
    }
}

/// One sender after another.
struct Beating<'a> {
    settings: &'a Settings,
    kit: &'a Kit,
    control: &'a Arc<PaceControl>,
    metadata: &'a Metadata,
    registry: &'a Registry,
}

impl Beating<'_> {
    async fn until_stopped(&self) -> Result<(), Error> {
        let sending = self.kit.health.part("sending");
        let backoff = Backoff::default();
        let mut failures = 0;
        loop {
            let Ok(sender) = self.prepare(&sending).await else { return Ok(()) };
            let first_beat = sender.next_beat;
            tracing::info!(first_beat, topic = sender.topic, "the heart beats");
            match self.in_thread(sender).await.map_err(Error::Sender)? {
                Ok(()) => return Ok(()),
                Err(interruption) => {
                    let reason = chain(&interruption);
                    tracing::warn!(reason, "the producer is given up; a new one goes on from the topic's last beat");
                    sending.down(reason);
                    // One that had sent something before it failed is no failure in a row.
                    failures = if self.control.beats() > first_beat.cast_unsigned() { 1 } else { failures + 1 };
                }
            }
            tokio::select! {
                () = backoff.sleep(failures) => {}
                () = self.kit.shutdown.cancelled() => return Ok(()),
            }
        }
    }

    /// Keeps `/readyz` true also while no beat is sent that Kafka could fail to take.
    async fn watch_kafka(&self) {
        let Settings { kafka, topics, .. } = self.settings;
        let part = self.kit.health.part("kafka");
        loop {
            tokio::select! {
                () = tokio::time::sleep(WATCH_INTERVAL) => {}
                () = self.kit.shutdown.cancelled() => return,
            }
            match self.metadata.partition_count(&topics.heartbeat).await {
                Ok(_) => part.up(),
                Err(error) => part.down(format!("waiting for Kafka at {}: {error}", kafka.brokers)),
            }
        }
    }

    /// Waits for Kafka, the topic and the registry, and finds the next beat.
    async fn prepare(&self, sending: &Part) -> Result<Sender, Stopped> {
        let Settings { kafka, topics, kit: kit_settings, .. } = self.settings;
        let topic = &topics.heartbeat;
        let shutdown = &self.kit.shutdown;
        let health = &self.kit.health;
        kafka::wait_for_kafka(self.metadata, kafka, &[topic], &health.part("kafka"), shutdown).await?;
        let what = format!("the schema registry at {}", self.registry.url());
        let registry_part = health.part("registry");
        let encoder =
            wait_for(&registry_part, &what, Backoff::default(), shutdown, || self.registry.encoder(topic)).await?;
        wait_for(sending, "the topic's last beat", Backoff::default(), shutdown, async || {
            let next_beat = self.next_beat().await?;
            self.control.set_beats(next_beat.cast_unsigned());
            Ok::<_, Interruption>(Sender {
                control: Arc::clone(self.control),
                producer: Detached::new(self.producer()?),
                silence: RefCell::new(Silence::new(kafka)),
                topic: topic.clone(),
                encoder,
                next_beat,
                stall_after: Duration::from_millis(self.settings.stall_after_ms),
                // Less than the whole, so that the rest can still end in an orderly way.
                flush_timeout: Duration::from_millis(kit_settings.shutdown_timeout_ms) * 4 / 5,
                health: sending.clone(),
            })
        })
        .await
    }

    fn producer(&self) -> Result<ThreadedProducer<Deliveries>, Interruption> {
        let mut config = kafka::producer_config_with(&self.settings.kafka, Gaps::Fatal);
        config
            .set("queue.buffering.max.messages", self.settings.max_unsent_beats.to_string())
            // A beat is never given up for being late: the pace waits for Kafka.
            .set("message.timeout.ms", "0");
        ThreadedProducer::from_config_and_context(&config, Deliveries::new(Arc::clone(self.control)))
            .map_err(|source| Interruption::Library { doing: "cannot make a producer", source })
    }

    async fn next_beat(&self) -> Result<i64, Interruption> {
        let mut config = kafka::consumer_config(&self.settings.kafka, "heartbeat-last-beat");
        config.set("enable.partition.eof", "true");
        let topic = self.settings.topics.heartbeat.clone();
        let decoder = self.registry.decoder();
        let timeout = Duration::from_millis(self.settings.kafka.request_timeout_ms);
        let runtime = Handle::current();
        let reading = tokio::task::spawn_blocking(move || {
            let consumer: BaseConsumer =
                config.create().map_err(|source| Interruption::Library { doing: "cannot make a consumer", source })?;
            next_beat(&consumer, &topic, &decoder, &runtime, timeout)
        });
        reading.await.map_err(|_| Interruption::GivenUp)?
    }

    fn in_thread(&self, sender: Sender) -> JoinHandle<SenderEnd> {
        let running = self.kit.tasks.enter("sender");
        tokio::task::spawn_blocking(move || {
            let _running = running;
            sender.run()
        })
    }
}
