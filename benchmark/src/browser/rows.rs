//! What a run writes down: a line of JSON each, the header first.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::protocol::{Protocol, SENT_SHARE_MIN};
use crate::error::BenchmarkError;

/// Of the rows; a reader of another form says so.
pub const FORM: u32 = 1;

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Row {
    /// The first: what was measured, where and how.
    Header(Header),
    /// An interaction.
    Interaction(InteractionRow),
    /// The answer to an interaction that had timed out.
    Late {
        /// Which one.
        interaction: u32,
        /// From its click, in milliseconds.
        latency_ms: f64,
    },
    /// The end of a step of the geometric protocol.
    Step(Step),
    /// The last.
    End(End),
}

/// What was measured, where and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    /// [`FORM`].
    pub form: u32,
    /// What the figures are figures of.
    pub category: String,
    /// Which run of it.
    #[serde(rename = "loop")]
    pub loop_number: u32,
    /// How the load rose.
    pub protocol: Protocol,
    /// When it began, in UTC.
    pub date: String,
    /// The commit of the folder that the scripts are in; `-dirty` where it differed.
    pub commit: String,
    /// Optimised or not.
    pub build: String,
    /// The processor.
    pub machine: String,
    /// Cores that may be used.
    pub cores: usize,
    /// Memory of the machine, in MiB.
    pub memory_mib: u64,
    /// The load average before.
    pub load_average: String,
    /// The disk by itself: 8 KiB and fdatasync, median and 99 of 100, in microseconds; where the bank's files are known.
    pub disk_sync_us: Option<[u64; 2]>,
    /// Of the browser, of Postgres, of this program, and of what else it was told.
    pub versions: BTreeMap<String, String>,
    /// Seconds that the bank was used before. Older files do not say; it was not.
    #[serde(default)]
    pub warm_up_s: u32,
    /// Made-up customers' messages a second meanwhile. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up_load_per_s: Option<u32>,
    /// How the load of the geometric protocol rose. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// Milliseconds from one interaction to the next.
    pub interval_ms: u64,
    /// Milliseconds after which an interaction counted as timed out.
    pub timeout_ms: u64,
    /// Milliseconds between two batches of made-up customers' messages.
    pub sleep_time_ms: u32,
}

/// How the load of the geometric protocol rises, and what holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Messages a second of the first step.
    pub first_load_per_s: u32,
    /// By how much each is above the one before.
    pub load_factor: f64,
    /// How long each takes.
    pub seconds: u32,
    /// What all but one in a hundred must stay within, in milliseconds.
    pub p99_max_ms: u32,
}

impl Header {
    /// What of the way it was measured is not as in another run; older files do not say all.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Vec<&'static str> {
        let said =
            |ours: Option<Steps>, theirs: Option<Steps>| ours.zip(theirs).is_some_and(|(ours, theirs)| ours != theirs);
        let rows = [
            ("protocol", self.protocol != other.protocol),
            ("interval", self.interval_ms != other.interval_ms),
            ("time-out", self.timeout_ms != other.timeout_ms),
            ("pause between batches", self.sleep_time_ms != other.sleep_time_ms),
            ("warm-up", self.warm_up_s != other.warm_up_s),
            ("steps", said(self.steps, other.steps)),
            ("machine", self.machine != other.machine || self.cores != other.cores),
        ];
        rows.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
    }
}

/// What was not the same in all of these runs, beside the way they were measured: commit, build, day, versions, each with all that there
/// were. A version that a run does not tell counts as one of its own.
#[must_use]
pub fn varying(headers: &[&Header]) -> Vec<String> {
    let day = |header: &Header| header.date.split('T').next().unwrap_or_default().to_owned();
    let mut values: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for header in headers {
        let told = [("commit", header.commit.clone()), ("build", header.build.clone()), ("day", day(header))];
        for (what, value) in told {
            values.entry(what).or_default().insert(value);
        }
        for what in headers.iter().flat_map(|header| header.versions.keys()) {
            let version = header.versions.get(what).map_or("not told", String::as_str);
            values.entry(what).or_default().insert(version.to_owned());
        }
    }
    let differing = values.into_iter().filter(|(_, values)| values.len() > 1);
    differing.map(|(what, values)| format!("{what} {}", values.into_iter().collect::<Vec<_>>().join(", "))).collect()
}

/// An interaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InteractionRow {
    /// Its number, from 1.
    pub interaction: u32,
    /// Seconds from the beginning of the run until the driver was told to click.
    pub time_s: f64,
    /// Milliseconds from when it was due until the driver was told to click, which the one before may have held up. Older files do not
    /// say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<f64>,
    /// Made-up customers' messages a second, as they were asked for.
    pub load_per_s: f64,
    /// `deposit` or `transfer`.
    pub what: String,
    /// How much.
    pub cents: u32,
    /// Milliseconds, inside the page: from the click to the amount being in it. Where no answer came in time, the time-out: it took at
    /// least as long.
    pub latency_ms: f64,
    /// The same as the original measured it: looking at the page every 50 ms from outside; where it saw none, the time-out. Not by the
    /// geometric protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polled_ms: Option<f64>,
    /// Whether it timed out.
    pub timed_out: bool,
    /// Milliseconds from the click until the last record of each hop, for those interactions whose journey was asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hops_ms: BTreeMap<String, f64>,
    /// Every 20th: what the bank was doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

/// What the bank was doing since the sample before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sample {
    /// Beats that the heartbeat has sent since it started.
    pub heartbeats: Option<u64>,
    /// Seconds since the heartbeat was last asked. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeats_since_s: Option<f64>,
    /// Commands that were ever written, by whomever. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<u64>,
    /// By part.
    pub parts: BTreeMap<String, PartSample>,
    /// Records that wait, by module: as its own metrics tell it, or else by what its consumer groups have committed.
    pub lag: BTreeMap<String, u64>,
}

/// What a part of the bank used.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct PartSample {
    /// Of all cores of the machine, in percent.
    pub cpu_percent: f64,
    /// Shared pages in proportion, children included, in MiB; absent where the kernel does not let us see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<f64>,
}

/// A step of the geometric protocol.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// Messages a second that were asked for.
    pub load_per_s: f64,
    /// Messages a second that the heartbeat sent.
    pub sent_per_s: Option<f64>,
    /// Commands a second that were written meanwhile, those of the interactions among them. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_per_s: Option<f64>,
    /// Interactions in it.
    pub interactions: u32,
    /// Of them timed out.
    pub timeouts: u32,
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// All but one in a hundred, in milliseconds.
    pub p99_ms: f64,
    /// How late they were clicked, all but one in a hundred, in milliseconds. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_p99_ms: Option<f64>,
    /// How long after they were due they were answered, all but one in a hundred, in milliseconds. Older files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_due_p99_ms: Option<f64>,
    /// Whether it was quick enough: see [`Step::holds`]. Older files count from the click.
    pub held: bool,
}

impl Step {
    /// Whether nothing timed out, and all but one in a hundred were answered within so many milliseconds of when they were due: who
    /// could not click in time has waited too.
    #[must_use]
    pub fn holds(&self, p99_max_ms: u32) -> bool {
        self.timeouts == 0 && self.from_due_p99_ms.unwrap_or(self.p99_ms) <= f64::from(p99_max_ms)
    }

    /// Whether what was asked for came about: the heartbeat sent it, and commands were made of it. Where one of them is not known, the
    /// other says it.
    #[must_use]
    pub fn reached_its_load(&self) -> bool {
        let wanted = self.load_per_s * SENT_SHARE_MIN;
        [self.sent_per_s, self.commands_per_s].into_iter().flatten().all(|per_s| per_s >= wanted)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct End {
    /// Why.
    pub reason: Reason,
    /// How many interactions there were.
    pub interactions: u32,
    /// Of them timed out.
    pub timeouts: u32,
    /// The highest load at which the last interactions were still answered: the one that held, by the geometric protocol, or the
    /// last one before that of the third time-out.
    pub highest_load_per_s: f64,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The third time-out.
    TimeOuts,
    /// All interactions were made.
    Finished,
    /// A step did not hold.
    NotHeld,
    /// The heartbeat did not send what was asked for, or no commands were made of it: the next step would be no higher.
    LoadNotReached,
    /// Ctrl-C.
    Interrupted,
}

impl Reason {
    /// Whether it tells that the bank was too slow; otherwise it might have held more.
    #[must_use]
    pub const fn is_breaking(self) -> bool {
        matches!(self, Self::TimeOuts | Self::NotHeld)
    }
}

/// A file of rows, each on the disk's side as soon as it is known.
pub struct RowFile {
    file: std::fs::File,
    name: String,
}

impl RowFile {
    /// Begins a file; one that was there is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> Result<Self, BenchmarkError> {
        let name = path.display().to_string();
        let failed = |source| BenchmarkError::File { what: format!("writing {name}"), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = std::fs::File::create(path).map_err(failed)?;
        Ok(Self { file, name })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, row: &Row) -> Result<(), BenchmarkError> {
        let mut line = serde_json::to_string(row).expect("rows have texts for keys");
        line.push('\n');
        let failed = |source| BenchmarkError::File { what: format!("writing {}", self.name), source };
        self.file.write_all(line.as_bytes()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_reached_when_it_was_sent_and_became_commands() {
        let rows = [
            (Some(100.0), Some(102.0), true),
            (Some(90.0), None, true),
            (Some(89.0), Some(102.0), false),
            (Some(100.0), Some(89.0), false),
            (None, Some(89.0), false),
            (None, None, true),
        ];
        for (sent_per_s, commands_per_s, expected) in rows {
            let step = Step {
                load_per_s: 100.0,
                sent_per_s,
                commands_per_s,
                interactions: 60,
                timeouts: 0,
                p50_ms: 5.0,
                p99_ms: 9.0,
                late_p99_ms: None,
                from_due_p99_ms: None,
                held: true,
            };
            assert_eq!(step.reached_its_load(), expected, "{sent_per_s:?} sent, {commands_per_s:?} commands");
        }
    }
}
