//! One audit, from the first record to the report.

use std::collections::BTreeMap;
use std::time::Instant;

use service_kit::registry::Registry;

use crate::books::{Books, DEFAULT_LIMIT_CENTS, Examples, WatchSettings};
use crate::check::{Check, Tally};
use crate::config::Settings;
use crate::endpoint;
use crate::error::AuditError;
use crate::handler_tables::{Comparison, HandlerRepo, HandlerTables, due_poison};
use crate::model;
use crate::observation::Source;
use crate::patience::Patience;
use crate::progress::Progress;
use crate::projection::{Projection, ProjectionRepo};
use crate::report::{Report, Unmade};
use crate::topics::Topics;

/// Audits the bank. What was sent before it started must be whole by the deadline of the settings; what comes later is
/// not judged, so the bank may go on working.
///
/// # Errors
/// When it could not be checked: something does not answer, or the beginning of the history is gone.
pub async fn audit(settings: &Settings) -> Result<Report, AuditError> {
    let started = Instant::now();
    let mut audit = Audit::start(settings)?;
    audit.read_topics().await?;
    if settings.audit.topics_only {
        let unmade = Check::BEYOND_TOPICS.map(|check| (check, Unmade::NotAsked)).into();
        return Ok(Report::new(audit.books.finish(|_| DEFAULT_LIMIT_CENTS), unmade, started.elapsed()));
    }
    let of_projection = audit.projection().await?;
    let mut of_handler = audit.handler_tables().await?;
    let limit = |iban| of_handler.limits.of(iban);
    // With all that was read meanwhile, and with each account's own limit.
    let mut tallies = audit.books.finish(limit);
    tallies.extend(audit.books.finish_headers());
    tallies.push(model::replay(&audit.books, limit, audit.max_examples));
    tallies.append(&mut of_handler.tallies);
    tallies.push(of_projection);
    let mut unmade = Vec::new();
    for (check, made) in audit.endpoint().await {
        match made {
            Ok(tally) => tallies.push(tally),
            Err(why) => unmade.push((check, why)),
        }
    }
    Ok(Report::new(tallies, unmade, started.elapsed()))
}

struct Audit<'a> {
    settings: &'a Settings,
    topics: Topics,
    books: Books,
    max_examples: usize,
    seed: u64,
}

impl<'a> Audit<'a> {
    fn start(settings: &'a Settings) -> Result<Self, AuditError> {
        let registry = Registry::new(&settings.registry)?;
        let max_examples = usize_of(settings.audit.max_examples);
        let seed = settings.endpoint.seed.unwrap_or_else(rand::random);
        let accounts = if settings.audit.topics_only { 0 } else { usize_of(settings.endpoint.watch_accounts) };
        let transactions = usize_of(settings.endpoint.watch_max_transactions);
        Ok(Self {
            settings,
            topics: Topics::new(&settings.kafka, &settings.topics, &registry, settings.audit.commands_per_round)?,
            books: Books::new(Examples(max_examples), WatchSettings { accounts, transactions, seed }),
            max_examples,
            seed,
        })
    }

    /// Reads what is there, and then on until all of it is whole.
    async fn read_topics(&mut self) -> Result<(), AuditError> {
        tracing::info!("reading the topics");
        self.topics.read_on(&mut self.books).await?;
        self.books.cut();
        let mut patience = self.patience();
        loop {
            let open = self.books.open(!self.settings.audit.topics_only);
            if open.is_empty() || !patience.wait(&open.join(", ")).await {
                return Ok(());
            }
            self.topics.read_on(&mut self.books).await?;
        }
    }

    /// From now on. Reading and comparing a long history takes its time; the bank has the whole deadline for what is left
    /// after it.
    fn patience(&self) -> Patience {
        Patience::new(self.settings.audit.deadline_ms, self.settings.audit.poll_interval_ms)
    }

    /// Compares the endpoint's projection, once it is as far as the books were at the cut.
    async fn projection(&mut self) -> Result<Tally, AuditError> {
        let name = &self.settings.audit.transaction_database;
        let repo = ProjectionRepo::connect(&self.settings.database, name).await?;
        let sources = [Source::CreationsConfirmed, Source::Changes];
        let due: Vec<_> = sources.map(|source| (source, self.topics.read_so_far(source))).into();
        let mut patience = self.patience();
        let mut behind;
        loop {
            behind = Vec::new();
            for (source, due) in &due {
                let topic = self.topics.name(*source);
                behind.extend(lag(&topic, due, &repo.positions(&topic).await?));
            }
            let what = format!("the projection: {}", behind.join(", "));
            if behind.is_empty() || !patience.wait(&what).await {
                break;
            }
        }
        repo.take_snapshot().await?;
        let positions = repo.positions(&self.topics.name(Source::Changes)).await?;
        self.topics.read_on(&mut self.books).await?;
        let mut comparison = Projection::new(&self.books, &positions, self.max_examples);
        let mut progress = Progress::new("transactions of the endpoint", self.books.changes.count());
        repo.each_transaction(|row| {
            comparison.transaction(&row);
            progress.step();
        })
        .await?;
        repo.each_account(|number, a_type| comparison.account(number, a_type)).await?;
        Ok(comparison.finish(behind))
    }

    /// Compares the handler's tables as they are once they hold what was sent, when the topics have all of their events.
    async fn handler_tables(&mut self) -> Result<Comparison, AuditError> {
        let name = &self.settings.audit.balance_database;
        let repo = HandlerRepo::connect(&self.settings.database, name).await?;
        let mut patience = self.patience();
        loop {
            let kept = repo.poison().await?;
            let mut due = due_poison(&self.books, |source| self.topics.name(source));
            due.retain(|row| !kept.contains(row));
            if due.is_empty() || !patience.wait(&format!("{} commands to be kept as poison", due.len())).await {
                break;
            }
        }
        repo.take_snapshot().await?;
        let last = u64::try_from(repo.last_event().await?).unwrap_or_default();
        let mut published = Tally::new(Check::Published, self.max_examples);
        let mut patience = self.patience();
        loop {
            self.topics.read_on(&mut self.books).await?;
            let open = self.books.events.open(last);
            if open == 0 {
                break;
            }
            if !patience.wait(&format!("{open} of the handler's events in the topics")).await {
                let first = self.books.events.first_open(last).join(", ");
                published.fails(|| format!("{open} events are not in the topics as a whole, the first are {first}"));
                break;
            }
        }
        published.checked = last;
        let sum = repo.sum_of_balances().await?;
        let poison = repo.poison().await?;
        let mut comparison = HandlerTables::new(&self.books, self.max_examples);
        let mut progress = Progress::new("events of the handler", last);
        repo.each_event(|row| {
            comparison.event(&row);
            progress.step();
        })
        .await?;
        repo.each_account(|row| comparison.account(&row)).await?;
        repo.each_token(|number, token| comparison.token(number, token)).await?;
        repo.counters().await?.iter().for_each(|(name, cents)| comparison.counter(name, *cents));
        let topics = &self.topics;
        let mut compared = comparison.finish(&sum, &poison, |source| topics.name(source));
        compared.tallies.push(published);
        Ok(compared)
    }

    /// Asks the endpoint, as its users do. Where it cannot be reached, the other checks still stand.
    async fn endpoint(&self) -> [(Check, Result<Tally, Unmade>); 2] {
        let settings = &self.settings.endpoint;
        let followed = if settings.watch_accounts > 0 {
            tracing::info!("following accounts at {}, seed {}", settings.url(), self.seed);
            let followed = endpoint::follow_accounts(settings, &self.books, self.seed, self.max_examples).await;
            followed.map_err(Unmade::Impossible)
        } else {
            Err(Unmade::NotAsked)
        };
        let probed = if settings.probes() {
            endpoint::probe(settings, self.max_examples).await.map_err(Unmade::Impossible)
        } else {
            Err(Unmade::NotAsked)
        };
        [(Check::Streams, followed), (Check::Answers, probed)]
    }
}

/// The partitions that are not as far as they should be, in words.
fn lag(topic: &str, due: &BTreeMap<i32, i64>, positions: &BTreeMap<i32, i64>) -> Vec<String> {
    due.iter()
        .filter_map(|(partition, due)| {
            let position = positions.get(partition).copied().unwrap_or_default();
            (position < *due).then(|| format!("{topic} {partition} is at {position} of {due}"))
        })
        .collect()
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
