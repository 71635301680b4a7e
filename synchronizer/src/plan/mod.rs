//! The difference between what is wanted and what was found, as actions. Pure: all that is known is passed in.

mod action;
mod obstacle;

pub use action::Action;
pub use obstacle::Obstacle;

use crate::found::{Found, FoundSubject, FoundTopic};
use crate::wanted::WantedTopic;

/// The compatibility of every subject, by the contract.
pub const COMPATIBILITY: &str = "BACKWARD";

/// What may be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions<'a> {
    /// Partitions may be added, which moves keys.
    pub repartition: bool,
    /// Topics that are not wanted may be deleted where their name starts with this; `None` deletes nothing.
    pub delete_unknown: Option<&'a str>,
}

/// What is to be done, in this order, and what cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be done.
    pub actions: Vec<Action>,
    /// Cannot be mended by the synchronizer, or not without being allowed to.
    pub obstacles: Vec<Obstacle>,
}

impl Plan {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.obstacles.is_empty()
    }

    /// The actions in groups, to be done one after the other; those of one group may be done together.
    pub fn phases(&self) -> impl Iterator<Item = &[Action]> {
        self.actions.chunk_by(|one, next| one.phase() == next.phase())
    }

    /// Whether a schema is refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::SchemaRefused { .. }))
    }
}

/// What makes `found` equal to `wanted`. Schemas come before topics, so that nobody finds a topic that cannot be read.
#[must_use]
pub fn plan(wanted: &[WantedTopic], found: &Found, permissions: Permissions<'_>) -> Plan {
    let mut plan = Plan::default();
    for topic in wanted {
        if let Some(schema) = topic.schema {
            plan_subject(&topic.subject(), schema, found, &mut plan);
        }
    }
    for topic in wanted {
        let replicas = topic.replicas.min(found.brokers);
        match found.topics.get(&topic.name) {
            Some(there) => plan_topic(topic, replicas, there, permissions, &mut plan),
            None => plan.actions.push(Action::CreateTopic {
                topic: topic.name.clone(),
                partitions: topic.partitions,
                replicas,
                config: topic.config.clone(),
            }),
        }
    }
    if let Some(prefix) = permissions.delete_unknown {
        let doomed = unknown(wanted, found).filter(|name| name.starts_with(prefix));
        plan.actions.extend(doomed.map(|name| Action::DeleteTopic { topic: name.to_owned() }));
    }
    plan.actions.sort_by_key(Action::phase);
    plan
}

/// The topics that are not wanted; without those whose name starts with `_`, which are the infrastructure's.
pub fn unknown<'a>(wanted: &'a [WantedTopic], found: &'a Found) -> impl Iterator<Item = &'a str> {
    let names = found.topics.keys().map(String::as_str);
    names.filter(|name| !name.starts_with('_') && wanted.iter().all(|topic| topic.name != *name))
}

fn plan_subject(subject: &str, schema: &'static str, found: &Found, plan: &mut Plan) {
    let new = FoundSubject::default();
    let there = found.subjects.get(subject).unwrap_or(&new);
    if there.compatibility.as_deref() != Some(COMPATIBILITY) {
        let from = there.compatibility.clone();
        plan.actions.push(Action::SetCompatibility { subject: subject.to_owned(), from });
    }
    match &there.refusal {
        _ if there.registered => {}
        Some(reason) => {
            plan.obstacles.push(Obstacle::SchemaRefused { subject: subject.to_owned(), reason: reason.clone() });
        }
        None => plan.actions.push(Action::RegisterSchema { subject: subject.to_owned(), schema }),
    }
}

fn plan_topic(wanted: &WantedTopic, replicas: i32, found: &FoundTopic, permissions: Permissions<'_>, plan: &mut Plan) {
    let topic = wanted.name.clone();
    let changes: Vec<_> = wanted
        .config
        .iter()
        .filter(|(key, value)| found.config.get(*key).is_none_or(|now| now != value))
        .map(|(key, value)| (*key, found.config.get(*key).cloned(), *value))
        .collect();
    if !changes.is_empty() {
        let mut complete = found.own_config.clone();
        complete.extend(wanted.config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        plan.actions.push(Action::SetConfig { topic: topic.clone(), changes, complete });
    }
    if found.replicas < replicas {
        let obstacle = Obstacle::TooFewReplicas { topic: topic.clone(), found: found.replicas, wanted: replicas };
        plan.obstacles.push(obstacle);
    }
    let (from, to) = (found.partitions, wanted.partitions);
    if from > to {
        plan.obstacles.push(Obstacle::TooManyPartitions { topic, found: from, wanted: to });
    } else if from < to && permissions.repartition && wanted.tells_histories && found.has_records {
        plan.obstacles.push(Obstacle::HistoryWouldPart { topic, found: from, wanted: to });
    } else if from < to && permissions.repartition {
        plan.actions.push(Action::AddPartitions { topic, from, to });
    } else if from < to {
        plan.obstacles.push(Obstacle::TooFewPartitions { topic, found: from, wanted: to });
    }
}

#[cfg(test)]
mod tests;
