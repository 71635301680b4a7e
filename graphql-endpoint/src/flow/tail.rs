//! A thread that shows the newest records of a topic and then those that come, at no more than a given pace.

use super::pace::{Pace, found_again, newest};
use super::view::{RecordView, Viewer};
use metrics::counter;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use service_kit::kafka::{Deadline, KafkaSettings, Offsets, consumer_config, offsets_at, partitions_in};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Records that come within this are told together.
const GATHER: Duration = Duration::from_millis(100);
/// Between two looks whether Kafka is back.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long the newest records may take to be read; then what was read is shown.
const FIRST: Duration = Duration::from_secs(3);
/// Never committed to, so no such group ever exists.
const GROUP: &str = "graphql-endpoint-flow";

/// What a reader is told at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// New ones, oldest first.
    pub new: Vec<RecordView>,
    /// How many were passed over.
    pub skipped: i64,
    /// Why none can be read.
    pub missing: Option<String>,
}

/// What a tail reads, and how much of it.
pub struct Plan {
    /// The topic's name in Kafka.
    pub topic: String,
    /// Records that are shown at the start.
    pub max_items: usize,
    /// Records that are shown in a second.
    pub per_second: u32,
    /// How long a question to Kafka may take.
    pub timeout: Duration,
}

/// Reads one topic for one subscriber, until that one is gone.
pub struct Tail {
    plan: Plan,
    consumer: BaseConsumer,
    viewer: Viewer,
    sender: mpsc::Sender<Records>,
    pace: Pace,
    /// The next offset of each partition.
    next: Offsets,
}

/// The subscriber is gone.
struct Gone;

impl Tail {
    /// A tail that tells `sender`; it connects when it runs.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        settings: &KafkaSettings,
        plan: Plan,
        viewer: Viewer,
        sender: mpsc::Sender<Records>,
    ) -> Result<Self, KafkaError> {
        let mut config = consumer_config(settings, GROUP);
        config
            // A place that is gone is noticed: what was written meanwhile would be passed over in silence.
            .set("auto.offset.reset", "error")
            // A topic that is gone is told soon, not after half a minute in which it might still be made.
            .set("topic.metadata.propagation.max.ms", "1000")
            // Only what is shown is fetched, and a fetch that waits must not hold up one from another place.
            .set("queued.max.messages.kbytes", "1024")
            .set("fetch.message.max.bytes", "65536")
            .set("fetch.wait.max.ms", "100");
        let pace = Pace::new(plan.per_second, Instant::now());
        Ok(Self { consumer: config.create()?, plan, viewer, sender, pace, next: Offsets::new() })
    }

    /// Reads until the subscriber is gone.
    pub fn run(mut self) {
        // The only way in which these end.
        let Err(Gone) = self.begin().and_then(|()| self.follow());
    }

    /// Tells the newest records, as soon as Kafka can be asked.
    fn begin(&mut self) -> Result<(), Gone> {
        let mut is_told = false;
        loop {
            match self.newest() {
                Ok(records) => return self.tell(Records { new: records, ..Records::default() }),
                Err(reason) if is_told => tracing::debug!(reason, "no newest records yet"),
                Err(reason) => {
                    is_told = true;
                    self.tell(Records { missing: Some(reason), ..Records::default() })?;
                }
            }
            self.pause(LOOK_AGAIN)?;
        }
    }

    /// The newest records of all partitions, oldest first.
    fn newest(&mut self) -> Result<Vec<RecordView>, String> {
        let deadline = Deadline::after(self.plan.timeout);
        let topic = self.plan.topic.as_str();
        let answer = self.consumer.fetch_metadata(Some(topic), deadline.left()).map_err(text_of)?;
        let count = partitions_in(&answer, topic).ok_or("the topic does not exist; the synchronizer makes it")?;
        let ends = self.offsets(count, Offset::End, deadline)?;
        let begins = self.offsets(count, Offset::Beginning, deadline)?;
        let back = i64::try_from(self.plan.max_items).unwrap_or(i64::MAX);
        let start = |(partition, end): (&i32, &i64)| {
            let begin = begins.get(partition).copied().unwrap_or_default();
            (*partition, end.saturating_sub(back).max(begin).min(*end))
        };
        let starts = ends.iter().map(start).collect();
        self.go_on_from(starts).map_err(text_of)?;
        Ok(self.read_up_to(&ends))
    }

    fn read_up_to(&mut self, ends: &Offsets) -> Vec<RecordView> {
        let deadline = Deadline::after(FIRST);
        let mut of_partition: BTreeMap<i32, VecDeque<RecordView>> = BTreeMap::new();
        let is_there = |next: &Offsets| ends.iter().all(|(partition, end)| next.get(partition) >= Some(end));
        while !is_there(&self.next) && !deadline.is_over() && !self.sender.is_closed() {
            if let Some(Ok(message)) = self.consumer.poll(deadline.left().min(GATHER)) {
                self.next.insert(message.partition(), message.offset() + 1);
                let records = of_partition.entry(message.partition()).or_default();
                records.push_back(self.viewer.view(&message));
                if records.len() > self.plan.max_items {
                    records.pop_front();
                }
            }
        }
        let mut all: Vec<RecordView> = of_partition.into_values().flatten().collect();
        all.sort_by_key(|record| (record.timestamp_ms, record.partition, record.offset));
        all.split_off(all.len().saturating_sub(self.plan.max_items))
    }

    /// Tells what comes, until the subscriber is gone.
    fn follow(&mut self) -> Result<std::convert::Infallible, Gone> {
        let mut trouble: Option<String> = None;
        loop {
            let mut gathered = self.gather(if trouble.is_some() { LOOK_AGAIN } else { GATHER })?;
            let may_be_lost = gathered.error.is_some() || trouble.is_some();
            if gathered.is_over_pace || may_be_lost {
                match self.find_place(may_be_lost).and_then(|gone| Ok(gone + self.catch_up()?)) {
                    Ok(skipped) => {
                        gathered.told.skipped = skipped;
                        if trouble.take().is_some() {
                            self.tell(gathered.told)?;
                            continue;
                        }
                    }
                    Err(reason) => {
                        if trouble.is_none() {
                            gathered.told.missing = Some(reason.clone());
                        }
                        trouble = Some(reason);
                    }
                }
            }
            if gathered.told != Records::default() {
                self.tell(gathered.told)?;
            }
        }
    }

    /// Takes what comes within `time`, as long as the pace allows it.
    fn gather(&mut self, time: Duration) -> Result<Gathered, Gone> {
        let deadline = Deadline::after(time);
        let mut gathered = Gathered::default();
        while !deadline.is_over() {
            if self.sender.is_closed() {
                return Err(Gone);
            }
            if !self.pace.allows_one(Instant::now()) {
                gathered.is_over_pace = true;
                self.pause(deadline.left())?;
                break;
            }
            match self.consumer.poll(deadline.left()) {
                None => {}
                Some(Ok(message)) => {
                    self.pace.shown();
                    self.next.insert(message.partition(), message.offset() + 1);
                    gathered.told.new.push(self.viewer.view(&message));
                }
                Some(Err(error)) => gathered.error = Some(error),
            }
        }
        gathered.told.new.sort_by_key(|record| (record.timestamp_ms, record.partition, record.offset));
        Ok(gathered)
    }

    /// After trouble: goes to the beginning of each partition that is shorter than it was, since its topic was made again, and of
    /// each of which the next record is gone. Gives how many records were never seen.
    fn find_place(&mut self, may_be_lost: bool) -> Result<i64, String> {
        if !may_be_lost {
            return Ok(0);
        }
        let deadline = Deadline::after(self.plan.timeout);
        let count = i32::try_from(self.next.len()).unwrap_or(i32::MAX);
        let ends = self.offsets(count, Offset::End, deadline)?;
        let begins = self.offsets(count, Offset::Beginning, deadline)?;
        let (places, gone) = found_again(&self.next, &begins, &ends);
        self.go_on_from(places).map_err(text_of)?;
        Ok(gone)
    }

    /// Passes over what is too much to be shown within a second. Gives how many records that are.
    fn catch_up(&mut self) -> Result<i64, String> {
        let count = i32::try_from(self.next.len()).unwrap_or(i32::MAX);
        let ends = self.offsets(count, Offset::End, Deadline::after(self.plan.timeout))?;
        let room = i64::from(self.plan.per_second);
        if newest(&self.next, &ends, room).is_none() {
            return Ok(0);
        }
        // Half of it, or the next burst would be passed over at once.
        let Some((places, skipped)) = newest(&self.next, &ends, (room / 2).max(1)) else { return Ok(0) };
        self.go_on_from(places).map_err(text_of)?;
        counter!("graphql_endpoint_topic_records_skipped_total").increment(skipped.unsigned_abs());
        Ok(skipped)
    }

    fn go_on_from(&mut self, places: Offsets) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in &places {
            list.add_partition_offset(&self.plan.topic, *partition, Offset::Offset(*offset))?;
        }
        self.consumer.assign(&list)?;
        self.next = places;
        Ok(())
    }

    fn offsets(&self, count: i32, place: Offset, deadline: Deadline) -> Result<Offsets, String> {
        let topic = self.plan.topic.as_str();
        let mut found = offsets_at(&self.consumer, (0..count).map(|partition| (topic, partition)), place, deadline)
            .map_err(text_of)?;
        Ok(found.remove(topic).unwrap_or_default())
    }

    fn tell(&self, told: Records) -> Result<(), Gone> {
        self.sender.blocking_send(told).map_err(|_| Gone)
    }

    /// Waits, in small parts, so that it notices when the subscriber goes.
    fn pause(&self, time: Duration) -> Result<(), Gone> {
        let deadline = Deadline::after(time);
        while !deadline.is_over() {
            if self.sender.is_closed() {
                return Err(Gone);
            }
            std::thread::sleep(deadline.left().min(GATHER));
        }
        Ok(())
    }
}

/// What came within a short time.
#[derive(Default)]
struct Gathered {
    told: Records,
    is_over_pace: bool,
    error: Option<KafkaError>,
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn text_of(error: KafkaError) -> String {
    error.to_string()
}
