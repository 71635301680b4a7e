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
    /// The checks that were not made, in the same order.
    pub unmade: Vec<(Check, Unmade)>,
    /// How long it took, waiting included.
    pub elapsed: Duration,
}

/// Why a check was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmade {
    /// The settings left it out.
    NotAsked,
    /// It could not be made.
    Impossible(String),
}

impl fmt::Display for Unmade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked"),
            Self::Impossible(why) => write!(f, "could not be checked: {why}"),
        }
    }
}

/// The audit could not make a check that was asked for.
const COULD_NOT_CHECK: u8 = 2;

impl Report {
    /// A report of these, in the checks' order.
    #[must_use]
    pub fn new(mut tallies: Vec<Tally>, mut unmade: Vec<(Check, Unmade)>, elapsed: Duration) -> Self {
        tallies.sort_by_key(|tally| tally.check);
        unmade.sort_by_key(|(check, _)| *check);
        Self { tallies, unmade, elapsed }
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

    /// The checks that could not be made, and why.
    fn impossible(&self) -> impl Iterator<Item = (Check, &str)> {
        self.unmade.iter().filter_map(|(check, unmade)| match unmade {
            Unmade::Impossible(why) => Some((*check, why.as_str())),
            Unmade::NotAsked => None,
        })
    }

    /// 1 where something does not hold, otherwise 2 where something could not be checked, otherwise 0.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.failures().next().is_some() {
            ExitCode::FAILURE
        } else if self.impossible().next().is_some() {
            ExitCode::from(COULD_NOT_CHECK)
        } else {
            ExitCode::SUCCESS
        }
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
        let unmade: Vec<Value> = self
            .unmade
            .iter()
            .map(|(check, unmade)| {
                json!({ "check": check.name(), "promise": check.promise(), "why": unmade.to_string() })
            })
            .collect();
        json!({
            "holds": self.failures().next().is_none(),
            "complete": self.impossible().next().is_none(),
            "elapsed_ms": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "checks": checks,
            "unmade": unmade,
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
        for (check, unmade) in &self.unmade {
            let why = if *unmade == Unmade::NotAsked { "not asked" } else { "not possible" };
            table.add_row([check.name(), check.promise(), why, ""]);
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
        for (check, why) in self.impossible() {
            writeln!(f, "{}: could not be checked: {why}", check.name())?;
        }
        let seconds = self.elapsed.as_secs_f64();
        match self.failures().count() {
            0 if self.impossible().next().is_some() => {
                write!(f, "What was checked holds; not everything could be ({seconds:.1} s).")
            }
            0 => write!(f, "The books are right ({seconds:.1} s)."),
            1 => write!(f, "1 check does not hold ({seconds:.1} s)."),
            failures => write!(f, "{failures} checks do not hold ({seconds:.1} s)."),
        }
    }
}
