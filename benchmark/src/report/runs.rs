//! Reading the rows of a run.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use crate::browser::rows::{End, FORM, Header, InteractionRow, Reason, Row, Step, Steps};
use crate::error::BenchmarkError;

/// What a run wrote down.
#[derive(Debug, Clone)]
pub struct Run {
    /// What was measured.
    pub header: Header,
    /// Every interaction.
    pub interactions: Vec<InteractionRow>,
    /// Every step of the geometric protocol.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
}

impl Run {
    /// Reads a file of rows.
    ///
    /// # Errors
    /// When it cannot be read, holds something else, or is of a run that was not finished, as after Ctrl-C.
    pub fn read(path: &Path) -> Result<Self, BenchmarkError> {
        let name = path.display();
        let failed = |source| BenchmarkError::File { what: format!("reading {name}"), source };
        let file = std::fs::File::open(path).map_err(failed)?;
        let lacks = |lacks| BenchmarkError::Unfinished { file: name.to_string(), lacks };
        let mut header = None;
        let mut end = None;
        let (mut interactions, mut steps) = (Vec::new(), Vec::new());
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let wrong = |reason: String| BenchmarkError::Settings(format!("{name}, line {}: {reason}", index + 1));
            let row = match serde_json::from_str(&line.map_err(failed)?) {
                // A program that was killed, or a full disk.
                Err(error) if error.is_eof() => return Err(lacks("end")),
                row => row.map_err(|error| wrong(error.to_string()))?,
            };
            match row {
                Row::Header(found) if found.form != FORM => {
                    return Err(wrong(format!("rows of form {}; this program reads form {FORM}", found.form)));
                }
                Row::Header(found) => header = Some(found),
                Row::Interaction(row) => interactions.push(row),
                // Its interaction counts as timed out, whenever the answer came.
                Row::Late { .. } => {}
                Row::Step(step) => steps.push(step),
                Row::End(found) => end = Some(found),
            }
        }
        if header.is_none() && interactions.is_empty() {
            return Err(lacks("header"));
        }
        let header =
            header.ok_or_else(|| BenchmarkError::Settings(format!("{name} has no header: it holds no run")))?;
        let end = end.filter(|end: &End| end.reason != Reason::Interrupted).ok_or_else(|| lacks("end"))?;
        if interactions.is_empty() {
            return Err(lacks("interaction"));
        }
        Ok(Self { header, interactions, steps, end })
    }

    /// The highest load that held, in messages a second; 0 when none did. Steps are judged again, since those of older files
    /// counted from the click.
    #[must_use]
    pub fn highest_load_per_s(&self) -> f64 {
        let Some(Steps { p99_max_ms, .. }) = self.header.steps else { return self.end.highest_load_per_s };
        let held = self.steps.iter().take_while(|step| step.holds(p99_max_ms)).last();
        held.map_or(0.0, |step| step.sent_per_s.unwrap_or(step.load_per_s))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::browser::Protocol;

    fn header(category: &str, loop_number: u32) -> Header {
        Header {
            form: FORM,
            category: category.to_owned(),
            loop_number,
            protocol: Protocol::Geometric,
            date: "2026-11-22T00:00:00Z".to_owned(),
            commit: "0000000".to_owned(),
            build: "release".to_owned(),
            machine: "a machine".to_owned(),
            cores: 2,
            memory_mib: 1_024,
            load_average: "0.1".to_owned(),
            disk_sync_us: None,
            versions: BTreeMap::new(),
            warm_up_s: 0,
            warm_up_load_per_s: None,
            steps: None,
            interval_ms: 500,
            timeout_ms: 5_000,
            sleep_time_ms: 100,
        }
    }

    /// A run with these latencies at each load, that broke above `highest_load_per_s`.
    pub(in crate::report) fn run_of(
        category: &str,
        loop_number: u32,
        latencies_ms: &[(f64, &[f64])],
        highest_load_per_s: f64,
    ) -> Run {
        let mut interactions = Vec::new();
        for (load_per_s, latencies) in latencies_ms {
            for latency_ms in *latencies {
                let interaction = u32::try_from(interactions.len()).expect("a few") + 1;
                interactions.push(InteractionRow {
                    interaction,
                    time_s: f64::from(interaction),
                    late_ms: None,
                    load_per_s: *load_per_s,
                    what: "deposit".to_owned(),
                    cents: 1_000,
                    latency_ms: *latency_ms,
                    polled_ms: None,
                    timed_out: false,
                    hops_ms: BTreeMap::new(),
                    sample: None,
                });
            }
        }
        let count = u32::try_from(interactions.len()).expect("a few");
        let end = End { reason: Reason::NotHeld, interactions: count, timeouts: 0, highest_load_per_s };
        Run { header: header(category, loop_number), interactions, steps: Vec::new(), end }
    }

    /// A run as its file has it.
    pub(in crate::report) fn lines_of(run: Run) -> Vec<String> {
        let mut rows = vec![Row::Header(run.header)];
        rows.extend(run.interactions.into_iter().map(Row::Interaction));
        rows.push(Row::End(run.end));
        rows.iter().map(|row| serde_json::to_string(row).expect("texts for keys")).collect()
    }

    #[test]
    fn a_load_holds_when_those_who_could_not_click_in_time_were_answered_too() {
        let step = |load_per_s, timeouts, p99_ms, from_due_p99_ms| Step {
            load_per_s,
            sent_per_s: Some(load_per_s - 0.5),
            commands_per_s: None,
            interactions: 60,
            timeouts,
            p50_ms: 10.0,
            p99_ms,
            late_p99_ms: None,
            from_due_p99_ms,
            held: true,
        };
        let quick = step(10.0, 0, 20.0, Some(25.0));
        let highest = |steps: &[Step]| {
            let mut run = run_of("ours", 1, &[], 7.0);
            run.header.steps = Some(Steps { first_load_per_s: 10, load_factor: 1.5, seconds: 30, p99_max_ms: 500 });
            run.steps = steps.to_vec();
            run.highest_load_per_s().to_string()
        };
        assert_eq!(highest(&[]), "0");
        assert_eq!(highest(&[quick.clone(), step(20.0, 0, 499.0, None)]), "19.5", "older still");
        assert_eq!(highest(&[quick.clone(), step(20.0, 0, 400.0, Some(500.0))]), "19.5");
        assert_eq!(highest(&[quick.clone(), step(20.0, 0, 400.0, Some(501.0)), step(30.0, 0, 9.0, Some(9.0))]), "9.5");
        assert_eq!(highest(&[quick, step(20.0, 1, 20.0, Some(20.0))]), "9.5");
        assert_eq!(
            run_of("ours", 1, &[], 7.0).highest_load_per_s().to_string(),
            "7",
            "the original's protocol has no steps"
        );
    }

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let lines = lines_of(run_of("ours", 1, &[(10.0, &[5.0, 7.0])], 10.0));
        let path = std::env::temp_dir().join(format!("rows-{}.jsonl", std::process::id()));
        let read = |lines: &[String]| {
            std::fs::write(&path, lines.join("\n")).expect("a folder for files");
            Run::read(&path).map_err(|error| error.to_string())
        };
        assert_eq!(read(&lines).expect("is whole").interactions.len(), 2);
        let broken = [lines[0].clone(), "{\"kind\":\"step\"".to_owned()];
        let interrupted = [&lines[..3], &[lines[3].replace("not-held", "interrupted")]].concat();
        let other_form = [lines[0].replace("\"form\":1", "\"form\":9")];
        let rows: [(&[String], &str); 6] = [
            (&[], "has no header: it was not finished"),
            (&lines[..3], "has no end: it was not finished"),
            (&lines[1..], "has no header"),
            (&interrupted, "has no end: it was not finished"),
            (&broken, "has no end: it was not finished"),
            (&other_form, "line 1: rows of form 9; this program reads form 1"),
        ];
        for (lines, expected) in rows {
            let error = read(lines).expect_err("is refused");
            assert!(error.contains(expected), "{error}");
        }
        std::fs::remove_file(&path).expect("it is there");
    }
}
