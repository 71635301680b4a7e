//! Partitions that lost records which Kafka had acknowledged, and got others after them.
//!
//! When a log loses every record of a producer that goes on, the broker knows nothing of that producer any more and takes whatever it
//! sends next. The producer learns of the loss by the first acknowledgement, which is too late: what was lost can't be put before what
//! came, and a reader who takes events in order would pass it over. So such a partition is emptied and gets all its records again,
//! from the event table, which is the truth.

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};
use rustc_hash::FxHashSet;
use service_kit::kafka::{self, KafkaSettings};
use service_kit::trace::TraceParent;

use super::records::publications;
use super::recovery::{CHUNK_EVENTS, Place};
use super::scan::{Found, Position};
use super::{Outputs, RelayError};
use crate::ledger::Answer;
use crate::store::{Progress, Published, Store, Write};

/// Which of the places lost records that others came after: by what lies where an acknowledged record was, or by what the
/// event table has in between the records that were not noted yet.
pub async fn find(
    store: &Store,
    progress: &Progress,
    outputs: &Outputs,
    places: &[Place],
    found: &[Found],
) -> Result<Vec<usize>, RelayError> {
    let mut wrong: FxHashSet<usize> = (0..places.len())
        .filter(|&place| found[place].highest_acknowledged > Some(places[place].acknowledged()))
        .collect();
    let behind: Vec<FxHashSet<Position>> = found.iter().map(|found| found.behind.iter().copied().collect()).collect();
    let highest: Vec<Option<Position>> = found.iter().map(|found| found.behind.iter().copied().max()).collect();
    let last = highest.iter().flatten().max().map_or(0, |(event, _)| *event);
    let mut next = progress.published.through + 1;
    while next <= last {
        let events = store.events_after(next - 1, CHUNK_EVENTS).await?;
        let Some(read) = events.last().map(|event| event.number) else { break };
        for event in events {
            let number = event.number;
            let answer = Answer { event, repeat: None };
            for publication in publications(&answer, TraceParent::new_root(), outputs) {
                let place = outputs.place(publication.output, publication.partition);
                let position = (number, publication.leg);
                let is_between = position > places[place].acknowledged() && Some(position) < highest[place];
                if is_between && !behind[place].contains(&position) {
                    wrong.insert(place);
                }
            }
        }
        next = read + 1;
    }
    let mut wrong: Vec<usize> = wrong.into_iter().collect();
    wrong.sort_unstable();
    Ok(wrong)
}

/// Empties them, after noting that nothing is in them: a handler that dies on the way is followed by one that goes on with it.
pub async fn empty(
    store: &Store,
    progress: &Progress,
    settings: &KafkaSettings,
    places: &[Place],
    wrong: &[usize],
) -> Result<(), RelayError> {
    let mut rows: Vec<_> = places.iter().map(|place| place.row.clone()).collect();
    let mut ends = TopicPartitionList::new();
    for &index in wrong {
        let (place, row) = (&places[index], &mut rows[index]);
        tracing::warn!(
            topic = row.topic,
            partition = row.partition,
            last_event = progress.last_event,
            "the partition lost records and got others after them; it is emptied, and all its records are sent again"
        );
        (row.event, row.leg, row.offset) = (0, 0, place.high - 1);
        ends.add_partition_offset(&row.topic, row.partition, Offset::Offset(place.high))?;
    }
    store.write(Write { published: Some(Published { through: 0, partitions: rows }), ..Write::default() }).await?;
    let admin: AdminClient<DefaultClientContext> = kafka::client_config(settings).create()?;
    let deleted = admin.delete_records(&ends, &AdminOptions::new()).await?;
    for partition in deleted.elements() {
        partition.error()?;
    }
    Ok(())
}
