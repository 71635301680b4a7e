//! What is: the cluster and the registry as they were found.

use std::collections::BTreeMap;

/// What matters of the cluster and the registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Brokers that are there.
    pub brokers: i32,
    /// All topics, by name.
    pub topics: BTreeMap<String, FoundTopic>,
    /// The wanted topics' subjects, by name; without those that the registry does not have.
    pub subjects: BTreeMap<String, FoundSubject>,
}

/// A topic that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundTopic {
    /// Its partitions.
    pub partitions: i32,
    /// Whether it has had records; only asked where that decides something.
    pub has_records: bool,
    /// The replicas of the partition that has the fewest.
    pub replicas: i32,
    /// Its configuration, defaults included. Empty for a topic that is not wanted.
    pub config: BTreeMap<String, String>,
    /// Of these, what is set on the topic itself. Changing one means sending them all.
    pub own_config: BTreeMap<String, String>,
}

/// A subject that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundSubject {
    /// The compatibility that it is set to itself.
    pub compatibility: Option<String>,
    /// Whether our schema is among its schemas.
    pub registered: bool,
    /// Why our schema cannot follow those it has, where it cannot.
    pub refusal: Option<String>,
}
