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
    // The command handler: what it decides.
    "no-dedupe",               // a repeated command is decided again
    "hash-ignored",            // an id that comes with other content counts as a mere repeat
    "negative-amounts",        // are booked
    "overdrafts",              // a debit may go below the limit
    "counter-account-skipped", // the side that is no account here is not booked
    // What it stores.
    "three-autocommits",      // events, accounts and balances each in a transaction of its own
    "commit-believed",        // a COMMIT counts, whatever became of the statements before it
    "state-kept",             // memory goes on with what could not be committed
    "flushed-through-high",   // the snapshot counts as one event further than it is
    "snapshot-not-caught-up", // a start takes the snapshot for exact
    // What it publishes, and which commands it need not see again.
    "published-backwards",           // the last record of a batch first
    "repeat-answered-differently",   // with other bytes than the first time
    "published-before-acknowledged", // what is handed to librdkafka counts as published
    "no-recovery",                   // a start publishes nothing
    "cut-log-ignored",               // a log that lost its end counts as whole
    "rewritten-log-ignored",         // a log that lost records in between counts as whole
    "offsets-first",                 // committed when a batch is read
    "offsets-before-acknowledged",   // given free when the answers are handed to librdkafka
    // Who may write.
    "no-lock",                 // whoever starts
    "no-fence",                // a silent handler is replaced and keeps its connection
    "older-database-accepted", // also whoever knows less than the topics
    // The endpoint.
    "projection-without-positions", // what is projected is not noted
    "projection-commit-believed",   // a COMMIT counts, whatever became of the statements before it
    "repeats-projected",            // also what is published again
    "two-projectors",               // every instance writes
    "fanout-before-commit",         // subscribers see what may never be committed
    "after-off-by-one",             // a stream misses the first transaction behind `after`
    "outcome-before-projection",    // an outcome is told before its changes can be asked for
    "request-not-kept",             // a request for a transfer is sent without being stored
    "id-reuse-believed",            // what answers another command is taken for the outcome
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
