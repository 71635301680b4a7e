//! A record of a topic as it is shown.

use super::masking::shown_text;
use super::shown::{Reading, why_not};
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use service_kit::kafka::{NameAndValue, all_headers};
use service_kit::registry::Decoded;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::time::timeout;
use topology::wire;

/// How long the registry may take to tell a schema; the record is then shown as one that cannot be read.
const SCHEMA_PATIENCE: Duration = Duration::from_secs(1);
/// After the registry did not tell, it is not asked for this long.
const SCHEMA_PAUSE: Duration = Duration::from_secs(5);
/// What stands in the place of a header's name that is no UTF-8.
const UNREADABLE_NAME: &str = "(a name that is not UTF-8)";

/// A record of a topic, with nothing in it that may not be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordView {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When it was written, in milliseconds since 1970 UTC.
    pub timestamp_ms: Option<i64>,
    /// Its key.
    pub key: Option<String>,
    /// Names and values of its headers.
    pub headers: Vec<(String, Option<String>)>,
    /// The id of its schema.
    pub schema_id: Option<u32>,
    /// The name of the records of its topic.
    pub record: &'static str,
    /// The record as JSON, or why there is none.
    pub value: Result<String, String>,
    /// Bytes of the key.
    pub key_bytes: usize,
    /// Bytes of the value, where there is one.
    pub value_bytes: Option<usize>,
}

/// Makes records into what is shown of them, on a thread that may block.
pub struct Viewer {
    record: &'static str,
    reading: Box<dyn Reading>,
    runtime: Handle,
    paused_until: Option<Instant>,
}

impl Viewer {
    /// With the name of the topic's records and a way to read them.
    #[must_use]
    pub fn new(record: &'static str, reading: Box<dyn Reading>, runtime: Handle) -> Self {
        Self { record, reading, runtime, paused_until: None }
    }

    /// What is shown of a record.
    pub fn view(&mut self, message: &BorrowedMessage<'_>) -> RecordView {
        let header = |header: Option<NameAndValue<'_>>| match header {
            Some((name, value)) => (shown_text(name), value.map(shown_bytes)),
            None => (UNREADABLE_NAME.to_owned(), None),
        };
        RecordView {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis(),
            key: message.key().map(shown_bytes),
            headers: all_headers(message.headers()).map(header).collect(),
            schema_id: message.payload().and_then(|value| wire::split(value).ok()).map(|(id, _)| id),
            record: self.record,
            value: self.value(message.payload()),
            key_bytes: message.key().map_or(0, <[u8]>::len),
            value_bytes: message.payload().map(<[u8]>::len),
        }
    }

    fn value(&mut self, payload: Option<&[u8]>) -> Result<String, String> {
        for _ in 0..2 {
            let id = match self.reading.read(payload) {
                Decoded::Record(json) => return Ok(json),
                Decoded::Poison(reason) => return Err(why_not(&reason)),
                Decoded::UnknownSchema(id) => id,
            };
            self.fetch_schema(id)?;
        }
        Err("its schema was forgotten again at once".to_owned())
    }

    fn fetch_schema(&mut self, id: u32) -> Result<(), String> {
        const SILENT: &str = "the schema registry does not tell its schema";
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return Err(SILENT.to_owned());
        }
        let fetched = self.runtime.block_on(async { timeout(SCHEMA_PATIENCE, self.reading.fetch_schema(id)).await });
        self.paused_until = None;
        if let Ok(Ok(())) = fetched {
            return Ok(());
        }
        self.paused_until = Some(Instant::now() + SCHEMA_PAUSE);
        Err(SILENT.to_owned())
    }
}

fn shown_bytes(bytes: &[u8]) -> String {
    shown_text(&String::from_utf8_lossy(bytes))
}
