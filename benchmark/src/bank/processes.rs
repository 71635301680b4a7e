//! What each process of the bank uses, by the kernel: its own and its children's, or all of the container that it runs in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use procfs::ProcError;
use procfs::process::{self, Process, Stat};
use serde::Serialize;

use super::cgroup::ControlGroup;

/// Linux counts CPU time in hundredths of a second towards user space on every architecture (`USER_HZ`).
const US_PER_TICK: u64 = 10_000;
/// Under what this program itself is told.
const OURSELVES: &str = "benchmark";

/// The CPU time that all processes of the bank have used up to a moment, and their memory then.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    parts: BTreeMap<String, PartUsage>,
}

#[derive(Debug, Clone, Default)]
struct PartUsage {
    process: Identity,
    /// Of its threads and children, those that have ended among them; in a container, of everything in it.
    total_us: u64,
    /// Of its living threads by name, or of its living children by what they do.
    ticks_of: BTreeMap<String, u64>,
}

/// A process by its number and when it started: numbers are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Identity {
    pid: i32,
    started: u64,
}

/// What a part of the bank has cost between two moments.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Costs {
    /// Seconds of CPU, children included; of a container, all that ran in it.
    pub cpu_s: f64,
    /// The same per million commands, which is microseconds per command.
    pub cpu_us_per_command: f64,
    /// The most memory that was seen, in MiB; children included, shared pages counted in proportion (PSS). Of a container by its control
    /// group. `None` where the kernel does not let us see it, as of another user's processes.
    pub peak_memory_mib: Option<f64>,
    /// Seconds of CPU by thread, or by child, as far as they still live.
    pub cpu_s_of: BTreeMap<String, f64>,
}

impl Usage {
    /// What the parts with a file in this folder, and this program itself, have used so far.
    #[must_use]
    pub fn now(pid_dir: &Path) -> Self {
        let stats = all_stats();
        let usage = |(process, stat): (&Process, &Stat)| {
            let children: Vec<&Stat> = stats.iter().filter(|child| child.ppid == stat.pid).collect();
            let mut total_ticks = ticks(stat) + ended_children_ticks(stat);
            let mut ticks_of = threads(process);
            if !children.is_empty() {
                ticks_of = [("main process".to_owned(), ticks(stat))].into();
            }
            for child in children {
                let ticks = ticks(child) + ended_children_ticks(child);
                total_ticks += ticks;
                *ticks_of.entry(title(child.pid)).or_default() += ticks;
            }
            let container_us = ControlGroup::of_container(process).and_then(|group| group.cpu_us());
            PartUsage {
                process: Identity::of(stat),
                total_us: container_us.unwrap_or(total_ticks * US_PER_TICK),
                ticks_of,
            }
        };
        let mut parts: BTreeMap<_, _> =
            parts_of(pid_dir).into_iter().map(|(name, process, stat)| (name, usage((&process, &stat)))).collect();
        if let Some((process, stat)) = ourselves() {
            // The browser's driver is no part of what is measured.
            let total_us = ticks(&stat) * US_PER_TICK;
            let usage = PartUsage { process: Identity::of(&stat), total_us, ticks_of: threads(&process) };
            parts.insert(OURSELVES.to_owned(), usage);
        }
        Self { parts }
    }

    /// What each part has cost since an earlier moment. A part that was started in between has cost all that it used.
    #[must_use]
    pub fn costs_since(
        &self,
        before: &Self,
        commands: u64,
        peaks_kib: &BTreeMap<String, u64>,
    ) -> BTreeMap<String, Costs> {
        let cost = |(name, part): (&String, &PartUsage)| {
            let before = before.parts.get(name).filter(|before| before.process == part.process);
            let since = |now: u64, earlier: Option<u64>| now.saturating_sub(earlier.unwrap_or_default());
            let cpu_s = seconds(since(part.total_us, before.map(|before| before.total_us)));
            let of = |(label, now): (&String, &u64)| {
                let ticks = since(*now, before.and_then(|before| before.ticks_of.get(label)).copied());
                (ticks > 0).then(|| (label.clone(), seconds(ticks * US_PER_TICK)))
            };
            let cpu_s_of = part.ticks_of.iter().filter_map(of).collect();
            #[allow(clippy::cast_precision_loss)] // far below 2^53
            let (commands, peak_memory_mib) =
                (commands.max(1) as f64, peaks_kib.get(name).map(|kib| *kib as f64 / 1024.0));
            let costs = Costs { cpu_s, cpu_us_per_command: cpu_s * 1e6 / commands, peak_memory_mib, cpu_s_of };
            (name.clone(), costs)
        };
        self.parts.iter().map(cost).collect()
    }
}

/// The memory of each part now, in KiB: shared pages in proportion, children included; of a container by its control group. Without parts
/// of which the kernel does not let us see it.
#[must_use]
pub fn memory_kib(pid_dir: &Path) -> BTreeMap<String, u64> {
    let stats = all_stats();
    let memory = |process: &Process| {
        if let Some(kib) = ControlGroup::of_container(process).and_then(|group| group.memory_kib()) {
            return Some(kib);
        }
        let children = stats.iter().filter(|child| child.ppid == process.pid()).map(|child| child.pid);
        children.chain([process.pid()]).map(pss_kib).sum::<Option<u64>>()
    };
    let ours = ourselves().map(|(process, stat)| (OURSELVES.to_owned(), process, stat));
    let parts = parts_of(pid_dir).into_iter().chain(ours);
    parts.filter_map(|(name, process, _)| Some((name, memory(&process)?))).collect()
}

/// Seconds of CPU that a process without threads or children has used; `None` where there is no such process.
#[must_use]
pub fn cpu_seconds(pid: i32) -> Option<f64> {
    Some(seconds(ticks(&stat_of(pid).ok()?) * US_PER_TICK))
}

impl Identity {
    const fn of(stat: &Stat) -> Self {
        Self { pid: stat.pid, started: stat.starttime }
    }
}

/// The parts that run, by the scripts' files: `<process id> <start time>`.
fn parts_of(pid_dir: &Path) -> Vec<(String, Process, Stat)> {
    let files = fs::read_dir(pid_dir).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            let (pid, started) = text.trim().split_once(' ')?;
            let noted = Identity { pid: pid.parse().ok()?, started: started.parse().ok()? };
            let process = Process::new(noted.pid).ok()?;
            let stat = process.stat().ok().filter(|stat| Identity::of(stat) == noted)?;
            Some((file.file_name().into_string().ok()?, process, stat))
        })
        .collect()
}

fn ourselves() -> Option<(Process, Stat)> {
    let process = Process::myself().ok()?;
    let stat = process.stat().ok()?;
    Some((process, stat))
}

fn stat_of(pid: i32) -> Result<Stat, ProcError> {
    Process::new(pid)?.stat()
}

/// Without what ends while we look.
fn all_stats() -> Vec<Stat> {
    process::all_processes().into_iter().flatten().filter_map(|process| process.ok()?.stat().ok()).collect()
}

const fn ticks(stat: &Stat) -> u64 {
    stat.utime + stat.stime
}

fn ended_children_ticks(stat: &Stat) -> u64 {
    u64::try_from(stat.cutime + stat.cstime).unwrap_or_default()
}

/// Ticks of a process' threads by their names.
fn threads(process: &Process) -> BTreeMap<String, u64> {
    let mut ticks_of = BTreeMap::new();
    for thread in process.tasks().into_iter().flatten().flatten() {
        let Ok(stat) = thread.stat() else { continue };
        *ticks_of.entry(stat.comm.clone()).or_default() += ticks(&stat);
    }
    ticks_of
}

/// What a child of Postgres does, by the title that it gives itself: `postgres: user database address state`.
fn title(pid: i32) -> String {
    let line = Process::new(pid).and_then(|process| process.cmdline()).unwrap_or_default().join(" ");
    let Some(title) = line.trim().strip_prefix("postgres: ") else {
        return line.split_whitespace().next().unwrap_or_default().to_owned();
    };
    let words: Vec<&str> = title.split_whitespace().collect();
    match words[..] {
        [_, database, address, ..] if address.ends_with(')') => format!("connections to {database}"),
        _ => words.into_iter().take(2).collect::<Vec<_>>().join(" "),
    }
}

/// `None` where we may not look. A process that has ended meanwhile has none.
fn pss_kib(pid: i32) -> Option<u64> {
    match Process::new(pid).and_then(|process| process.smaps_rollup()) {
        Ok(rollup) => {
            let bytes = rollup.memory_map_rollup.0.first().and_then(|map| map.extension.map.get("Pss"));
            Some(bytes.copied().unwrap_or_default() / 1_024)
        }
        Err(ProcError::PermissionDenied(_)) => None,
        Err(_) => Some(0),
    }
}

fn seconds(us: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // far below 2^53
    let us = us as f64;
    us / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_started_again_has_cost_all_that_it_used() {
        let part = |pid, ticks| PartUsage {
            process: Identity { pid, started: 1 },
            total_us: ticks * US_PER_TICK,
            ticks_of: [("t".to_owned(), ticks)].into(),
        };
        let usage = |part| Usage { parts: [("x".to_owned(), part)].into() };
        let peaks = [("x".to_owned(), 2_048)].into();
        let costs = |before, after| usage(after).costs_since(&usage(before), 1_000, &peaks)["x"].clone();
        let same = costs(part(1, 100), part(1, 150));
        assert!((same.cpu_s - 0.5).abs() < 1e-9 && (same.cpu_us_per_command - 500.0).abs() < 1e-6, "{same:?}");
        assert_eq!(same.peak_memory_mib, Some(2.0));
        let unseen = usage(part(1, 150)).costs_since(&usage(part(1, 100)), 1_000, &BTreeMap::new());
        assert_eq!(unseen["x"].peak_memory_mib, None, "not zero");
        assert!((costs(part(1, 100), part(2, 150)).cpu_s - 1.5).abs() < 1e-9);
    }

    #[test]
    fn this_process_is_found_by_its_file() {
        let dir = std::env::temp_dir().join(format!("benchmark-test-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (_, own) = ourselves().unwrap();
        fs::write(dir.join("us"), format!("{} {}\n", own.pid, own.starttime)).unwrap();
        fs::write(dir.join("gone"), format!("{} {}\n", own.pid, own.starttime + 1)).unwrap();
        let (usage, memory) = (Usage::now(&dir), memory_kib(&dir));
        fs::remove_dir_all(&dir).unwrap();
        assert!(usage.parts.contains_key("us") && memory["us"] > 100, "{memory:?}");
        assert!(!usage.parts.contains_key("gone") && !memory.contains_key("gone"));
    }
}
