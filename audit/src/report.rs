//! What the audit found, for people and for machines.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde_json::{Value, json};

use crate::check::{Check, Tally};

/// How all checks went.
#[derive(Debug, Clone)]
pub struct Report {
    /// By check, in the order of [`Check`].
    pub tallies: Vec<Tally>,
    /// How long it took, waiting included.
    pub elapsed: Duration,
}

impl Report {
    /// A report of these, in the checks' order.
    #[must_use]
    pub fn new(mut tallies: Vec<Tally>, elapsed: Duration) -> Self {
        tallies.sort_by_key(|tally| tally.check);
        Self { tallies, elapsed }
    }

    /// The checks that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Tally> {
        self.tallies.iter().filter(|tally| tally.failed > 0)
    }

    /// How one check went, if it was made.
    #[must_use]
    pub fn of(&self, check: Check) -> Option<&Tally> {
        self.tallies.iter().find(|tally| tally.check == check)
    }

    /// 0 where all holds, otherwise 1.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.failures().next().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// The report as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self
            .tallies
            .iter()
            .map(|tally| {
                json!({
                    "check": tally.check.name(),
                    "promise": tally.check.promise(),
                    "checked": tally.checked,
                    "failed": tally.failed,
                    "examples": tally.examples,
                })
            })
            .collect();
        json!({
            "holds": self.failures().next().is_none(),
            "elapsed_ms": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "checks": checks,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header([
            "check",
            "what must hold",
            "checked",
            "fails",
        ]);
        for tally in &self.tallies {
            table.add_row([
                tally.check.name().to_owned(),
                tally.check.promise().to_owned(),
                tally.checked.to_string(),
                tally.failed.to_string(),
            ]);
        }
        for column in [2, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        for tally in self.failures() {
            for example in &tally.examples {
                writeln!(f, "{}: {example}", tally.check.name())?;
            }
            let untold = tally.failed - tally.examples.len() as u64;
            if untold > 0 {
                writeln!(f, "{}: and {untold} more", tally.check.name())?;
            }
        }
        let seconds = self.elapsed.as_secs_f64();
        match self.failures().count() {
            0 => write!(f, "The books are right ({seconds:.1} s)."),
            1 => write!(f, "1 check does not hold ({seconds:.1} s)."),
            failures => write!(f, "{failures} checks do not hold ({seconds:.1} s)."),
        }
    }
}
