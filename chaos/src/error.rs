//! Why a run could not be made, or what it found.

use std::path::PathBuf;

use service_kit::kafka::KafkaError;
use service_kit::postgres::PostgresError;
use service_kit::registry::RegistryError;

/// Why chaos stops.
#[derive(Debug, thiserror::Error)]
pub enum ChaosError {
    /// There is no such fault.
    #[error("there is no fault `{0}`; see chaos --list")]
    UnknownFault(String),
    /// A fault that did not come about proves nothing.
    #[error("the fault did not happen: {0}")]
    DidNotHappen(String),
    /// The bank did not do what it must.
    #[error("{0}")]
    Broken(String),
    /// Something was not there in time.
    #[error("{what}: not within {timeout_ms} ms")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        timeout_ms: u64,
    },
    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// A script of the bank failed.
    #[error("{script} ended with {status}; what it said is in {log}")]
    Script {
        /// Its name and arguments.
        script: String,
        /// How it ended.
        status: String,
        /// Where it wrote.
        log: PathBuf,
    },
    /// A file or process.
    #[error("{what}")]
    Io {
        /// What was to be done.
        what: String,
        /// Why it could not.
        source: std::io::Error,
    },
    /// Something that should be JSON is not, or lacks a field.
    #[error("{what} said what cannot be understood: {said}")]
    Nonsense {
        /// Who.
        what: String,
        /// What was said.
        said: String,
    },
    /// An HTTP call.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A record could not be sent.
    #[error("a record was not delivered")]
    Delivery(#[from] rdkafka::error::KafkaError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A connection to the database.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// A statement.
    #[error("a question to the database failed")]
    Statement(#[from] tokio_postgres::Error),
}

impl ChaosError {
    /// For `map_err` where a file or process is at work.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
