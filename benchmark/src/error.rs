use service_kit::kafka::KafkaError;
use service_kit::postgres::PostgresError;
use service_kit::registry::RegistryError;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// Kafka does not answer, or lacks a topic.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// Sending or reading failed.
    #[error("sending to or reading from Kafka")]
    Transport(#[from] rdkafka::error::KafkaError),
    /// The registry does not say what a schema is.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Postgres cannot be reached.
    #[error(transparent)]
    Database(#[from] PostgresError),
    /// A query failed.
    #[error("asking database {database}")]
    Query {
        /// The database.
        database: String,
        /// What was said.
        source: tokio_postgres::Error,
    },
    /// Something in a topic of outcomes is no outcome.
    #[error("{topic}, partition {partition}, offset {offset} is no record of its topic: {reason}")]
    NoRecord {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
        /// Why not.
        reason: String,
    },
    /// The bank has fewer accounts than are to take part.
    #[error("the bank has {there} accounts and {wanted} are to take part; make more: benchmark make-accounts --count {}", u64::from(*wanted).saturating_sub(*there))]
    TooFewAccounts {
        /// How many it has.
        there: u64,
        /// How many are wanted.
        wanted: u32,
    },
    /// What was waited for did not come.
    #[error("no {what} for {seconds} s: is the bank up, and are these its ports?")]
    Silence {
        /// What it was.
        what: String,
        /// For how long.
        seconds: u64,
    },
    /// The browser, its driver or the pages do not do what they should.
    #[error("{0}")]
    Browser(String),
    /// The browser's driver says no.
    #[error("driving the browser")]
    WebDriver(#[source] Box<fantoccini::error::CmdError>),
    /// The system gives no sockets.
    #[error("making a client of HTTP")]
    Http(#[source] reqwest::Error),
    /// The heartbeat does not answer, or refuses a pace.
    #[error(
        "the heartbeat's pace at {url}: is the bank up (./scripts/restart.sh), and are these its ports (BANK_PORT_OFFSET, --pace-url)?"
    )]
    Pace {
        /// Where it was asked.
        url: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// A part of the bank could not be stopped or started.
    #[error("{command}: {reason}")]
    Part {
        /// What was run.
        command: String,
        /// How it went.
        reason: String,
    },
    /// The endpoint does not serve a subscriber.
    #[error("the subscriber at {url}: {reason}")]
    Subscriber {
        /// Where.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The bank has not written what was to be written again.
    #[error("{0} is empty: the floor is measured with what a bank has written; let it work first: benchmark commands")]
    NothingToCopy(String),
    /// The account could not be made.
    #[error("a new account was refused: {0}")]
    Refused(String),
    /// A file could not be read or written.
    #[error("{what}")]
    File {
        /// The file, and what was done with it.
        what: String,
        /// What was said.
        source: std::io::Error,
    },
    /// A file of results is of a run that was not finished.
    #[error("{file} has no {lacks}: it was not finished; scripts/loop.sh makes it again")]
    Unfinished {
        /// The file.
        file: String,
        /// What a finished run has.
        lacks: &'static str,
    },
    /// The system hands out no signals.
    #[error("listening to signals")]
    NoSignals(#[source] std::io::Error),
    /// The system has no thread left.
    #[error("starting a thread")]
    NoThread(#[source] std::io::Error),
    /// A bug: a chart or table could not be made.
    #[error("drawing {0}")]
    Drawing(String),
    /// Two settings do not go together.
    #[error("{0}")]
    Settings(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A bug: a thread of this program panicked.
    #[error("a thread panicked")]
    Panicked,
}

impl From<fantoccini::error::CmdError> for BenchmarkError {
    fn from(error: fantoccini::error::CmdError) -> Self {
        Self::WebDriver(Box::new(error))
    }
}
