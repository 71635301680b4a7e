//! A run from the first look at the bank to the report.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use service_kit::kafka::{Metadata, TopicSettings};
use service_kit::registry::Registry;
use topology::ConfirmMoneyTransfer;

use super::config::{CommandsSettings, LoadSettings, Mode};
use super::meter::{Meter, Metered};
use super::report::{Figures, Report, Setup};
use super::{closed, open};
use crate::bank::{Machine, Stopped};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::load::{Comparison, Outbox, OutcomeReader, Starts, Waiting, ends, read_accounts};
use crate::output;
use crate::plan::{Accounts, Ids, Plan};
use crate::thread::on_thread;
use crate::watch::{Lag, LagWatch, Subscriber};

/// What is sent, and what every step of a run needs. Cheap to clone.
#[derive(Clone)]
pub struct Run {
    pub plan: Plan,
    pub ids: Ids,
    pub count: u32,
    pub accounts: Arc<Accounts>,
    pub topics: TopicSettings,
    pub patience: Duration,
    pub interrupt: Interrupt,
}

/// Measures and prints; whether every command was answered as it should be.
///
/// # Errors
/// When it cannot be measured.
pub async fn run(settings: &CommandsSettings, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
    let report = measure(settings, interrupt).await?;
    output::give(&report, settings.load.json, settings.load.out.as_deref())?;
    Ok(report.holds())
}

/// Measures.
///
/// # Errors
/// When it cannot be measured.
pub async fn measure(settings: &CommandsSettings, interrupt: &Interrupt) -> Result<Report, BenchmarkError> {
    let CommandsSettings { load, place, connections } = settings;
    let (kafka, topics) = (&connections.kafka, &connections.topics);
    if load.mode() == Mode::Open && load.stop.is_some() {
        return Err(BenchmarkError::Settings("--stop goes with --mode closed only".to_owned()));
    }
    let machine = Machine::now(&place.scripts_dir);
    let registry = Registry::new(&connections.registry)?;
    let metadata = Metadata::new(kafka)?;
    let accounts = read_accounts(kafka, topics, &registry, load.accounts, interrupt).await?;
    let disk_before = place.sync_times();
    let starts = ends(&metadata, &[&topics.mtc, &topics.mtf]).await?;
    let run = Run {
        plan: Plan {
            seed: load.seed,
            accounts: load.accounts,
            hot: load.hot,
            repeats: load.repeats,
            refusals: load.refusals,
        },
        ids: Ids::new(load.ids, load.seed, u64::try_from(now_ms()).unwrap_or_default()),
        count: load.count(),
        accounts: Arc::new(accounts),
        topics: topics.clone(),
        patience: Duration::from_secs(u64::from(load.patience_seconds)),
        interrupt: interrupt.clone(),
    };
    let waiting = if load.mode() == Mode::Closed { Waiting::ForOthers } else { Waiting::No };
    let outbox = Outbox::new(kafka, &registry, &topics.cmt, waiting).await?;
    let meter = Meter::new(&connections.database, &load.balance_database, place.pid_dir()).await?;
    let watch = Watch::start(settings, &metadata, run.patience).await?;
    let Measured { metered, comparison, figures, end } = match load.mode() {
        Mode::Closed => closed(settings, &run, &metadata, &registry, &starts, &meter, watch.lag, outbox).await?,
        Mode::Open => {
            let reader = OutcomeReader::new(kafka, topics, &registry, &starts)?;
            open(load, &run, &metadata, &meter, watch.lag, outbox, reader).await?
        }
    };
    let subscriber = match watch.subscriber {
        Some(subscriber) => Some(subscriber.finish(comparison.changes(), end.last_outcome, run.patience).await?),
        None => None,
    };
    let disk_after = place.sync_times();
    Ok(Report {
        machine,
        settings: Setup::of(load),
        figures,
        interrupted: interrupt.is_asked(),
        comparison,
        metered,
        projection_lag: end.lag,
        subscriber,
        disk_before,
        disk_after,
    })
}

/// What is looked at beside the load, where it was asked for.
struct Watch {
    lag: Option<LagWatch>,
    subscriber: Option<Subscriber>,
}

impl Watch {
    async fn start(
        settings: &CommandsSettings,
        metadata: &Metadata,
        patience: Duration,
    ) -> Result<Self, BenchmarkError> {
        let CommandsSettings { load, connections, .. } = settings;
        let Some(url) = &load.subscriber else { return Ok(Self { lag: None, subscriber: None }) };
        let (database, topic) = (&load.transaction_database, &connections.topics.bc);
        let lag = LagWatch::start(&connections.database, database, metadata, topic, patience).await?;
        Ok(Self { lag: Some(lag), subscriber: Some(Subscriber::start(url).await?) })
    }
}

/// What came of a run.
struct Measured {
    metered: Metered,
    comparison: Comparison,
    figures: Figures,
    end: End,
}

/// When the bank was done.
struct End {
    last_outcome: Instant,
    /// Of the projection, which has caught up since where it was looked at.
    lag: Option<Lag>,
}

impl End {
    /// The last outcome has come: what the bank still does for it belongs to what it costs.
    async fn wait(lag: Option<LagWatch>, patience: Duration) -> Result<Self, BenchmarkError> {
        let last_outcome = Instant::now();
        let lag = match lag {
            Some(lag) => Some(lag.finish(patience).await?),
            None => None,
        };
        Ok(Self { last_outcome, lag })
    }
}

#[allow(clippy::too_many_arguments)] // each is a part of the run, used once
async fn closed(
    settings: &CommandsSettings,
    run: &Run,
    metadata: &Metadata,
    registry: &Registry,
    starts: &Starts,
    meter: &Meter,
    lag: Option<LagWatch>,
    outbox: Outbox<ConfirmMoneyTransfer>,
) -> Result<Measured, BenchmarkError> {
    let stopped = match settings.load.stop.clone() {
        Some(part) => {
            let place = settings.place.clone();
            let stop = move || Stopped::stop(&place, &part);
            Some(on_thread("stopper", stop).await?)
        }
        None => None,
    };
    // Where nothing is stopped the bank begins while commands are still being sent, so that counts.
    let early = if stopped.is_none() { Some((meter.start().await?, now_ms())) } else { None };
    let sent_per_second = closed::send(run, outbox).await?;
    let (started, began_ms) = match early {
        Some(early) => early,
        None => (meter.start().await?, now_ms()),
    };
    closed::work_off(run, metadata, starts, stopped).await?;
    let end = End::wait(lag, run.patience).await?;
    let metered = meter.finish(started, u64::from(run.count)).await?;
    // Not before: it would fetch while the bank works.
    let reader = OutcomeReader::new(&settings.connections.kafka, &settings.connections.topics, registry, starts)?;
    let (answers, throughput, foreign) = closed::read(run, reader, began_ms, sent_per_second).await?;
    let comparison = answers.compare(&run.plan, run.count);
    let figures = Figures { throughput: Some(throughput), foreign, ..Figures::default() };
    Ok(Measured { metered, comparison, figures, end })
}

async fn open(
    load: &LoadSettings,
    run: &Run,
    metadata: &Metadata,
    meter: &Meter,
    lag: Option<LagWatch>,
    outbox: Outbox<ConfirmMoneyTransfer>,
    reader: OutcomeReader,
) -> Result<Measured, BenchmarkError> {
    let started = meter.start().await?;
    let found =
        open::run(run, metadata, outbox, reader, load.per_second(), load.warm_up_count(), load.handler_killed).await?;
    let end = End::wait(lag, run.patience).await?;
    let metered = meter.finish(started, found.answers.heard()).await?;
    let comparison = found.answers.compare_with(&run.plan, found.sent, load.handler_killed);
    let figures = Figures {
        throughput: None,
        latency_ms: found.latencies.summary(),
        answered_per_second: Some(rate(found.answers.heard(), found.elapsed)),
        foreign: found.foreign,
    };
    Ok(Measured { metered, comparison, figures, end })
}

fn rate(count: u64, elapsed: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss)] // far below 2^53
    let count = count as f64;
    count / elapsed.as_secs_f64().max(f64::EPSILON)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
