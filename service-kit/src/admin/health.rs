//! What a service needs, and whether it has it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const STARTING: &str = "starting";

/// The state that `/readyz` shows. Cheap to clone; all clones are the same state.
#[derive(Debug, Clone, Default)]
pub struct Health {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    role: Option<String>,
    /// Part name to what is missing; `None` when the part is up.
    parts: BTreeMap<String, Option<String>>,
}

/// One dependency or phase of a service, as `kafka` or `projection`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Part {
    name: String,
    health: Health,
}

/// What `/readyz` answers, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether there are parts and every one is up.
    pub ready: bool,
    /// What the service does now where it can do several things, as `active` or `standby`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The parts that are not up, by name.
    pub missing: Vec<Missing>,
}

/// A part that is not up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The part's name.
    pub part: String,
    /// Why it is not up, as `waiting for Kafka at localhost:19092`.
    pub reason: String,
}

impl Health {
    /// A health without parts, which is not ready: the service has not said yet what it needs. A service names all its
    /// parts before the first of them is up, or it would be ready in between.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of this name, made (as down, `starting`) when it is new.
    #[must_use]
    pub fn part(&self, name: &str) -> Part {
        self.lock().parts.entry(name.to_owned()).or_insert_with(|| Some(STARTING.to_owned()));
        Part { name: name.to_owned(), health: self.clone() }
    }

    /// Says what the service does now, as `active` or `standby`. A standby is ready.
    pub fn set_role(&self, role: &str) {
        self.lock().role = Some(role.to_owned());
    }

    /// What `/readyz` answers now.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let state = self.lock();
        let mut missing: Vec<Missing> = state
            .parts
            .iter()
            .filter_map(|(part, reason)| reason.clone().map(|reason| Missing { part: part.clone(), reason }))
            .collect();
        if state.parts.is_empty() {
            missing.push(Missing { part: "service".to_owned(), reason: STARTING.to_owned() });
        }
        Readiness { ready: missing.is_empty(), role: state.role.clone(), missing }
    }

    /// Whether there are parts and every one is up.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let state = self.lock();
        !state.parts.is_empty() && state.parts.values().all(Option::is_none)
    }

    // Each change is a single assignment, so a panic elsewhere cannot have left the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// The part has what it needs.
    pub fn up(&self) {
        self.health.lock().parts.insert(self.name.clone(), None);
    }

    /// The part lacks something; the reason is for people.
    pub fn down(&self, reason: impl Into<String>) {
        self.health.lock().parts.insert(self.name.clone(), Some(reason.into()));
    }

    /// Whether the part is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.health.lock().parts.get(&self.name).is_some_and(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_part_is_up() {
        let health = Health::new();
        assert!(!health.is_ready(), "nothing is known yet");
        assert_eq!(health.readiness().missing[0].part, "service");
        let kafka = health.part("kafka");
        let registry = health.part("registry");
        kafka.up();
        registry.down("waiting for the registry");
        health.set_role("standby");
        let missing = vec![Missing { part: "registry".into(), reason: "waiting for the registry".into() }];
        assert_eq!(health.readiness(), Readiness { ready: false, role: Some("standby".into()), missing });
        registry.up();
        assert!(health.readiness().ready && health.is_ready() && registry.is_up());
    }

    #[test]
    fn a_new_part_is_starting_and_asking_for_it_again_changes_nothing() {
        let health = Health::new();
        let part = health.part("kafka");
        assert_eq!(health.readiness().missing[0].reason, "starting");
        part.up();
        assert!(health.part("kafka").is_up());
    }
}
