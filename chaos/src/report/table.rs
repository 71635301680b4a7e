//! The table of docs/reliability.md.

use std::fmt::Write;

use super::Row;
use crate::faults::{self, Fault};

/// One line per fault of which there are runs, in the order of the table of faults.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = "| fault | what happens | times | longest silence: median, worst | errors a user saw | audit |\n|---|---|---|---|---|---|\n".to_owned();
    for fault in faults::all() {
        let of_fault: Vec<&Row> = rows.iter().filter(|row| row.plan.fault == fault.name).collect();
        if !of_fault.is_empty() {
            line(&mut text, fault, &of_fault);
        }
    }
    text
}

fn line(text: &mut String, fault: &Fault, rows: &[&Row]) {
    let mut silences: Vec<u64> = rows.iter().map(|row| row.seen.longest_silence_ms).collect();
    silences.sort_unstable();
    let worst_ms = silences.last().copied().unwrap_or_default();
    let median_ms = silences[silences.len() / 2];
    let errors: u64 = rows.iter().map(|row| row.seen.error_count()).sum();
    let asked: u64 = rows.iter().map(|row| row.seen.asked).sum();
    let failed = rows.iter().filter(|row| row.failure.is_some()).count();
    let verdict =
        if failed == 0 { "holds each time".to_owned() } else { format!("**fails {failed} of {} times**", rows.len()) };
    writeln!(
        text,
        "| {} | {} | {} | {}, {} | {errors} in {asked} transfers | {verdict} |",
        fault.name,
        fault.what,
        rows.len(),
        seconds(median_ms),
        seconds(worst_ms),
    )
    .expect("a text takes what is written to it");
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:02} s", milliseconds / 1_000, milliseconds % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::root;

    /// `cargo run -p chaos -- table chaos/results/*.jsonl` prints what belongs there.
    #[test]
    fn the_page_has_the_table_of_the_results() {
        let mut files: Vec<_> =
            std::fs::read_dir(root().join("chaos/results")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let rows: Vec<Row> = files.iter().flat_map(|file| crate::report::read(file).unwrap()).collect();
        assert!(!rows.is_empty());
        let page = std::fs::read_to_string(root().join("docs/reliability.md")).unwrap();
        assert!(page.contains(&table(&rows)), "docs/reliability.md lacks the table of chaos/results");
    }

    #[test]
    fn a_run_that_failed_shows() {
        let fault = faults::find("kill-handler").unwrap();
        let mut row = Row::new(fault, crate::plan::Plan::new(fault, 1));
        row.seen.longest_silence_ms = 2_345;
        row.seen.asked = 7;
        let well = table(&[row.clone(), row.clone()]);
        assert!(
            well.contains(
                "| kill-handler | SIGKILL of the handler. | 2 | 2.34 s, 2.34 s | 0 in 14 transfers | holds each time |"
            ),
            "{well}"
        );
        let broken = table(&[row.clone(), Row { failure: Some("a cent was lost".to_owned()), ..row }]);
        assert!(broken.contains("fails 1 of 2 times"), "{broken}");
    }
}
