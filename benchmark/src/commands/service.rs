//! A run from the first look at the bank to the report.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use service_kit::kafka::{Metadata, TopicSettings};
use service_kit::registry::Registry;
use topology::ConfirmMoneyTransfer;

use super::config::{CommandsSettings, LoadSettings, Mode};
use super::meter::{Meter, Metered};
use super::report::{Figures, Report, Setup};
use super::{closed, open};
use crate::bank::{Machine, Place, Stopped, SyncTimes, sync_times};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::load::{Comparison, Outbox, OutcomeReader, Starts, Waiting, ends, read_accounts};
use crate::plan::{Accounts, Ids, Plan};

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
    let json = serde_json::to_string_pretty(&report).expect("a report has texts for keys and finite numbers");
    if let Some(path) = &settings.load.out {
        std::fs::write(path, format!("{json}\n"))
            .map_err(|source| BenchmarkError::File { what: format!("writing {}", path.display()), source })?;
    }
    if settings.load.json {
        println!("{json}");
    } else {
        println!("{report}");
    }
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
    let machine = Machine::now();
    let registry = Registry::new(&connections.registry)?;
    let metadata = Metadata::new(kafka)?;
    let accounts = read_accounts(kafka, topics, &registry, load.accounts, interrupt).await?;
    let disk_before = disk(place);
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
    let reader = OutcomeReader::new(kafka, topics, &registry, &starts)?;
    let meter = Meter::new(&connections.database, &load.balance_database, place.pid_dir()).await?;
    let (metered, comparison, figures) = match load.mode() {
        Mode::Closed => closed(settings, &run, &metadata, &starts, &meter, outbox, reader).await?,
        Mode::Open => open(load, &run, &metadata, &meter, outbox, reader).await?,
    };
    let disk_after = disk(place);
    Ok(Report {
        machine,
        settings: Setup::of(load),
        figures,
        interrupted: interrupt.is_asked(),
        comparison,
        metered,
        disk_before,
        disk_after,
    })
}

async fn closed(
    settings: &CommandsSettings,
    run: &Run,
    metadata: &Metadata,
    starts: &Starts,
    meter: &Meter,
    outbox: Outbox<ConfirmMoneyTransfer>,
    reader: OutcomeReader,
) -> Result<(Metered, Comparison, Figures), BenchmarkError> {
    let stopped = match settings.load.stop.clone() {
        Some(part) => {
            let place = settings.place.clone();
            let stop = move || Stopped::stop(&place, &part);
            Some(tokio::task::spawn_blocking(stop).await.map_err(|_| BenchmarkError::Panicked)??)
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
    let metered = meter.finish(started, u64::from(run.count)).await?;
    let (answers, throughput, foreign) = closed::read(run, reader, began_ms, sent_per_second).await?;
    let comparison = answers.compare(&run.plan, run.count);
    Ok((metered, comparison, Figures { throughput: Some(throughput), foreign, ..Figures::default() }))
}

async fn open(
    load: &LoadSettings,
    run: &Run,
    metadata: &Metadata,
    meter: &Meter,
    outbox: Outbox<ConfirmMoneyTransfer>,
    reader: OutcomeReader,
) -> Result<(Metered, Comparison, Figures), BenchmarkError> {
    let started = meter.start().await?;
    let found = open::run(run, metadata, outbox, reader, load.per_second(), load.warm_up_count()).await?;
    let metered = meter.finish(started, found.answers.heard()).await?;
    let comparison = found.answers.compare(&run.plan, found.sent);
    let figures = Figures {
        throughput: None,
        latency_ms: found.latencies.summary(),
        answered_per_second: Some(rate(found.answers.heard(), found.elapsed)),
        foreign: found.foreign,
    };
    Ok((metered, comparison, figures))
}

/// How long the disk takes by itself; `None` where its place is not known, as without the scripts.
fn disk(place: &Place) -> Option<SyncTimes> {
    let folder = place.data_dir()?;
    sync_times(&folder).map_err(|error| tracing::warn!("{}: {error}", folder.display())).ok()
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
