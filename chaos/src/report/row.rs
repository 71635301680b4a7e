//! One run, as it is kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bank::Counts;
use crate::error::ChaosError;
use crate::faults::{Fault, Kind};
use crate::load::Seen;
use crate::plan::Plan;

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// When it was over, in UTC.
    pub at: String,
    /// The fault, its seed, and what was drawn from it.
    pub plan: Plan,
    /// What was broken.
    pub kind: Kind,
    /// What happened, as seen from outside.
    pub evidence: String,
    /// What users saw.
    pub seen: Seen,
    /// Milliseconds from the end of the load until everything was caught up.
    pub caught_up_ms: u64,
    /// What the auditor said.
    pub audit: Audited,
    /// What chaos itself counted, over the bank's whole life so far.
    pub counts: Counts,
    /// What does not hold; nothing where all does.
    pub failure: Option<String>,
    /// Milliseconds that the run took in all.
    pub took_ms: u64,
}

/// What the auditor said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// Whether every check holds.
    pub holds: bool,
    /// Things that were looked at, over all checks.
    pub checked: u64,
    /// The checks that do not hold, with their first example.
    pub failed: Vec<String>,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl Row {
    /// The row of a run that is about to begin.
    #[must_use]
    pub fn new(fault: &Fault, plan: Plan) -> Self {
        Self {
            at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            plan,
            kind: fault.kind,
            evidence: String::new(),
            seen: Seen::default(),
            caught_up_ms: 0,
            audit: Audited::default(),
            counts: Counts::default(),
            failure: None,
            took_ms: 0,
        }
    }

    /// The run in a line, for who looks on.
    #[must_use]
    pub fn line(&self) -> String {
        let seen = &self.seen;
        let verdict = self.failure.as_deref().map_or_else(
            || format!("audit holds ({} things)", self.audit.checked),
            |failure| format!("FAILED: {failure}"),
        );
        format!(
            "{} --seed {}: {}; longest silence {} ms (median {} ms), {} errors, {} asked = {} answered; {verdict}; {:.1} s",
            self.plan.fault,
            self.plan.seed,
            self.evidence,
            seen.longest_silence_ms,
            seen.median_ms,
            seen.error_count(),
            seen.asked,
            seen.confirmed + seen.refused,
            std::time::Duration::from_millis(self.took_ms).as_secs_f64(),
        )
    }
}

impl Audited {
    /// From the auditor's JSON.
    ///
    /// # Errors
    /// [`ChaosError::Nonsense`] where it lacks something.
    pub fn of(report: &Value) -> Result<Self, ChaosError> {
        let nonsense = || ChaosError::Nonsense { what: "the audit".to_owned(), said: report.to_string() };
        let checks = report["checks"].as_array().ok_or_else(nonsense)?;
        // A report without checks would prove nothing.
        let checked = checks.iter().filter_map(|check| check["checked"].as_u64()).sum();
        if checked == 0 {
            return Err(nonsense());
        }
        let failed = checks.iter().filter(|check| check["failed"].as_u64() != Some(0));
        let told = failed.map(|check| {
            let example = check["examples"][0].as_str().unwrap_or("no example");
            format!("{} {} times: {example}", check["check"].as_str().unwrap_or("?"), check["failed"])
        });
        Ok(Self {
            // What could not be checked does not hold.
            holds: report["holds"].as_bool().ok_or_else(nonsense)? && report["complete"] != false,
            checked,
            failed: told.collect(),
            elapsed_ms: report["elapsed_ms"].as_u64().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_is_taken_as_it_is_and_an_empty_one_not_at_all() {
        let check = |failed: u64| json!({ "check": "money", "checked": 5, "failed": failed, "examples": ["a cent"] });
        let report = json!({ "holds": false, "elapsed_ms": 7, "checks": [check(0), check(2)] });
        let audited = Audited::of(&report).unwrap();
        assert_eq!((audited.holds, audited.checked, audited.elapsed_ms), (false, 10, 7));
        assert_eq!(audited.failed, ["money 2 times: a cent"]);
        let incomplete = json!({ "holds": true, "complete": false, "checks": [check(0)] });
        assert!(!Audited::of(&incomplete).unwrap().holds);
        for nothing in [json!({}), json!({ "holds": true, "checks": [] }), json!({ "checks": [check(0)] })] {
            assert!(Audited::of(&nothing).is_err(), "{nothing}");
        }
    }
}
