//! What the synchronizer can do.

use super::COMPATIBILITY;
use std::collections::BTreeMap;
use std::fmt;

/// One thing to do. Its text is a line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Say which schemas may follow.
    SetCompatibility {
        /// The subject.
        subject: String,
        /// What it is now set to itself.
        from: Option<String>,
    },
    /// Add our schema to a subject.
    RegisterSchema {
        /// The subject.
        subject: String,
        /// The schema.
        schema: &'static str,
    },
    /// Make a topic.
    CreateTopic {
        /// Its name.
        topic: String,
        /// Its partitions.
        partitions: i32,
        /// Its replicas, capped.
        replicas: i32,
        /// Its configuration.
        config: Vec<(&'static str, &'static str)>,
    },
    /// Change a topic's configuration.
    SetConfig {
        /// The topic.
        topic: String,
        /// What changes: name, value now, value wanted.
        changes: Vec<(&'static str, Option<String>, &'static str)>,
        /// All that is to be set on the topic itself: what it has, with the changes.
        complete: BTreeMap<String, String>,
    },
    /// Add partitions to a topic.
    AddPartitions {
        /// The topic.
        topic: String,
        /// Partitions now.
        from: i32,
        /// Partitions wanted.
        to: i32,
    },
    /// Delete a topic with all it holds.
    DeleteTopic {
        /// The topic.
        topic: String,
    },
}

/// Each waits for the one before it: a schema is judged by the compatibility that is set, and a topic that nobody can read
/// must not be there. A topic's partitions come after its configuration, which they start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Compatibility,
    Schemas,
    Topics,
    Partitions,
    Deletion,
}

impl Action {
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::SetCompatibility { .. } => Phase::Compatibility,
            Self::RegisterSchema { .. } => Phase::Schemas,
            Self::CreateTopic { .. } | Self::SetConfig { .. } => Phase::Topics,
            Self::AddPartitions { .. } => Phase::Partitions,
            Self::DeleteTopic { .. } => Phase::Deletion,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetCompatibility { subject, from: None } => {
                write!(out, "+ subject {subject}: compatibility {COMPATIBILITY}")
            }
            Self::SetCompatibility { subject, from: Some(from) } => {
                write!(out, "~ subject {subject}: compatibility {from} -> {COMPATIBILITY}")
            }
            Self::RegisterSchema { subject, .. } => write!(out, "+ subject {subject}: schema"),
            Self::CreateTopic { topic, partitions, replicas, config } => {
                write!(out, "+ topic {topic}: partitions={partitions}, replicas={replicas}")?;
                config.iter().try_for_each(|(key, value)| write!(out, ", {key}={value}"))
            }
            Self::SetConfig { topic, changes, .. } => {
                write!(out, "~ topic {topic}:")?;
                changes.iter().enumerate().try_for_each(|(index, (key, from, to))| {
                    let comma = if index == 0 { "" } else { "," };
                    write!(out, "{comma} {key} {} -> {to}", from.as_deref().unwrap_or("unset"))
                })
            }
            Self::AddPartitions { topic, from, to } => write!(out, "~ topic {topic}: partitions {from} -> {to}"),
            Self::DeleteTopic { topic } => write!(out, "- topic {topic}"),
        }
    }
}
