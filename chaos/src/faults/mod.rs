//! The table of what can be broken, a folder per kind.

mod clients;
mod kafka;
mod machine;
mod messages;
mod network;
mod postgres;
mod process;
mod scene;
mod versions;

pub use scene::Scene;

use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};

use crate::error::ChaosError;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A module's process.
    Process,
    /// The databases' server.
    Postgres,
    /// The brokers.
    Kafka,
    /// What lies between the processes.
    Network,
    /// What is sent.
    Messages,
    /// Who asks the endpoint.
    Clients,
    /// Clock, disk, descriptors.
    Machine,
    /// Which program runs.
    Versions,
}

/// What a bank stands on. Faults of the same ground share a running bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// One broker.
    OneBroker,
    /// One broker and the databases, each on a small disk of its own; only root can make one.
    SmallDisks,
    /// Three brokers, each topic on all of them.
    ThreeBrokers,
}

impl Ground {
    /// How many brokers.
    #[must_use]
    pub const fn brokers(self) -> u16 {
        match self {
            Self::OneBroker | Self::SmallDisks => 1,
            Self::ThreeBrokers => 3,
        }
    }

    /// Whether this user can make it.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self != Self::SmallDisks || rustix::process::geteuid().is_root()
    }
}

/// Breaks something, keeps it broken, makes sure that it was, and heals it. Says what happened. Dropped in between, it heals.
pub type Act = for<'a> fn(&'a Scene<'a>) -> LocalBoxFuture<'a, Result<String, ChaosError>>;

/// A row of the table.
#[derive(Debug)]
pub struct Fault {
    /// By what it is asked for.
    pub name: &'static str,
    /// What is broken.
    pub kind: Kind,
    /// What happens, in one sentence.
    pub what: &'static str,
    /// How it ends.
    pub heal: &'static str,
    /// How long it may stay, in milliseconds: shortest, longest. The plan draws one.
    pub held_ms: (u64, u64),
    /// How much longer than that a user may wait for an answer, in milliseconds, on a machine that is busy with other things too.
    pub silence_beyond_ms: u64,
    /// What the bank must stand on.
    pub ground: Ground,
    /// How often it is to be made for docs/reliability.md: 20 where a moment matters, else 3.
    pub wanted_runs: u32,
    /// Does it.
    pub act: Act,
}

/// All faults, by kind.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    [
        process::FAULTS,
        postgres::FAULTS,
        kafka::FAULTS,
        network::FAULTS,
        messages::FAULTS,
        clients::FAULTS,
        machine::FAULTS,
        versions::FAULTS,
    ]
    .into_iter()
    .flatten()
}

/// The fault of this name.
///
/// # Errors
/// [`ChaosError::UnknownFault`] when there is none.
pub fn find(name: &str) -> Result<&'static Fault, ChaosError> {
    all().find(|fault| fault.name == name).ok_or_else(|| ChaosError::UnknownFault(name.to_owned()))
}

/// About three minutes of them, of every kind that one bank can take: for scripts/test.sh.
pub const SELECTION: &[&str] = &[
    "kill-handler",
    "takeover-frozen",
    "kill-endpoint",
    "kill-generator",
    "postgres-immediate",
    "kafka-kill",
    "die-after-commit",
    "commit-reply-lost",
    "poison",
    "repeats",
    "same-id",
    "foreign-origin",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_in_order() {
        let names: BTreeSet<&str> = all().map(|fault| fault.name).collect();
        assert_eq!(names.len(), all().count(), "two faults have one name");
        for fault in all() {
            assert!(fault.held_ms.0 <= fault.held_ms.1, "{}", fault.name);
            assert!(fault.name.len() <= 24, "{} has no seed of its own", fault.name);
            assert!(fault.what.ends_with('.') && fault.heal.ends_with('.'), "{}", fault.name);
        }
    }

    #[test]
    fn the_selection_needs_one_bank() {
        for name in SELECTION {
            assert_eq!(find(name).unwrap().ground, Ground::OneBroker, "{name}");
        }
        assert!(matches!(find("kill-nobody"), Err(ChaosError::UnknownFault(_))));
    }
}
