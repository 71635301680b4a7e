use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{KafkaError, Metadata, consumer_config};
use service_kit::registry::Registry;
use topology::topic::groups::COMMAND_HANDLER_GROUP;

use super::complete::{Completed, Reach, complete};
use super::config::TakeOverSettings;
use super::error::TakeOverError;
use super::plan::{Plan, Verdict};
use super::repo::{Extent, Staging};
use super::tail::{decided_now, numbers_named};
use super::topics::{Decoders, Ends, Source, Table, TopicReader, ends};
use crate::config::Settings;
use crate::lease;
use crate::ledger::{Body, Kind};
use crate::relay::Output;
use crate::session::draw;
use crate::store::{Published, PublishedPartition, Store, copy};

/// Bytes of rows that are sent to the database together, and all of the history that is in memory at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// Events from the first incomplete one on, which are held in memory: about 1 KiB each, and as many commands.
const TAIL_MAX_EVENTS: i64 = 1_000_000;
/// Between two looks whether the right to write is free.
const POLL: Duration = Duration::from_millis(100);
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeOverOutcome {
    /// The database was as the topics say, or is now.
    InOrder,
    /// A dry run found something to change.
    Differs,
    /// Nothing was changed, because a flag that would allow it is missing; which, was printed.
    Refused,
}

/// Takes the handler's database over from the topics.
///
/// # Errors
/// When something doesn't answer, or the topics can't be taken over. Nothing was changed then.
pub async fn take_over(
    settings: &Settings,
    options: TakeOverSettings,
    out: &mut (impl Write + Send),
) -> Result<TakeOverOutcome, TakeOverError> {
    let database = &settings.ledger.database_name;
    let store = Store::connect(&settings.database, database, settings.ledger.store_timeout_ms).await?;
    acquire(&store, settings).await?;
    let metadata = Metadata::new(&settings.kafka)?;
    let work = Work {
        settings,
        cluster_id: metadata.cluster_id().await?,
        ends: ends(&metadata, &settings.topics).await?,
        metadata,
        staging: Staging(store.client()),
        store: &store,
    };
    work.run(options, out).await
}

/// Takes the right to write. A connection that has just ended may hold it for a moment longer; a handler holds it for good.
async fn acquire(store: &Store, settings: &Settings) -> Result<(), TakeOverError> {
    let end = Instant::now() + Duration::from_millis(settings.lease.lease_timeout_ms);
    while !lease::try_acquire(store, &settings.lease).await? {
        if Instant::now() >= end {
            return Err(TakeOverError::HandlerActive);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

struct Work<'a> {
    settings: &'a Settings,
    metadata: Metadata,
    cluster_id: String,
    ends: Ends,
    staging: Staging<'a>,
    store: &'a Store,
}

impl Work<'_> {
    async fn run(
        &self,
        options: TakeOverSettings,
        out: &mut (impl Write + Send),
    ) -> Result<TakeOverOutcome, TakeOverError> {
        let Settings { database, ledger, .. } = self.settings;
        let name = format!("{} at {}:{}", ledger.database_name, database.hostname, database.port);
        let records: i64 = self.ends.values().sum();
        writeln!(out, "reading {records} records for database {name}; nothing is changed before the last step")?;
        self.staging.begin().await?;
        let read = self.read().await?;
        tracing::info!("putting events together");
        let extent = self.staging.sort_out().await?;
        self.staging.rebuild(extent).await?;
        let (published, decided_now) = self.complete(extent).await?;
        tracing::info!("comparing with the database");
        let existing = self.staging.compare().await?;
        let offsets = self.command_offsets().await?;
        let (accounts, unanswered) = self.staging.counts().await?;
        let plan = Plan {
            database: name,
            cluster_id: self.cluster_id.clone(),
            records: read.values().sum(),
            extent,
            decided_now,
            accounts,
            unanswered,
            poison: read.get(&Table::Poison).copied().unwrap_or_default(),
            existing,
            moved_offsets: self.moved(&offsets).await?,
        };
        writeln!(out, "{plan}")?;
        let verdict = plan.verdict();
        if verdict == Verdict::InOrder {
            return Ok(TakeOverOutcome::InOrder);
        }
        if options.dry_run {
            return Ok(TakeOverOutcome::Differs);
        }
        if verdict == Verdict::Replaces && !options.replace {
            writeln!(out, "refused: this needs --yes --replace")?;
            return Ok(TakeOverOutcome::Refused);
        }
        if plan.existing.events > 0 && !options.yes {
            writeln!(out, "refused: the database holds events, so this needs --yes")?;
            return Ok(TakeOverOutcome::Refused);
        }
        tracing::info!("writing");
        self.staging.apply_in_tx(verdict == Verdict::Replaces).await?;
        self.store.set_published_in_tx(&published).await?;
        self.store.set_cluster_id(&self.cluster_id).await?;
        self.refuse_if_published().await?;
        // First the offsets: too low ones cause repeats, which is all that a failure from here on leaves behind.
        self.commit_offsets(offsets).await?;
        self.staging.commit().await?;
        writeln!(out, "done")?;
        Ok(TakeOverOutcome::InOrder)
    }

    /// Reads all topics into the staging tables; gives the number of rows by table.
    async fn read(&self) -> Result<BTreeMap<Table, u64>, TakeOverError> {
        let decoders = Decoders::new(&Registry::new(&self.settings.registry)?);
        let mut counts = BTreeMap::new();
        let interval = Duration::from_millis(self.settings.lease.lease_timeout_ms) / 3;
        let (mut renewed, mut told) = (Instant::now(), Instant::now());
        let (mut done, all): (u64, i64) = (0, self.ends.values().sum());
        for source in Source::ALL {
            let kafka = &self.settings.kafka;
            let mut reader = TopicReader::start(kafka, &self.settings.topics, source, &self.ends, &decoders)?;
            let mut chunks: BTreeMap<Table, BytesMut> = BTreeMap::new();
            let mut row = BytesMut::new();
            while !reader.is_done() {
                if let Some(table) = reader.next(&mut row).await? {
                    *counts.entry(table).or_default() += 1;
                    done += 1;
                    let chunk = chunks.entry(table).or_insert_with(empty_chunk);
                    chunk.extend_from_slice(&row.split());
                    if chunk.len() >= CHUNK_BYTES {
                        self.staging.append(table, std::mem::replace(chunk, empty_chunk())).await?;
                    }
                }
                if renewed.elapsed() >= interval {
                    self.store.renew_lease().await?;
                    renewed = Instant::now();
                }
                if told.elapsed() >= PROGRESS_INTERVAL {
                    tracing::info!(topic = source.name(&self.settings.topics), done, all, "reading");
                    told = Instant::now();
                }
            }
            for (table, chunk) in chunks {
                self.staging.append(table, chunk).await?;
            }
        }
        Ok(counts)
    }

    /// Completes the last events; gives what is published and how many events were decided now.
    async fn complete(&self, extent: Extent) -> Result<(Published, usize), TakeOverError> {
        let (published, reach) = self.published(extent).await?;
        let found = extent.last_event - extent.complete_through;
        if found == 0 {
            return Ok((published, 0));
        }
        if found > TAIL_MAX_EVENTS {
            return Err(TakeOverError::TailTooLong { found, max: TAIL_MAX_EVENTS });
        }
        tracing::info!(events = found, "completing the last events");
        self.staging.add_known_outcomes(extent).await?;
        let tail = self.staging.tail(extent).await?;
        let open = tail.iter().filter(|event| event.outcome.is_none()).count();
        let mut unanswered = self.staging.unanswered(open).await?;
        for next in unanswered.iter_mut().flatten().filter(|next| matches!(next.command.body, Body::Creation(_))) {
            let id = next.command.id;
            while next.drawn.is_none() {
                let drawn = draw::candidates(std::iter::once(id), &mut rand::rng());
                let numbers = drawn[&id].iter().map(|(iban, _)| i64::try_from(iban.number()).unwrap_or(i64::MAX));
                let taken = self.staging.taken(&numbers.collect::<Vec<_>>()).await?;
                let is_free = |number: u64| !taken.iter().any(|taken| u64::try_from(*taken) == Ok(number));
                next.drawn = drawn[&id].iter().find(|(iban, _)| is_free(iban.number())).copied();
            }
        }
        let state = self.staging.state(extent, &numbers_named(&tail, &unanswered)).await?;
        let (decided, completed): (usize, Completed) = {
            let completed = complete(&tail, &unanswered, state, &reach, now_us())?;
            (decided_now(&tail, &completed.events), completed)
        };
        self.staging.add_completed(&completed).await?;
        Ok((published, decided))
    }

    /// How far each output partition is, for the table of publications and for completing.
    async fn published(&self, extent: Extent) -> Result<(Published, Reach), TakeOverError> {
        let highest = self.staging.highest().await?;
        let mut reach = Reach(std::array::from_fn(|_| Vec::new()));
        let mut published = Published { through: extent.complete_through, partitions: Vec::new() };
        for output in Output::ALL {
            let (source, kind, is_confirmed) = match output {
                Output::CreationConfirmed => (Source::CreationConfirmed, 1, true),
                Output::CreationFailed => (Source::CreationFailed, 1, false),
                Output::TransferConfirmed => (Source::TransferConfirmed, 2, true),
                Output::TransferFailed => (Source::TransferFailed, 2, false),
                Output::BalanceChanged => (Source::BalanceChanged, 0, true),
            };
            for (&(_, partition), end) in self.ends.iter().filter(|((of, _), _)| *of == source) {
                let found = highest
                    .iter()
                    .find(|found| (found.kind, found.is_confirmed, found.partition) == (kind, is_confirmed, partition));
                let (event, leg) = found.map_or((0, 0), |found| found.position);
                reach.0[output as usize].push((event, leg));
                let topic = source.name(&self.settings.topics).to_owned();
                published.partitions.push(PublishedPartition { topic, partition, event, leg, offset: end - 1 });
            }
        }
        Ok((published, reach))
    }

    /// Where the handler is to go on in each partition of the command topics: at the first command without outcome.
    async fn command_offsets(&self) -> Result<BTreeMap<(Source, i32), i64>, TakeOverError> {
        let mut offsets: BTreeMap<(Source, i32), i64> = self
            .ends
            .iter()
            .filter(|((source, _), _)| source.is_of_commands())
            .map(|(place, end)| (*place, *end))
            .collect();
        for (kind, partition, offset) in self.staging.first_unanswered().await? {
            let source = if kind == Kind::AccountCreation.number() { Source::Creations } else { Source::Transfers };
            offsets.insert((source, partition), offset);
        }
        Ok(offsets)
    }

    /// How many partitions the group would begin elsewhere.
    async fn moved(&self, offsets: &BTreeMap<(Source, i32), i64>) -> Result<usize, TakeOverError> {
        let wanted = self.offset_list(offsets)?;
        let timeout = Duration::from_millis(self.settings.kafka.request_timeout_ms);
        let (consumer, asked) = (self.group()?, wanted.clone());
        let committed = off_thread(move || consumer.committed_offsets(asked, timeout)).await?;
        let differs = |place: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let wanted = wanted.find_partition(place.topic(), place.partition()).map(|wanted| wanted.offset());
            let starts = match place.offset() {
                Offset::Offset(offset) => offset,
                _ => 0,
            };
            wanted != Some(Offset::Offset(starts))
        };
        Ok(committed.elements().iter().filter(|place| differs(place)).count())
    }

    async fn commit_offsets(&self, offsets: BTreeMap<(Source, i32), i64>) -> Result<(), TakeOverError> {
        let (consumer, list) = (self.group()?, self.offset_list(&offsets)?);
        off_thread(move || consumer.commit(&list, CommitMode::Sync)).await
    }

    fn offset_list(&self, offsets: &BTreeMap<(Source, i32), i64>) -> Result<TopicPartitionList, TakeOverError> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (&(source, partition), &offset) in offsets {
            list.add_partition_offset(source.name(&self.settings.topics), partition, Offset::Offset(offset))?;
        }
        Ok(list)
    }

    /// The group that stores the handler's offsets; this is no member of it.
    fn group(&self) -> Result<Arc<BaseConsumer>, TakeOverError> {
        Ok(Arc::new(consumer_config(&self.settings.kafka, COMMAND_HANDLER_GROUP).create()?))
    }

    /// Whatever publishes now was not read.
    async fn refuse_if_published(&self) -> Result<(), TakeOverError> {
        let now = ends(&self.metadata, &self.settings.topics).await?;
        let grown = now.iter().find(|(place, end)| !place.0.is_of_commands() && self.ends.get(place) != Some(*end));
        match grown {
            Some(((source, _), _)) => {
                Err(TakeOverError::StillPublished { topic: source.name(&self.settings.topics).to_owned() })
            }
            None => Ok(()),
        }
    }
}

fn empty_chunk() -> BytesMut {
    let mut chunk = BytesMut::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 8);
    copy::header(&mut chunk);
    chunk
}

async fn off_thread<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, rdkafka::error::KafkaError> + Send + 'static,
) -> Result<T, TakeOverError> {
    Ok(tokio::task::spawn_blocking(question).await.map_err(|_| KafkaError::GivenUp)??)
}

fn now_us() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}
