//! What builds with debug assertions do.

use super::{FAILPOINTS, MUTANTS};
use crate::settings::EXIT_USAGE;
use std::env;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the environment asks for.
#[derive(Debug, Default)]
struct Armed {
    failpoint: Option<Failpoint>,
    mutant: Option<String>,
}

#[derive(Debug)]
struct Failpoint {
    name: String,
    /// How often the place is come to before the process dies there, counted down.
    left: AtomicU64,
}

/// Ends the process where a variable names what is in neither list. For the start of a program.
pub fn check() {
    armed();
}

/// A place where the process dies if `BANK_FAILPOINT` says so.
pub fn failpoint(name: &str) {
    debug_assert!(FAILPOINTS.contains(&name), "{name} is missing in the list of failpoints");
    if armed().failpoint.as_ref().is_some_and(|failpoint| failpoint.is_due(name)) {
        tracing::warn!(name, "dying at a failpoint");
        // Nobody is left to be told where this fails.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Whether `BANK_MUTANT` breaks this rule.
#[must_use]
pub fn mutant(name: &str) -> bool {
    debug_assert!(MUTANTS.contains(&name), "{name} is missing in the list of mutants");
    armed().mutant.as_ref().is_some_and(|mutant| mutant == name)
}

fn armed() -> &'static Armed {
    static ARMED: OnceLock<Armed> = OnceLock::new();
    ARMED.get_or_init(|| {
        let (failpoint, mutant) = (env::var("BANK_FAILPOINT").ok(), env::var("BANK_MUTANT").ok());
        Armed::parse(failpoint.as_deref(), mutant.as_deref()).unwrap_or_else(|reason| {
            eprintln!("error: {reason}");
            std::process::exit(EXIT_USAGE)
        })
    })
}

impl Armed {
    fn parse(failpoint: Option<&str>, mutant: Option<&str>) -> Result<Self, String> {
        let failpoint = failpoint.map(Failpoint::parse).transpose()?;
        if let Some(unknown) = mutant.filter(|name| !MUTANTS.contains(name)) {
            return Err(format!("BANK_MUTANT: no mutant `{unknown}`; there are: {}", MUTANTS.join(", ")));
        }
        Ok(Self { failpoint, mutant: mutant.map(str::to_owned) })
    }
}

impl Failpoint {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, count) = text.split_once('@').unwrap_or((text, "1"));
        if !FAILPOINTS.contains(&name) {
            return Err(format!("BANK_FAILPOINT: no failpoint `{name}`; there are: {}", FAILPOINTS.join(", ")));
        }
        match count.parse() {
            Ok(left @ 1..) => Ok(Self { name: name.to_owned(), left: AtomicU64::new(left) }),
            _ => Err(format!(
                "BANK_FAILPOINT: `{count}` does not say the how manieth time; allowed: {name}@1, {name}@2 ..."
            )),
        }
    }

    /// Counts a visit; true for the one that is asked for.
    fn is_due(&self, name: &str) -> bool {
        self.name == name && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failpoint_is_due_the_time_that_is_asked_for_and_never_again() {
        let rows = [("before-commit", 1), ("before-commit@1", 1), ("before-commit@3", 3)];
        for (text, time) in rows {
            let failpoint = Failpoint::parse(text).unwrap();
            let due: Vec<u64> = (1..=5).filter(|_| failpoint.is_due("before-commit")).collect();
            assert_eq!(due, [time], "{text}");
            assert!(!Failpoint::parse(text).unwrap().is_due("after-commit"));
        }
    }

    #[test]
    fn what_is_not_in_the_lists_is_refused_with_the_lists() {
        let rows = [
            (Some("before-comit"), None, "mid-publishing"),
            (Some("before-commit@0"), None, "before-commit@1"),
            (Some("before-commit@first"), None, "before-commit@1"),
            (Some(""), None, "mid-publishing"),
            (None, Some("no-dedup"), "no-dedupe"),
            (None, Some(""), "no-dedupe"),
        ];
        for (failpoint, mutant, named) in rows {
            let reason = Armed::parse(failpoint, mutant).unwrap_err();
            assert!(reason.contains(named), "{failpoint:?} {mutant:?}: {reason}");
        }
        assert!(Armed::parse(Some("mid-flush@2"), Some("no-dedupe")).is_ok());
    }

    #[test]
    fn names_are_told_once() {
        let mut names = [FAILPOINTS, MUTANTS].concat();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
