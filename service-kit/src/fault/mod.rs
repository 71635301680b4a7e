//! Faults on purpose, for the tests that must notice them: a death at a named place, a rule that is broken.
//!
//! `BANK_FAILPOINT=before-commit` kills the process, as SIGKILL does, the first time it comes to that place;
//! `before-commit@3` the third time. `BANK_MUTANT=no-dedupe` breaks one rule for as long as the process runs. A name that is
//! not in the lists below ends the process at its start. Only builds with debug assertions look at either variable: in a
//! release build all of this is nothing.

#[cfg(debug_assertions)]
mod armed;

#[cfg(debug_assertions)]
pub use armed::{check, failpoint, mutant};

/// Where a process can be made to die.
pub const FAILPOINTS: &[&str] = &[
    // The command handler.
    "after-reading",  // a batch is taken, nothing is decided
    "before-commit",  // the events are on their way to the database
    "after-commit",   // the events are durable, none is handed over to be published
    "mid-publishing", // a record more is handed to librdkafka
    "before-offsets", // what is answered is noted, the offsets of its commands are not
    "mid-flush",      // balances are written, up to where is not
    // The endpoint.
    "before-projection-commit",
    "after-projection-commit", // nothing is handed to subscribers yet
];

/// The rules that can be broken. docs/mutations.md says what notices.
pub const MUTANTS: &[&str] = &[
    "no-dedupe", // a repeated command is decided again
];

/// Ends the process where a variable names what is in neither list. For the start of a program.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn check() {}

/// A place where the process dies if `BANK_FAILPOINT` says so.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn failpoint(_name: &str) {}

/// Whether `BANK_MUTANT` breaks this rule.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[must_use]
pub const fn mutant(_name: &str) -> bool {
    false
}
