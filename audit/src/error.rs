use service_kit::kafka::KafkaError;
use service_kit::postgres::PostgresError;
use service_kit::registry::RegistryError;

/// Why the audit could not be made. All of them end it: whoever started it sees what is missing and starts it again.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Kafka does not answer, or lacks a topic.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// Reading a topic failed.
    #[error("reading the topics")]
    Read(#[from] rdkafka::error::KafkaError),
    /// No record and no end came from Kafka in time.
    #[error("reading {topic}: nothing from Kafka for {timeout_ms} ms")]
    Silence {
        /// The topic.
        topic: String,
        /// The bound that was reached.
        timeout_ms: u64,
    },
    /// The registry does not say what a schema is.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The beginning of a topic is gone, so that nothing can be proved.
    #[error("topic {topic}, partition {partition} starts at offset {offset}: its beginning is gone")]
    BeginningGone {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Its first offset that can be read.
        offset: i64,
    },
    /// Postgres cannot be reached.
    #[error(transparent)]
    Database(#[from] PostgresError),
    /// A query failed, as in a database that the services have not made their tables in.
    #[error("asking database {database}")]
    Query {
        /// The database.
        database: String,
        /// What was said.
        source: tokio_postgres::Error,
    },
    /// A table holds what the table should not be able to hold.
    #[error("database {database}: {what}")]
    Nonsense {
        /// The database.
        database: String,
        /// What it is.
        what: String,
    },
}
