//! What runs beside the requests: taking outcomes, keeping them, and sending again.

use super::answer::Outcome;
use super::outcomes::{Decision, Decisions};
use super::repo::Repo;
use super::service::{OpenTransfers, Requests};
use crate::consume::{Outcomes, Plan, Reader};
use crate::error::Fault;
use crate::projection::Progress;
use service_kit::kafka::Metadata;
use service_kit::registry::Registry;
use service_kit::retry::{Backoff, Reminder};
use service_kit::settings::{KafkaSettings, TopicSettings};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use topology::CommandId;
use topology::topic::groups;

/// Outcomes that are kept in one statement.
const SETTLE_MAX: usize = 1_000;
/// Outcomes in a batch of the consumer.
const BATCH_MAX_RECORDS: usize = 4_096;

/// Reads outcomes and hands them to the requests.
#[derive(Clone)]
pub struct OutcomeReader {
    /// Who asked.
    pub requests: Requests,
    /// What is asked for.
    pub open: OpenTransfers,
    /// Where Kafka is.
    pub kafka: KafkaSettings,
    /// What the topics are called.
    pub topics: TopicSettings,
    /// Schemas.
    pub registry: Registry,
    /// Partitions and their ends.
    pub metadata: Metadata,
    /// For the lag.
    pub progress: Progress,
    /// Between two commits of the group's offsets.
    pub show_offsets: Duration,
}

impl OutcomeReader {
    /// Consumers from the ends of the topics: outcomes of before are asked for again, by sending their commands again.
    ///
    /// # Errors
    /// When Kafka does not answer.
    pub async fn start(&self) -> Result<Outcomes<Decision>, Fault> {
        let (confirmed, failed) = (self.plan(&self.topics.mtc).await?, self.plan(&self.topics.mtf).await?);
        let is_wanted = || {
            let open = self.open.clone();
            move |id: &CommandId| open.contains(id)
        };
        Ok(Outcomes {
            confirmed: Reader::start(&self.kafka, &confirmed, Decisions::confirmed(&self.registry, is_wanted()))?,
            failed: Reader::start(&self.kafka, &failed, Decisions::failed(&self.registry, is_wanted()))?,
        })
    }

    async fn plan(&self, topic: &str) -> Result<Plan, Fault> {
        let topic: Arc<str> = topic.into();
        let mut starts = Vec::new();
        for found in self.metadata.watermarks(&topic).await? {
            let partition = (Arc::clone(&topic), found.partition);
            let read_before = self.progress.next_offsets().get(&partition).copied();
            let start = read_before.filter(|offset| (found.low..=found.high).contains(offset)).unwrap_or(found.high);
            self.progress.done(partition, start);
            starts.push((found.partition, start));
        }
        Ok(Plan {
            group: groups::GRAPHQL_ENDPOINT_MONEY_TRANSFER_GROUP,
            topic,
            starts,
            batch_max_records: BATCH_MAX_RECORDS,
            batches_ahead: 1,
        })
    }

    /// Hands outcomes over until `shutdown`; a consumer that ends is replaced by another.
    pub async fn run(self, mut reader: Outcomes<Decision>, shutdown: CancellationToken) {
        let mut show = tokio::time::interval(self.show_offsets);
        loop {
            tokio::select! {
                batch = reader.next() => match batch {
                    Ok(batch) => {
                        batch.items.into_iter().for_each(|decision| self.requests.decide(decision));
                        for (partition, next_offset) in batch.reach.next_offsets {
                            self.progress.done(partition, next_offset);
                        }
                        batch.reach.ended.iter().for_each(|partition| self.progress.ended(partition));
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "reading outcomes starts again");
                        let Some(again) = self.start_again(&shutdown).await else { return };
                        reader = again;
                    }
                },
                _ = show.tick() => reader.show_offsets(self.progress.reached().iter()),
                () = shutdown.cancelled() => return,
            }
        }
    }

    async fn start_again(&self, shutdown: &CancellationToken) -> Option<Outcomes<Decision>> {
        let backoff = Backoff::default();
        let mut failures = 0;
        loop {
            failures += 1;
            tokio::select! {
                () = backoff.sleep(failures) => {}
                () = shutdown.cancelled() => return None,
            }
            match self.start().await {
                Ok(reader) => return Some(reader),
                Err(fault) => tracing::debug!(%fault, "no consumer of outcomes yet"),
            }
        }
    }
}

/// Keeps outcomes until `shutdown`, in the order they come; while the database is away they wait.
pub async fn keep_outcomes(
    requests: Requests,
    repo: Repo,
    mut settled: mpsc::Receiver<(CommandId, Outcome)>,
    shutdown: CancellationToken,
) {
    let backoff = Backoff::default();
    let mut batch = Vec::new();
    let mut failures = 0;
    let mut reminder = Reminder::default();
    loop {
        if batch.is_empty() {
            let taken = tokio::select! {
                taken = settled.recv_many(&mut batch, SETTLE_MAX) => taken,
                () = shutdown.cancelled() => settled.try_recv().map(|one| batch.push(one)).map_or(0, |()| 1),
            };
            if taken == 0 {
                return;
            }
        }
        match repo.settle(&batch).await {
            Ok(()) => {
                requests.kept(batch.iter().map(|(id, _)| id));
                batch.clear();
                failures = 0;
            }
            Err(fault) => {
                failures += 1;
                if reminder.is_due(&fault.to_string(), Instant::now()) {
                    tracing::warn!(%fault, "outcomes wait to be kept");
                }
                if shutdown.is_cancelled() {
                    return; // their commands are sent again at the next start
                }
                backoff.sleep(failures).await;
            }
        }
    }
}

/// Sends what has no outcome again, at once and then every so often, until `shutdown`.
pub async fn send_again<F: Future<Output = ()>>(
    interval: Duration,
    shutdown: CancellationToken,
    mut send: impl FnMut(Duration) -> F,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut since = Duration::ZERO;
    loop {
        tokio::select! {
            _ = ticks.tick() => send(since).await,
            () = shutdown.cancelled() => return,
        }
        since = interval;
    }
}
