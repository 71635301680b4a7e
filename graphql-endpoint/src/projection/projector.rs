//! The way of a record into the projection and on to those who wait. One instance writes, by an advisory lock; the others
//! read the same records and hand them out once they see that they are written.

use super::change::Change;
use super::config::ProjectionSettings;
use super::lag::Progress;
use super::marks::Marks;
use super::readers::{ReaderParts, Readers};
use super::rebuild::{AFTER_FAILURE, Handover, Rebuild};
use super::repo::{CURRENT, TopicMarks, WriteSet, Writer};
use super::source;
use super::sources::Creation;
use super::trail::{Times, Trail};
use crate::accounts::CreationSink;
use crate::consume::{Batch, Reach, TopicPartition};
use crate::error::Fault;
use crate::fanout::Fanout;
use jiff::Timestamp;
use metrics::{counter, gauge, histogram};
use service_kit::admin::{Health, Part};
use service_kit::fault;
use service_kit::retry::{Backoff, Reminder};
use service_kit::settings::DatabaseSettings;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What a projector works with.
#[derive(Clone)]
pub struct Parts {
    /// How much at once.
    pub settings: ProjectionSettings,
    /// Where Postgres is.
    pub database: DatabaseSettings,
    /// The name of the database.
    pub database_name: String,
    /// What the consumers need.
    pub readers: ReaderParts,
    /// Who gets committed changes.
    pub fanout: Fanout,
    /// Who gets outcomes of account creations, after their accounts are committed.
    pub creations: CreationSink,
    /// Who remembers when changes were projected and handed out.
    pub trail: Trail,
    /// For the lag of changes.
    pub changes_progress: Progress,
    /// For the lag of account creations.
    pub creations_progress: Progress,
    /// What `/readyz` shows.
    pub health: Health,
}

/// Projects until it is told to stop, through faults that heal.
pub struct Projector {
    parts: Parts,
    part: Part,
}

/// What one run between two faults works with.
struct Session {
    writer: Writer,
    is_writing: bool,
    readers: Readers,
    /// How far the database is.
    marks: TopicMarks,
    /// How far it was read since.
    reach: Reach,
    changes_topic: Arc<str>,
    rebuild: Option<Rebuild>,
    /// A rebuild that failed is not tried again sooner.
    rebuild_not_before: Instant,
}

/// What has arrived.
#[derive(Default)]
struct Arrived {
    changes: Vec<Arc<Change>>,
    creations: Vec<Creation>,
    reach: Reach,
}

impl Arrived {
    fn len(&self) -> usize {
        self.changes.len() + self.creations.len()
    }

    fn add_changes(&mut self, batch: Batch<Arc<Change>>) {
        self.changes.extend(batch.items);
        self.reach.add(batch.reach);
    }

    fn add_creations(&mut self, batch: Batch<Creation>) {
        self.creations.extend(batch.items);
        self.reach.add(batch.reach);
    }
}

impl Projector {
    /// A projector with its parts; `/readyz` says when it has caught up.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let part = parts.health.part("projection");
        Self { parts, part }
    }

    /// Projects until `shutdown`.
    ///
    /// # Errors
    /// What does not heal by trying again, first of all topics that are not the projection's.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), Fault> {
        let mut failures = 0;
        let mut reminder = Reminder::default();
        loop {
            let started = Instant::now();
            let ended = tokio::select! {
                ended = self.session() => ended,
                () = shutdown.cancelled() => return Ok(()),
            };
            let Err(fault) = ended;
            if fault.is_of_database() {
                self.parts.fanout.doubt_history();
            }
            if !fault.is_retriable() {
                return Err(fault);
            }
            if matches!(fault, Fault::RoleChanged) {
                continue;
            }
            self.part.down(fault.to_string());
            if reminder.is_due(&fault.to_string(), Instant::now()) {
                tracing::warn!(%fault, "the projection starts again from what is committed");
            }
            failures = if started.elapsed() > Duration::from_secs(10) { 1 } else { failures + 1 };
            let backoff = Backoff { initial_ms: 50, max_ms: 2_000 };
            tokio::select! {
                () = backoff.sleep(failures) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
        }
    }

    async fn session(&self) -> Result<std::convert::Infallible, Fault> {
        let mut session = self.open().await?;
        self.parts.health.set_role(if session.is_writing { "active" } else { "standby" });
        gauge!("graphql_endpoint_projection_writer").set(if session.is_writing { 1.0 } else { 0.0 });
        let ends = self.parts.readers.ends().await?;
        let mut is_behind = true;
        let mut look = tokio::time::interval(Duration::from_millis(self.parts.settings.projection_look_ms));
        let mut show = tokio::time::interval(Duration::from_millis(self.parts.settings.group_commit_ms));
        loop {
            if is_behind && session.has_caught_up(&ends) {
                is_behind = false;
                self.part.up();
            }
            let mut arrived = Arrived::default();
            tokio::select! {
                batch = session.readers.changes.next() => arrived.add_changes(batch?),
                batch = session.readers.creations.next() => arrived.add_creations(batch?),
                _ = look.tick() => self.look(&mut session).await?,
                _ = show.tick() => self.show_offsets(&session),
                // At once, also when there is nothing to do: whoever reads history must not trust it then.
                fault = session.writer.lost() => return Err(fault),
                handover = Rebuild::handover(session.rebuild.as_mut()) => Self::hand_over(&mut session, handover).await?,
            }
            let max = usize::try_from(self.parts.settings.projection_batch_max_records).unwrap_or(usize::MAX);
            while arrived.len() < max {
                let ready = (session.readers.changes.ready(), session.readers.creations.ready());
                if let (None, None) = ready {
                    break;
                }
                ready.0.into_iter().for_each(|batch| arrived.add_changes(batch));
                ready.1.into_iter().for_each(|batch| arrived.add_creations(batch));
            }
            let reach = arrived.reach.clone();
            if !reach.next_offsets.is_empty() {
                self.project(&mut session, arrived).await?;
            }
            reach
                .ended
                .iter()
                .for_each(|partition| self.progress_of(&session.changes_topic, &partition.0).ended(partition));
            session.reach.add(reach);
        }
    }

    async fn open(&self) -> Result<Session, Fault> {
        let Parts { settings, database, database_name, readers, .. } = &self.parts;
        let mut writer =
            Writer::connect(database, database_name, CURRENT, settings.projection_asynchronous_commit).await?;
        let is_writing = writer.try_lock().await?;
        let mut marks = writer.marks().await?;
        if let Err(fault) = source::check(&mut writer, &readers.metadata, &marks, database_name).await {
            match (&fault, writer.order().await?) {
                (Fault::OtherTopics { reason, .. }, Some(order)) if is_writing => {
                    tracing::warn!(reason, "as ordered, the projection is filled anew from these topics");
                    writer.start_afresh().await?;
                    self.parts.fanout.start_afresh();
                    writer.order_finished(order).await?;
                    marks = TopicMarks::new();
                    source::check(&mut writer, &readers.metadata, &marks, database_name).await?;
                }
                _ => return Err(fault),
            }
        }
        let changes_topic: Arc<str> = readers.topics.bc.as_str().into();
        let starts = self.starts(&changes_topic, &marks, readers.partitions_of(&changes_topic).await?);
        for (topic, marks) in &starts {
            let progress = self.progress_of(&changes_topic, topic);
            marks.iter().for_each(|(partition, mark)| progress.done((Arc::clone(topic), partition), mark.next_offset));
        }
        for (partition, mark) in starts.get(&changes_topic).into_iter().flat_map(Marks::iter) {
            self.parts.trail.begin(partition, mark.next_offset);
        }
        let readers = readers.start(&starts).await?;
        let (reach, rebuild, rebuild_not_before) = (Reach::default(), None, Instant::now());
        Ok(Session { writer, is_writing, readers, marks, reach, changes_topic, rebuild, rebuild_not_before })
    }

    /// Where to read from: what was committed while this instance could not tell is read again, to be handed out.
    fn starts(&self, changes_topic: &Arc<str>, marks: &TopicMarks, partitions: std::ops::Range<i32>) -> TopicMarks {
        let mut written = marks.get(changes_topic).cloned().unwrap_or_default();
        written.begin(partitions);
        let handed_out = self.parts.fanout.start_at(&written);
        let mut starts = marks.clone();
        starts.insert(Arc::clone(changes_topic), written.no_further_than(&handed_out));
        starts
    }

    async fn project(&self, session: &mut Session, arrived: Arrived) -> Result<(), Fault> {
        let started = Instant::now();
        if fault::mutant("fanout-before-commit") {
            self.parts.fanout.dispatch(&arrived.changes);
        }
        if session.is_writing {
            self.write(session, &arrived).await?;
            fault::failpoint("after-projection-commit");
        } else {
            self.follow(session, &arrived).await?;
        }
        let projected_us = now_us();
        self.parts.fanout.dispatch(&arrived.changes);
        let times = Times { projected_us, delivered_us: now_us() };
        let of_changes = arrived.reach.next_offsets.iter().filter(|((topic, _), _)| *topic == session.changes_topic);
        self.parts.trail.note(of_changes.map(|((_, partition), next_offset)| (*partition, *next_offset)), times);
        for creation in arrived.creations {
            self.parts.creations.offer(creation);
        }
        for (partition, next_offset) in arrived.reach.next_offsets {
            if partition.0 == session.changes_topic {
                self.parts.fanout.pass_to(partition.1, next_offset);
            }
            self.progress_of(&session.changes_topic, &partition.0).done(partition, next_offset);
        }
        histogram!("graphql_endpoint_projection_batch_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    async fn write(&self, session: &mut Session, arrived: &Arrived) -> Result<(), Fault> {
        let mut marks = session.marks.clone();
        let written = marks.entry(Arc::clone(&session.changes_topic)).or_default();
        let changes: Vec<_> = arrived.changes.iter().filter(|change| written.admit(change)).cloned().collect();
        let created = arrived.creations.iter().filter_map(|creation| creation.result.clone().ok()).collect();
        for ((topic, partition), next_offset) in &arrived.reach.next_offsets {
            marks.entry(Arc::clone(topic)).or_default().pass_to(*partition, *next_offset);
        }
        let moved = |(topic, partition): &TopicPartition| {
            let mark = marks.get(topic)?.of(*partition);
            Some((Arc::clone(topic), *partition, mark))
        };
        let set = WriteSet { changes, created, marks: arrived.reach.next_offsets.keys().filter_map(moved).collect() };
        session.writer.write(&set).await?;
        #[expect(clippy::cast_precision_loss, reason = "a batch is far below 2^52 records")]
        histogram!("graphql_endpoint_projection_batch_transactions").record(set.changes.len() as f64);
        counter!("graphql_endpoint_transactions_projected_total").increment(set.changes.len() as u64);
        session.marks = marks;
        Ok(())
    }

    /// Waits until the writing instance has come as far, or this one may take its place.
    async fn follow(&self, session: &mut Session, arrived: &Arrived) -> Result<(), Fault> {
        let settings = &self.parts.settings;
        let mut look = tokio::time::interval(Duration::from_millis(settings.projection_look_ms));
        let mut wait = tokio::time::interval(Duration::from_millis(settings.projection_follow_ms));
        let target = &arrived.reach.next_offsets;
        while !session.is_at(target.iter().map(|(partition, offset)| (partition, *offset))) {
            tokio::select! {
                _ = look.tick() => self.look(session).await?,
                _ = wait.tick() => session.marks = session.writer.marks().await?,
            }
        }
        Ok(())
    }

    /// Takes over where nobody writes, begins with an order to rebuild, and notices a lost connection when all is quiet.
    async fn look(&self, session: &mut Session) -> Result<(), Fault> {
        if !session.is_writing {
            return if session.writer.try_lock().await? { Err(Fault::RoleChanged) } else { Ok(()) };
        }
        let order = session.writer.order().await?;
        if let Some(order) = order
            && session.rebuild.is_none()
            && Instant::now() >= session.rebuild_not_before
        {
            session.rebuild = Some(Rebuild::start(order, self.parts.clone()));
        }
        Ok(())
    }

    /// Stands still while the rebuilt projection comes to the same place and takes the old one's.
    async fn hand_over(session: &mut Session, handover: Option<Handover>) -> Result<(), Fault> {
        let (Some(rebuild), Some(handover)) = (session.rebuild.take(), handover) else {
            session.rebuild_not_before = Instant::now() + AFTER_FAILURE; // it failed and said so
            return Ok(());
        };
        if !rebuild.complete(handover, session.marks.clone()).await {
            session.rebuild_not_before = Instant::now() + AFTER_FAILURE;
        }
        let marks = session.writer.marks().await?;
        if marks == session.marks { Ok(()) } else { Err(Fault::RoleChanged) }
    }

    fn progress_of(&self, changes_topic: &Arc<str>, topic: &Arc<str>) -> &Progress {
        if topic == changes_topic { &self.parts.changes_progress } else { &self.parts.creations_progress }
    }

    fn show_offsets(&self, session: &Session) {
        if session.is_writing {
            session.readers.changes.show_offsets(self.parts.changes_progress.reached().iter());
            session.readers.creations.show_offsets(self.parts.creations_progress.reached().iter());
        }
    }
}

fn now_us() -> i64 {
    Timestamp::now().as_microsecond()
}

impl Session {
    /// Whether everything up to these ends is in the database, or nothing more was there to read.
    fn has_caught_up(&self, ends: &[(TopicPartition, i64)]) -> bool {
        let mut open = ends.iter().filter(|(partition, _)| !self.reach.ended.contains(partition));
        open.all(|(partition, end)| self.is_at([(partition, *end)].into_iter()))
    }

    /// Whether the database has come to all these offsets.
    fn is_at<'a>(&self, mut next_offsets: impl Iterator<Item = (&'a TopicPartition, i64)>) -> bool {
        next_offsets.all(|((topic, partition), next_offset)| {
            next_offset <= self.marks.get(topic).map_or(0, |marks: &Marks| marks.of(*partition).next_offset)
        })
    }
}
