//! What the synchronizer cannot mend, or was not allowed to.

use std::fmt;

/// What stands between the cluster and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Our schema cannot follow the subject's. Nothing at all is done then.
    SchemaRefused {
        /// The subject.
        subject: String,
        /// Why.
        reason: String,
    },
    /// Partitions are missing, and adding them was not allowed.
    TooFewPartitions {
        /// The topic.
        topic: String,
        /// Partitions now.
        found: i32,
        /// Partitions wanted.
        wanted: i32,
    },
    /// Partitions are missing, and with more of them the history of a key would be in two.
    HistoryWouldPart {
        /// The topic.
        topic: String,
        /// Partitions now.
        found: i32,
        /// Partitions wanted.
        wanted: i32,
    },
    /// Kafka cannot take partitions away.
    TooManyPartitions {
        /// The topic.
        topic: String,
        /// Partitions now.
        found: i32,
        /// Partitions wanted.
        wanted: i32,
    },
    /// Moving replicas between brokers is not for this program.
    TooFewReplicas {
        /// The topic.
        topic: String,
        /// Replicas now.
        found: i32,
        /// Replicas wanted, capped.
        wanted: i32,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchemaRefused { subject, reason } => {
                write!(out, "! subject {subject}: the schema cannot follow those that are there: {reason}")
            }
            Self::TooFewPartitions { topic, found, wanted } => write!(
                out,
                "! topic {topic}: partitions={found} instead of {wanted}; adding them moves keys: --allow-repartition"
            ),
            Self::HistoryWouldPart { topic, found, wanted } => write!(
                out,
                "! topic {topic}: partitions={found} instead of {wanted}; it has records, and an account's changes are in \
                 order only within a partition: start it afresh"
            ),
            Self::TooManyPartitions { topic, found, wanted } => write!(
                out,
                "! topic {topic}: partitions={found} instead of {wanted}; Kafka takes none away: start it afresh"
            ),
            Self::TooFewReplicas { topic, found, wanted } => write!(
                out,
                "! topic {topic}: replicas={found} instead of {wanted}; kafka-reassign-partitions.sh adds them"
            ),
        }
    }
}
