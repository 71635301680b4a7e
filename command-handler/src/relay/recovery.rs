use std::sync::Arc;

use futures_util::future::try_join_all;
use rustc_hash::FxHashMap;
use service_kit::fault;
use service_kit::kafka::{KafkaSettings, Metadata, Watermarks};
use service_kit::trace::TraceParent;

use super::rewritten;
use super::scan::{Found, Position, Scanner, Stretch};
use super::{Job, Line, Outputs, Publisher, RelayError};
use crate::ledger::Answer;
use crate::store::{Progress, Published, PublishedPartition, Store};

/// Events read from the database at a time.
pub const CHUNK_EVENTS: i64 = 2_000;
/// Records before the acknowledged one that are looked at again, to notice other ones in their place. One would be enough, were it never
/// the answer to a repeat.
const CHECKED_RECORDS: i64 = 100;
/// The first look back from the end of a partition whose log was cut; each further one is ten times as long.
const LOOK_BACK: i64 = 1_000;

/// What publishing goes on from: the partitions, and what is in them.
pub struct ReturnPoint {
    /// Where events go.
    pub outputs: Outputs,
    /// What is there.
    pub published: Published,
    /// The way there.
    pub line: Line,
}

/// How far one partition is, by the database and by the partition itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub row: PublishedPartition,
    pub low: i64,
    pub high: i64,
}

impl Place {
    /// Whether the partition ends at or below what Kafka once acknowledged.
    fn is_cut(&self) -> bool {
        self.high <= self.row.offset && !fault::mutant("cut-log-ignored")
    }

    /// The last position that Kafka is known to have acknowledged.
    pub const fn acknowledged(&self) -> Position {
        (self.row.event, self.row.leg)
    }

    /// What tells how far it is: the records behind the row, and some before; of a cut one all that is left.
    fn stretch(&self, look_back: i64) -> Stretch {
        let first =
            if self.is_cut() { self.high.saturating_sub(look_back) } else { self.row.offset + 1 - CHECKED_RECORDS };
        Stretch {
            acknowledged: self.row.offset,
            topic: self.row.topic.clone(),
            partition: self.row.partition,
            first: first.max(self.low),
            end: self.high,
        }
    }
}

/// Brings the output topics level with the event table: whatever a crash, a cut log or a change of writers left
/// unpublished is sent before anything new is decided.
///
/// # Errors
/// [`RelayError::Foreign`] when topics and database don't belong together, otherwise what failed on the way.
pub async fn recover(
    store: &Store,
    progress: &Progress,
    outputs: Outputs,
    settings: &KafkaSettings,
    metadata: &Metadata,
    scanner: &Scanner,
    mut line: Line,
) -> Result<ReturnPoint, RelayError> {
    let watermarks = watermarks(&outputs, metadata).await?;
    if progress.last_event == 0 {
        return begin(outputs, &watermarks, scanner, line).await;
    }
    // Partitions that were added since hold nothing of ours yet; what is pending goes by the old number of them.
    let rows = &progress.published.partitions;
    let former = outputs
        .with_partitions(|topic| rows.iter().filter(|row| row.topic == topic).count().try_into().unwrap_or(i32::MAX));
    if former.has_empty_topic() {
        return Err(RelayError::Foreign(
            "the event table holds events, but the database never noted where it published them".to_owned(),
        ));
    }
    let places = places(&former, rows, &watermarks)?;
    let found = read(&places, scanner).await?;
    let mut there = Vec::with_capacity(places.len());
    for (place, found) in places.iter().zip(&found) {
        there.push(judge(place, found, progress)?);
    }
    let mut through = progress.published.through;
    let wrong = rewritten::find(store, progress, &former, &places, &found).await?;
    if !wrong.is_empty() && !fault::mutant("rewritten-log-ignored") {
        rewritten::empty(store, progress, settings, &places, &wrong).await?;
        for place in wrong {
            there[place] = (0, 0);
        }
        through = 0;
    }
    let mut published = Published {
        through,
        partitions: places
            .iter()
            .zip(&there)
            .map(|(place, &(event, leg))| PublishedPartition {
                event,
                leg,
                offset: place.high - 1,
                ..place.row.clone()
            })
            .collect(),
    };
    let first = first_pending(&places, &there, through);
    if first <= progress.last_event && !fault::mutant("no-recovery") {
        (published, line) = send_again(store, progress.last_event, first, former, published, there, line).await?;
    }
    published.through = progress.last_event;
    let published = with_new_places(&outputs, &published, &watermarks, progress.last_event);
    Ok(ReturnPoint { outputs, published, line })
}

/// The event table is new: so must the topics be.
async fn begin(
    outputs: Outputs,
    watermarks: &FxHashMap<(String, i32), Watermarks>,
    scanner: &Scanner,
    line: Line,
) -> Result<ReturnPoint, RelayError> {
    let end_of = |topic: &str, partition| watermarks[&(topic.to_owned(), partition)];
    // The last record says it; but where another program published in transactions of Kafka's, the last offsets hold their markers.
    let mut look_back = 1;
    loop {
        let stretches: Vec<Stretch> = outputs
            .places()
            .map(|(topic, partition)| {
                let end = end_of(topic, partition);
                let first = end.low.max(end.high.saturating_sub(look_back));
                Stretch { topic: topic.to_owned(), partition, first, end: end.high, acknowledged: -1 }
            })
            .collect();
        let found = scanner.read(stretches.clone()).await?;
        for (Stretch { topic, partition, .. }, found) in stretches.iter().zip(&found) {
            if *found != Found::default() {
                return Err(RelayError::Foreign(format!(
                    "the event table is empty, but {topic}/{partition} holds events of another bank or of a database \
                     that was lost"
                )));
            }
        }
        if stretches.iter().all(|stretch| stretch.first == end_of(&stretch.topic, stretch.partition).low) {
            break;
        }
        look_back = look_back.saturating_mul(LOOK_BACK);
    }
    let published = with_new_places(&outputs, &Published::default(), watermarks, 0);
    Ok(ReturnPoint { outputs, published, line })
}

async fn watermarks(
    outputs: &Outputs,
    metadata: &Metadata,
) -> Result<FxHashMap<(String, i32), Watermarks>, RelayError> {
    let of_topics = try_join_all(outputs.names().iter().map(|name| metadata.watermarks(name))).await?;
    let all = outputs.names().iter().zip(of_topics);
    Ok(all.flat_map(|(name, found)| found.into_iter().map(|end| ((name.clone(), end.partition), end))).collect())
}

fn places(
    outputs: &Outputs,
    rows: &[PublishedPartition],
    watermarks: &FxHashMap<(String, i32), Watermarks>,
) -> Result<Vec<Place>, RelayError> {
    outputs
        .places()
        .map(|(topic, partition)| {
            let row = rows.iter().find(|row| row.topic == topic && row.partition == partition);
            let found = watermarks.get(&(topic.to_owned(), partition));
            match (row, found) {
                (Some(row), Some(found)) => Ok(Place { row: row.clone(), low: found.low, high: found.high }),
                _ => Err(RelayError::Foreign(format!(
                    "the database has published to {topic}/{partition}, which is not there, or never noted that it did"
                ))),
            }
        })
        .collect()
}

/// What tells how far each place is.
async fn read(places: &[Place], scanner: &Scanner) -> Result<Vec<Found>, RelayError> {
    let mut look_back = LOOK_BACK;
    let mut found = vec![Found::default(); places.len()];
    loop {
        let stretches: Vec<Stretch> = places.iter().map(|place| place.stretch(look_back)).collect();
        let unknown: Vec<usize> =
            (0..places.len()).filter(|&index| look_back == LOOK_BACK || found[index].highest().is_none()).collect();
        let wanted: Vec<Stretch> = unknown.iter().map(|&index| stretches[index].clone()).collect();
        for (&index, seen) in unknown.iter().zip(scanner.read(wanted).await?) {
            found[index] = seen;
        }
        let more = |index: usize| {
            places[index].is_cut() && found[index].highest().is_none() && stretches[index].first > places[index].low
        };
        if !(0..places.len()).any(more) {
            break;
        }
        look_back = look_back.saturating_mul(10);
    }
    Ok(found)
}

/// How far a place is, or why it can't be ours.
fn judge(place: &Place, found: &Found, progress: &Progress) -> Result<Position, RelayError> {
    let (topic, partition) = (&place.row.topic, place.row.partition);
    if let Some((event, _)) = found.highest()
        && event > progress.last_event
        && !fault::mutant("older-database-accepted")
    {
        return Err(RelayError::Foreign(format!(
            "{topic}/{partition} holds event {event}, but the event table ends at {}: the database is older than the \
             topics",
            progress.last_event
        )));
    }
    let seen = found.highest().unwrap_or_default();
    if place.is_cut() {
        if found.foreign && found.highest().is_none() {
            return Err(RelayError::Foreign(format!(
                "the log of {topic}/{partition} was cut, and what is left of it is of another program, which gave no event \
                 numbers: what is missing can't be told"
            )));
        }
        tracing::warn!(
            topic,
            partition,
            ends_at = place.high,
            acknowledged = place.row.offset,
            "the partition's log was cut; what is missing is sent again"
        );
        return Ok(seen);
    }
    Ok(seen.max(place.acknowledged()))
}

/// The first event of which something may be missing.
fn first_pending(places: &[Place], there: &[Position], through: i64) -> i64 {
    places
        .iter()
        .zip(there)
        // The last event that is there may lack its credit.
        .filter(|(place, _)| place.is_cut())
        .map(|(_, &(event, _))| event)
        .min()
        .map_or(through + 1, |cut| cut.min(through + 1))
        .max(1)
}

async fn send_again(
    store: &Store,
    last_event: i64,
    first: i64,
    outputs: Outputs,
    published: Published,
    there: Vec<Position>,
    line: Line,
) -> Result<(Published, Line), RelayError> {
    tracing::info!(first, last = last_event, "publishing what was decided and not published");
    let there = Arc::new(there);
    let unpublished_max = usize::try_from(2 * CHUNK_EVENTS).unwrap_or(usize::MAX);
    let relay = Publisher::start(line, outputs, published, unpublished_max)?;
    let sending = async {
        let mut next = first;
        while next <= last_event {
            let events = store.events_after(next - 1, CHUNK_EVENTS).await?;
            let Some(last) = events.last().map(|event| event.number) else { break };
            let answers =
                events.into_iter().map(|event| (Answer { event, repeat: None }, TraceParent::new_root())).collect();
            let there_already = Some(Arc::clone(&there));
            relay.room().await;
            relay.publish(Job {
                answers,
                last_event: last,
                next: FxHashMap::default(),
                there_already,
                memory: None,
            })?;
            next = last + 1;
        }
        relay.published_through(last_event).await
    };
    let settled = tokio::select! {
        settled = sending => settled?,
        deaf = relay.deaf() => return Err(deaf),
    };
    Ok((settled.published, relay.release()))
}

/// A row for every place, in their order; a place without one begins behind the last event.
fn with_new_places(
    outputs: &Outputs,
    published: &Published,
    watermarks: &FxHashMap<(String, i32), Watermarks>,
    last_event: i64,
) -> Published {
    let partitions = outputs
        .places()
        .map(|(topic, partition)| {
            published
                .partitions
                .iter()
                .find(|row| row.topic == topic && row.partition == partition)
                .cloned()
                .unwrap_or_else(|| PublishedPartition {
                    topic: topic.to_owned(),
                    partition,
                    event: last_event,
                    leg: 0,
                    offset: watermarks[&(topic.to_owned(), partition)].high - 1,
                })
        })
        .collect();
    Published { through: published.through, partitions }
}
