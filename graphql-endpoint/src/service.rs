//! The endpoint as a whole: built from its settings, run until it is told to stop.

use crate::accounts::{self, Users};
use crate::commands::{CommandProducer, CommandSender};
use crate::config::Settings;
use crate::error::Fault;
use crate::fanout::{Fanout, Follower};
use crate::flow::{self, Flow};
use crate::history;
use crate::http::{Door, Origins};
use crate::projection::{LagMeter, Parts as ProjectionParts, Progress, Projector, ReaderParts, Trail};
use crate::requests::{self, OpenTransfers, OutcomeReader, Requests, keep_outcomes, send_again};
use crate::schema::{Bank, schema};
use axum::serve::ListenerExt;
use deadpool_postgres::Pool;
use service_kit::kafka::{Metadata, wait_for_kafka};
use service_kit::postgres::{connect, migrate, pool};
use service_kit::registry::{Encoder, Registry};
use service_kit::retry::{Backoff, wait_for};
use service_kit::service::Kit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use topology::topic::groups;
use topology::{ConfirmAccountCreation, ConfirmMoneyTransfer};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// How long commands that were accepted may take to reach Kafka when the service stops.
const FLUSH: Duration = Duration::from_secs(3);
/// How long requests that are under way may take when the service stops; one that was sent in part may never come.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// How long web sockets may take to say goodbye when the service stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// The endpoint, ready to run.
pub struct Service {
    kit: Kit,
    listener: TcpListener,
    door: Door,
    projector: Projector,
    lag: LagMeter,
    outcomes: OutcomeReader,
    keeping: Keeping,
    users: Users,
    created: tokio::sync::mpsc::Receiver<crate::projection::Creation>,
    transfers: CommandSender<ConfirmMoneyTransfer>,
    settings: Settings,
}

/// What keeps outcomes.
struct Keeping {
    requests: Requests,
    repo: requests::Repo,
    settled: tokio::sync::mpsc::Receiver<(topology::CommandId, requests::Outcome)>,
}

/// Waits for what the endpoint depends on, brings its database to its schema, and builds it.
///
/// # Errors
/// When a setting is wrong, the port is taken, or the database cannot be migrated. `Ok(None)` when it was told to stop while it
/// waited.
pub async fn build(settings: Settings, kit: Kit) -> Result<Option<Service>, Fault> {
    let Some(ground) = prepare(&settings, &kit).await? else { return Ok(None) };
    let Ground { pool, registry, metadata, accounts_encoder, transfers_encoder } = ground;
    let producer = CommandProducer::new(&settings.kafka)?;
    let transfers = CommandSender::new(producer.clone(), &settings.topics.cmt, transfers_encoder);
    let creations = CommandSender::new(producer, &settings.topics.cac, accounts_encoder);
    let fanout = Fanout::new(settings.fanout.subscriber_buffer_transactions);
    let history = history::Repo::new(pool.clone());
    let open_max = settings.commands.open_commands_max;
    let open = OpenTransfers::new(open_max);
    let (settled_sender, settled) = tokio::sync::mpsc::channel(usize::try_from(open_max).unwrap_or(usize::MAX));
    let repo = requests::Repo::new(pool.clone());
    let requests = Requests::new(requests::Parts {
        repo: repo.clone(),
        open: open.clone(),
        sender: transfers.clone(),
        legs: fanout.legs().clone(),
        history: history.clone(),
        settled: settled_sender,
        settings: settings.commands.clone(),
    });
    let outcome_timeout = Duration::from_millis(settings.commands.outcome_timeout_ms);
    let users = accounts::Repo::new(pool.clone());
    let (users, sink, created) = Users::new(users, creations, settings.login.clone(), outcome_timeout, open_max);

    let follower = Follower {
        fanout: fanout.clone(),
        repo: history.clone(),
        page: i64::from(settings.fanout.history_page_transactions),
    };
    let [changes_progress, creations_progress, outcomes_progress] = [
        groups::GRAPHQL_ENDPOINT_TRANSACTIONS_GROUP,
        groups::GRAPHQL_ENDPOINT_ACCOUNTS_GROUP,
        groups::GRAPHQL_ENDPOINT_MONEY_TRANSFER_GROUP,
    ]
    .map(Progress::of_group);
    let progress = vec![changes_progress.clone(), creations_progress.clone(), outcomes_progress.clone()];
    let trail = Trail::new(settings.flow.journey_remembered_batches);
    let database = &settings.database;
    let flow = Flow::new(flow::Parts {
        settings: settings.flow.clone(),
        kafka: settings.kafka.clone(),
        topics: settings.topics.clone(),
        registry: registry.clone(),
        pool,
        database_address: format!("{}:{}/{}", database.hostname, database.port, settings.database_name),
        history: history.clone(),
        progress: progress.clone(),
        trail: trail.clone(),
        tasks: kit.tasks.clone(),
    });
    let limits = Arc::new(settings.limits.clone());
    let bank =
        Bank { history, follower, users: users.clone(), requests: requests.clone(), flow, limits: Arc::clone(&limits) };
    let listener = listen(&settings).await?;
    let own_port = listener.local_addr().map_or(settings.http.graphql_port, |address| address.port());
    let origins = Origins::new(&settings.http.allowed_origins, own_port);
    let door = Door::new(schema(bank), limits, origins, kit.shutdown.clone());

    let lag = LagMeter {
        metadata: metadata.clone(),
        progress,
        kafka: kit.health.part("kafka"),
        interval: Duration::from_millis(settings.projection.lag_ms),
    };
    let readers = ReaderParts {
        kafka: settings.kafka.clone(),
        topics: settings.topics.clone(),
        registry: registry.clone(),
        metadata: metadata.clone(),
        batch_max_records: usize::try_from(settings.projection.projection_batch_max_records).unwrap_or(usize::MAX),
        batches_ahead: usize::try_from(settings.projection.projection_batches_ahead).unwrap_or(usize::MAX),
    };
    let projector = Projector::new(ProjectionParts {
        settings: settings.projection.clone(),
        database: settings.database.clone(),
        database_name: settings.database_name.clone(),
        readers,
        fanout,
        creations: sink,
        trail,
        changes_progress,
        creations_progress,
        health: kit.health.clone(),
    });
    let outcomes = OutcomeReader {
        requests: requests.clone(),
        open,
        kafka: settings.kafka.clone(),
        topics: settings.topics.clone(),
        registry,
        metadata,
        progress: outcomes_progress,
        show_offsets: Duration::from_millis(settings.projection.group_commit_ms),
    };
    let keeping = Keeping { requests, repo, settled };
    Ok(Some(Service { kit, listener, door, projector, lag, outcomes, keeping, users, created, transfers, settings }))
}

/// What is there once the dependencies are.
struct Ground {
    pool: Pool,
    registry: Registry,
    metadata: Metadata,
    accounts_encoder: Encoder<ConfirmAccountCreation>,
    transfers_encoder: Encoder<ConfirmMoneyTransfer>,
}

async fn prepare(settings: &Settings, kit: &Kit) -> Result<Option<Ground>, Fault> {
    let Settings { database, database_name, topics, .. } = settings;
    let backoff = Backoff { initial_ms: 50, max_ms: 2_000 };
    // All are named before the first is up, or the endpoint would be ready in between; the projector has the last.
    let names = ["postgres", "kafka", "registry", "projection"];
    let [postgres, kafka, registry_answers, _] = names.map(|name| kit.health.part(name));
    let what = format!("database {database_name} at {}:{}", database.hostname, database.port);
    let connected = wait_for(&postgres, &what, backoff, &kit.shutdown, async || {
        connect(database, database_name, "graphql-endpoint migration").await
    });
    let Ok((mut client, _connection)) = connected.await else { return Ok(None) };
    migrate(&mut client, embedded::migrations::runner()).await?;

    let metadata = Metadata::new(&settings.kafka)?;
    let used = [&topics.cac, &topics.acc, &topics.acf, &topics.cmt, &topics.mtc, &topics.mtf, &topics.bc];
    let used = used.map(String::as_str);
    if wait_for_kafka(&metadata, &settings.kafka, &used, &kafka, &kit.shutdown).await.is_err() {
        return Ok(None);
    }
    let registry = Registry::new(&settings.registry)?;
    let what = format!("registry at {}", registry.url());
    let encoders = wait_for(&registry_answers, &what, backoff, &kit.shutdown, async || {
        let accounts = registry.encoder::<ConfirmAccountCreation>(&topics.cac).await?;
        Ok::<_, Fault>((accounts, registry.encoder::<ConfirmMoneyTransfer>(&topics.cmt).await?))
    });
    let Ok((accounts_encoder, transfers_encoder)) = encoders.await else { return Ok(None) };
    let pool = pool(database, database_name, "graphql-endpoint")?;
    Ok(Some(Ground { pool, registry, metadata, accounts_encoder, transfers_encoder }))
}

async fn listen(settings: &Settings) -> Result<TcpListener, Fault> {
    let address = SocketAddr::new(settings.http.graphql_host, settings.http.graphql_port);
    TcpListener::bind(address).await.map_err(|source| Fault::Listen { address: address.to_string(), source })
}

impl Service {
    /// Where clients connect.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr, Fault> {
        self.listener.local_addr().map_err(Fault::Serve)
    }

    /// Serves until the kit's shutdown is cancelled: then `WebSockets` are closed with a reason, and commands that were accepted
    /// go out.
    ///
    /// # Errors
    /// What does not heal by trying again.
    pub async fn run(self) -> Result<(), Fault> {
        let address = self.address()?;
        let Self { kit, listener, door, projector, lag, outcomes, keeping, users, created, transfers, settings } = self;
        let shutdown = kit.shutdown.clone();
        let reader = loop {
            match outcomes.start().await {
                Ok(reader) => break reader,
                Err(_) if shutdown.is_cancelled() => return Ok(()),
                Err(fault) if fault.is_retriable() => {
                    // Told to stop meanwhile, it looks once more and then does.
                    let _ = shutdown.run_until_cancelled(Backoff::default().sleep(1)).await;
                }
                Err(fault) => return Err(fault),
            }
        };
        let resend_after = Duration::from_millis(settings.commands.resend_after_ms);
        let resend_max = settings.commands.resend_max_commands;
        let Keeping { requests, repo, settled } = keeping;
        let asked = requests.clone();
        let resend_transfers = move |since| {
            let requests = asked.clone();
            async move { requests.send_again(since).await }
        };
        let known = users.clone();
        let resend_creations = move |since| {
            let users = known.clone();
            async move { users.send_again(since, resend_max).await }
        };
        let background = [
            kit.tasks.spawn("lag", lag.run(shutdown.clone())),
            kit.tasks.spawn("outcomes of transfers", outcomes.run(reader, shutdown.clone())),
            kit.tasks.spawn("outcomes of accounts", users.take_outcomes(created, shutdown.clone())),
            kit.tasks.spawn("keeping outcomes", keep_outcomes(requests, repo, settled, shutdown.clone())),
            kit.tasks.spawn("sending transfers again", send_again(resend_after, shutdown.clone(), resend_transfers)),
            kit.tasks
                .spawn("sending account creations again", send_again(resend_after, shutdown.clone(), resend_creations)),
        ];
        let projecting = kit.tasks.spawn("projection", projector.run(shutdown.clone()));
        tracing::info!("GraphiQL at http://{address}/, GraphQL at http://{address}/graphql");
        // Without this, small answers wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        let serving =
            axum::serve(listener, door.clone().routes()).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let serving = kit.tasks.spawn("serving", async move { serving.await });

        let projected = projecting.await.unwrap_or(Err(Fault::ReaderEnded("projection")));
        shutdown.cancel();
        let served = if let Ok(served) = tokio::time::timeout(LAST_REQUESTS, serving).await {
            served.map_or(Ok(()), |served| served.map_err(Fault::Serve))
        } else {
            tracing::debug!("some requests came only in part, or were not answered in time");
            Ok(())
        };
        door.closed(GOODBYE).await;
        for task in background {
            // A task that panicked has told so itself.
            let _ = task.await;
        }
        transfers.flush(FLUSH).await;
        projected.and(served)
    }
}
