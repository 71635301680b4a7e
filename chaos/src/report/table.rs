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
    format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100)
}
