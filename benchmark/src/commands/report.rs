//! What was measured, for people and for machines.

use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::closed::Throughput;
use super::config::{LoadSettings, Mode};
use super::latency::LatencyMs;
use super::meter::Metered;
use crate::bank::{Machine, SyncTimes};
use crate::load::Comparison;
use crate::plan::IdForm;
use crate::watch::{Lag, Streamed};

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// On what it ran.
    pub machine: Machine,
    /// What was asked for.
    pub settings: Setup,
    /// How fast it was.
    #[serde(flatten)]
    pub figures: Figures,
    /// Somebody ended it before its time.
    pub interrupted: bool,
    /// Whether what was answered is what should have been.
    #[serde(rename = "outcomes")]
    pub comparison: Comparison,
    /// What it cost.
    #[serde(flatten)]
    pub metered: Metered,
    /// How far the endpoint's projection was behind, where it was looked at.
    pub projection_lag: Option<Lag>,
    /// What the subscriber got, where there was one.
    pub subscriber: Option<Streamed>,
    /// The disk's own times before the run, where its place is known.
    pub disk_before: Option<SyncTimes>,
    /// And after it.
    pub disk_after: Option<SyncTimes>,
}

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Setup {
    mode: Mode,
    commands: u32,
    accounts: u32,
    rate: Option<f64>,
    hot: f64,
    repeats: f64,
    refusals: f64,
    ids: IdForm,
    seed: u64,
    stopped: Option<String>,
}

/// How fast it was.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Figures {
    /// Of a closed run.
    pub throughput: Option<Throughput>,
    /// Of an open run.
    pub latency_ms: Option<LatencyMs>,
    /// Outcomes a second of an open run, which is the rate of sending where the bank keeps up.
    pub answered_per_second: Option<f64>,
    /// Outcomes of others that were seen meanwhile: the figures are only this run's where there are none.
    pub foreign: u64,
}

impl Setup {
    /// By the settings.
    #[must_use]
    pub fn of(load: &LoadSettings) -> Self {
        Self {
            mode: load.mode(),
            commands: load.count(),
            accounts: load.accounts,
            rate: (load.mode() == Mode::Open).then(|| load.per_second()),
            hot: load.hot.get(),
            repeats: load.repeats.get(),
            refusals: load.refusals.get(),
            ids: load.ids,
            seed: load.seed,
            stopped: load.stop.clone(),
        }
    }
}

impl Report {
    /// Whether every command was answered as it should be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.comparison.holds() && self.subscriber.is_none_or(|found| found.transactions == found.expected)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        let Setup { mode, commands, accounts, hot, repeats, refusals, seed, .. } = &self.settings;
        write!(f, "{mode:?} run: {commands} commands over {accounts} accounts, hot {hot}, repeats {repeats}, ")?;
        writeln!(f, "refusals {refusals}, seed {seed}")?;
        if self.interrupted {
            writeln!(f, "interrupted: only what was done until then counts")?;
        }
        self.figures.fmt(f)?;
        if let Some(Lag { max, at_the_end, caught_up_after_s, .. }) = &self.projection_lag {
            write!(f, "projection: at most {max} changes behind, {at_the_end} at the last outcome, ")?;
            match caught_up_after_s {
                Some(seconds) => writeln!(f, "caught up {seconds:.2} s later")?,
                None => writeln!(f, "and did not catch up")?,
            }
        }
        if let Some(Streamed { expected, transactions, fell_behind, complete_after_s }) = self.subscriber {
            write!(f, "subscriber: {transactions} of {expected} transactions, fell behind {fell_behind} times, ")?;
            match complete_after_s {
                Some(seconds) => writeln!(f, "had all {seconds:.2} s after the last outcome")?,
                None => writeln!(f, "and never had all")?,
            }
        }
        self.fmt_costs(f)?;
        for (when, disk) in [("before", self.disk_before), ("after", self.disk_after)] {
            if let Some(disk) = disk {
                writeln!(f, "disk {when}: {disk}")?;
            }
        }
        fmt_outcomes(&self.comparison, f)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Throughput { sent_per_second, per_second, seconds, seconds_to_first, .. }) = &self.throughput {
            writeln!(f, "{per_second:.0} commands/s, from the first outcome to the last in {seconds:.2} s")?;
            writeln!(f, "first outcome after {seconds_to_first:.2} s; sent at {sent_per_second:.0}/s")?;
        }
        if let Some(answered) = self.answered_per_second {
            writeln!(f, "{answered:.0} outcomes/s")?;
        }
        if let Some(LatencyMs { count, p50, p90, p99, p999, max, longest_silence }) = &self.latency_ms {
            write!(f, "latency ms: p50 {p50:.2}, p90 {p90:.2}, p99 {p99:.2}, p99.9 {p999:.2}, max {max:.2} ")?;
            writeln!(f, "(of {count}); longest silence {longest_silence:.1} ms")?;
        }
        if self.foreign > 0 {
            writeln!(
                f,
                "{} outcomes of others were seen meanwhile: is the pace of made-up customers 0?",
                self.foreign
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn fmt_costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header([
            "part",
            "CPU us/command",
            "CPU s",
            "peak MiB",
            "in each tenth of the run",
            "of which CPU us/command",
        ]);
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let commands = self.comparison.answered.max(1) as f64;
        for (part, costs) in &self.metered.costs {
            let mut shares: Vec<_> = costs.cpu_s_of.iter().collect();
            shares.sort_by(|one, other| other.1.total_cmp(one.1));
            let shares: Vec<String> = shares
                .into_iter()
                .take(6)
                .map(|(label, cpu_s)| format!("{label} {:.2}", cpu_s * 1e6 / commands))
                .collect();
            let tenths = self.metered.peak_memory_mib_by_tenth.get(part);
            let tenths = tenths.map(|tenths| tenths.iter().map(u64::to_string).collect::<Vec<_>>());
            table.add_row([
                part.clone(),
                format!("{:.2}", costs.cpu_us_per_command),
                format!("{:.2}", costs.cpu_s),
                costs.peak_memory_mib.map_or_else(|| "-".to_owned(), |mib| format!("{mib:.1}")),
                tenths.unwrap_or_default().join(" "),
                shares.join(", "),
            ]);
        }
        for column in 1..=3 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        let wal = self.metered.wal;
        write!(f, "WAL: {:.0} bytes per command, {} in all, ", self.metered.wal_bytes_per_command, wal.bytes)?;
        writeln!(f, "{} full pages, measured over {:.2} s", wal.full_pages, self.metered.seconds)
    }
}

fn fmt_outcomes(found: &Comparison, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let refused: u64 = found.refused.values().sum();
    write!(f, "outcomes: {} of {} sent; {} confirmed, ", found.answered, found.sent, found.confirmed)?;
    writeln!(f, "{refused} refused as planned, {} ran dry, {} repeats", found.ran_dry, found.repeats)?;
    if found.answered_again > 0 {
        writeln!(f, "{} commands were answered again, as before", found.answered_again)?;
    }
    if found.holds() {
        return write!(
            f,
            "every command has exactly one outcome for each time it was sent, and the one that it should have"
        );
    }
    write!(f, "NOT AS IT SHOULD BE: {} lack an outcome, ", found.missing)?;
    write!(f, "{} have too many, {} have a wrong one", found.too_many, found.wrong)?;
    for example in &found.examples {
        write!(f, "\n  {example}")?;
    }
    Ok(())
}
