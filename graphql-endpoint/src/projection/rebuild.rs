//! Building the projection again beside the one in use, and putting it in its place. Users and requests are not part of it.

use super::projector::Parts;
use super::repo::{CURRENT, NEXT, TopicMarks, WriteSet, Writer};
use crate::consume::{Reach, TopicPartition};
use crate::error::Fault;
use service_kit::postgres::connect;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio_postgres::Client;
use tokio_util::task::AbortOnDropHandle;

/// How long the projection stands still for the exchange before it goes on with the old one.
const HANDOVER_PATIENCE: Duration = Duration::from_secs(20);
/// A failed rebuild is not tried again sooner.
pub const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Between two notes of how far it is.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// Batches that the rebuild may still be behind when the projection stands still for it.
const CLOSE_BATCHES: i64 = 4;

/// A rebuild under way; it is given up when dropped.
pub struct Rebuild {
    ready: oneshot::Receiver<Handover>,
    task: AbortOnDropHandle<()>,
}

/// The rebuilt projection is nearly as far as the one in use and asks it to stand still.
pub struct Handover {
    target: oneshot::Sender<TopicMarks>,
    exchanged: oneshot::Receiver<()>,
}

impl Handover {
    /// Says where the projection stands still, and waits for the exchange, or until it takes too long.
    async fn complete(self, marks: TopicMarks) -> bool {
        let waiting = tokio::time::timeout(HANDOVER_PATIENCE, self.exchanged);
        let is_exchanged = self.target.send(marks).is_ok() && matches!(waiting.await, Ok(Ok(())));
        if !is_exchanged {
            tracing::warn!("the rebuilt projection did not take its place; the old one goes on");
        }
        is_exchanged
    }
}

impl Rebuild {
    /// Begins to carry out an order.
    pub fn start(order: i64, parts: Parts) -> Self {
        let (sender, ready) = oneshot::channel();
        let task = tokio::spawn(async move {
            let started = Instant::now();
            match run(order, &parts, sender).await {
                Ok(projected) => tracing::info!(projected, seconds = started.elapsed().as_secs(), "projection rebuilt"),
                Err(fault) => tracing::warn!(%fault, "the rebuild failed and will be tried again"),
            }
        });
        Self { ready, task: AbortOnDropHandle::new(task) }
    }

    /// Waits until it is nearly as far as the projection in use; for ever when there is none, `None` when it failed.
    pub async fn handover(rebuild: Option<&mut Self>) -> Option<Handover> {
        match rebuild {
            Some(rebuild) => (&mut rebuild.ready).await.ok(),
            None => std::future::pending().await,
        }
    }

    /// Exchanges the projections while the one in use stands still at `marks`; `false` when the old one stays.
    pub async fn complete(self, handover: Handover, marks: TopicMarks) -> bool {
        let is_exchanged = handover.complete(marks).await;
        if is_exchanged {
            // What is left is to remove the old one, for which the projection does not stand still.
            drop(self.task.detach());
        }
        is_exchanged
    }
}

async fn run(order: i64, parts: &Parts, ready: oneshot::Sender<Handover>) -> Result<i64, Fault> {
    let (client, _connection) = connect(&parts.database, &parts.database_name, "graphql-endpoint rebuild").await?;
    prepare(&client).await?;
    let mut writer = Writer::connect(&parts.database, &parts.database_name, NEXT, true).await?;
    writer.order_started(order).await?;
    tracing::info!(order, "building the projection again from the beginning of the topics");
    let mut filling = Filling::start(order, parts, writer).await?;
    let close = CLOSE_BATCHES * i64::from(parts.settings.projection_batch_max_records);
    loop {
        let ends = parts.readers.ends().await?;
        if ends.iter().map(|(partition, end)| filling.missing(partition, *end)).sum::<i64>() <= close {
            break;
        }
        filling.fill_until(|filling| ends.iter().all(|(partition, end)| filling.missing(partition, *end) == 0)).await?;
    }
    let (target, targeted) = oneshot::channel();
    let (exchanged, waiting) = oneshot::channel();
    // A projection that is no longer there to hear it will start over.
    let _ = ready.send(Handover { target, exchanged: waiting });
    let Ok(target) = targeted.await else { return Err(Fault::RoleChanged) };
    let target: Vec<_> = target
        .iter()
        .flat_map(|(topic, marks)| {
            marks.iter().map(|(partition, mark)| ((Arc::clone(topic), partition), mark.next_offset))
        })
        .collect();
    // To the very record: more may have come behind what was an end a moment ago.
    filling.fill_until(|filling| target.iter().all(|(partition, end)| filling.next_offset(partition) >= *end)).await?;
    exchange(&client, order, filling.projected).await?;
    let _ = exchanged.send(());
    client.batch_execute("DROP SCHEMA IF EXISTS projection_old CASCADE").await?;
    Ok(filling.projected)
}

/// The projection that is being filled.
struct Filling<'a> {
    order: i64,
    parts: &'a Parts,
    writer: Writer,
    readers: super::readers::Readers,
    marks: TopicMarks,
    reach: Reach,
    projected: i64,
    noted: Instant,
}

impl<'a> Filling<'a> {
    async fn start(order: i64, parts: &'a Parts, writer: Writer) -> Result<Self, Fault> {
        let readers = parts.readers.start(&TopicMarks::new()).await?;
        let (marks, reach) = (TopicMarks::new(), Reach::default());
        Ok(Self { order, parts, writer, readers, marks, reach, projected: 0, noted: Instant::now() })
    }

    fn next_offset(&self, (topic, partition): &TopicPartition) -> i64 {
        self.marks.get(topic).map_or(0, |marks| marks.of(*partition).next_offset)
    }

    /// The records that are still to be read of a partition that ends there.
    fn missing(&self, partition: &TopicPartition, end: i64) -> i64 {
        if self.reach.ended.contains(partition) { 0 } else { (end - self.next_offset(partition)).max(0) }
    }

    /// Projects until it is so.
    async fn fill_until(&mut self, is_enough: impl Fn(&Self) -> bool) -> Result<(), Fault> {
        while !is_enough(self) {
            let mut set = WriteSet::default();
            let reach = tokio::select! {
                batch = self.readers.changes.next() => {
                    let batch = batch?;
                    let marks = self.marks.entry(self.parts.readers.topics.bc.as_str().into()).or_default();
                    set.changes = batch.items.into_iter().filter(|change| marks.admit(change)).collect();
                    batch.reach
                }
                batch = self.readers.creations.next() => {
                    let batch = batch?;
                    set.created = batch.items.into_iter().filter_map(|creation| creation.result.ok()).collect();
                    batch.reach
                }
            };
            for ((topic, partition), next_offset) in reach.next_offsets.clone() {
                let marks = self.marks.entry(Arc::clone(&topic)).or_default();
                marks.pass_to(partition, next_offset);
                set.marks.push((topic, partition, marks.of(partition)));
            }
            self.reach.add(reach);
            if set.marks.is_empty() {
                continue;
            }
            self.writer.write(&set).await?;
            self.projected += i64::try_from(set.changes.len()).unwrap_or(i64::MAX);
            if self.noted.elapsed() >= NOTE_EVERY {
                self.noted = Instant::now();
                self.writer.order_progressed(self.order, self.projected).await?;
            }
        }
        Ok(())
    }
}

/// An empty projection of the same form as the one in use.
async fn prepare(client: &Client) -> Result<(), Fault> {
    let tables = ["transaction", "account", "position", "source"]
        .map(|table| format!("CREATE TABLE {NEXT}.{table} (LIKE {CURRENT}.{table} INCLUDING ALL);"))
        .concat();
    let sql = format!(
        "DROP SCHEMA IF EXISTS projection_old CASCADE;
         DROP SCHEMA IF EXISTS {NEXT} CASCADE;
         CREATE SCHEMA {NEXT};
         {tables}
         INSERT INTO {NEXT}.source SELECT * FROM {CURRENT}.source;
         INSERT INTO {NEXT}.account (number, iban, a_type, opening_balance)
         SELECT number, iban, a_type, opening_balance FROM {CURRENT}.account WHERE number = 0"
    );
    Ok(client.batch_execute(&sql).await?)
}

/// Puts the new projection in the old one's place. Statements that were prepared on the old one find the new one.
async fn exchange(client: &Client, order: i64, projected: i64) -> Result<(), Fault> {
    let sql = format!(
        "BEGIN;
         ALTER SCHEMA {CURRENT} RENAME TO projection_old;
         ALTER SCHEMA {NEXT} RENAME TO {CURRENT};
         UPDATE rebuild SET finished_at = now(), projected = {projected} WHERE id = {order};
         COMMIT"
    );
    Ok(client.batch_execute(&sql).await?)
}
