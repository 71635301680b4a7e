//! What each process of the bank uses, by the kernel.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

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
    process: Process,
    /// Of its threads and children, those that have ended among them.
    total_ticks: u64,
    /// Of its living threads by name, or of its living children by what they do.
    ticks_of: BTreeMap<String, u64>,
}

/// A process by its number and when it started: numbers are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Process {
    pid: u32,
    started: u64,
}

/// What a part of the bank has cost between two moments.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Costs {
    /// Seconds of CPU, children included.
    pub cpu_s: f64,
    /// The same per million commands, which is microseconds per command.
    pub cpu_us_per_command: f64,
    /// The most memory that was seen, shared pages counted in proportion (PSS), in MiB; children included. `None` where the kernel does not
    /// let us see it, as of another user's processes.
    pub peak_memory_mib: Option<f64>,
    /// Seconds of CPU by thread, or by child, as far as they still live.
    pub cpu_s_of: BTreeMap<String, f64>,
}

impl Usage {
    /// What the parts with a file in this folder, and this program itself, have used so far.
    #[must_use]
    pub fn now(pid_dir: &Path) -> Self {
        let stats = all_stats();
        let mut parts = BTreeMap::new();
        for (name, process) in parts_of(pid_dir) {
            let Some(stat) = stats.get(&process.pid).filter(|stat| stat.started == process.started) else { continue };
            let children: Vec<_> = stats.iter().filter(|(_, child)| child.parent == process.pid).collect();
            let mut total_ticks = stat.ticks + stat.ended_children_ticks;
            let mut ticks_of = threads(process.pid);
            if !children.is_empty() {
                ticks_of = [("main process".to_owned(), stat.ticks)].into();
            }
            for (pid, child) in children {
                let ticks = child.ticks + child.ended_children_ticks;
                total_ticks += ticks;
                *ticks_of.entry(title(*pid)).or_default() += ticks;
            }
            parts.insert(name, PartUsage { process, total_ticks, ticks_of });
        }
        let ourselves = std::process::id();
        if let Some(stat) = stats.get(&ourselves) {
            let process = Process { pid: ourselves, started: stat.started };
            let usage = PartUsage { process, total_ticks: stat.ticks, ticks_of: threads(ourselves) };
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
            let cpu_s = seconds(since(part.total_ticks, before.map(|before| before.total_ticks)));
            let of = |(label, now): (&String, &u64)| {
                let ticks = since(*now, before.and_then(|before| before.ticks_of.get(label)).copied());
                (ticks > 0).then(|| (label.clone(), seconds(ticks)))
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

/// The memory of each part now, shared pages in proportion, children included, in KiB; without parts of which the kernel does not let us
/// see it.
#[must_use]
pub fn memory_kib(pid_dir: &Path) -> BTreeMap<String, u64> {
    let stats = all_stats();
    let mut parts: Vec<(String, u32)> = parts_of(pid_dir)
        .into_iter()
        .filter(|(_, process)| stats.get(&process.pid).is_some_and(|stat| stat.started == process.started))
        .map(|(name, process)| (name, process.pid))
        .collect();
    parts.push((OURSELVES.to_owned(), std::process::id()));
    let memory = |pid: u32| {
        let children = stats.iter().filter(|(_, child)| child.parent == pid).map(|(child, _)| *child);
        children.chain([pid]).map(pss_kib).sum::<Option<u64>>()
    };
    parts.into_iter().filter_map(|(name, pid)| Some((name, memory(pid)?))).collect()
}

/// Seconds of CPU that a process without threads or children has used; `None` where there is no such process.
#[must_use]
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    Some(seconds(stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?.ticks))
}

struct Stat {
    parent: u32,
    ticks: u64,
    ended_children_ticks: u64,
    started: u64,
}

/// The parts by the scripts' files: `<process id> <start time>`.
fn parts_of(pid_dir: &Path) -> Vec<(String, Process)> {
    let files = fs::read_dir(pid_dir).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            let (pid, started) = text.trim().split_once(' ')?;
            let process = Process { pid: pid.parse().ok()?, started: started.parse().ok()? };
            Some((file.file_name().into_string().ok()?, process))
        })
        .collect()
}

fn all_stats() -> BTreeMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = stat(&fs::read_to_string(entry.path().join("stat")).ok()?)?;
            Some((pid, stat))
        })
        .collect()
}

/// The fields that are needed, counted behind the program's name, which may itself hold spaces.
fn stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
        ended_children_ticks: number(13)? + number(14)?,
        started: number(19)?,
    })
}

/// Ticks of a process' threads by their names.
fn threads(pid: u32) -> BTreeMap<String, u64> {
    let mut ticks = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let Ok(text) = fs::read_to_string(thread.path().join("stat")) else { continue };
        let name = text.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(name, _)| name);
        if let Some(stat) = stat(&text) {
            *ticks.entry(name.to_owned()).or_default() += stat.ticks;
        }
    }
    ticks
}

/// What a child of Postgres does, by the title that it gives itself: `postgres: user database address state`.
fn title(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
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
fn pss_kib(pid: u32) -> Option<u64> {
    let text = match fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return None,
        Err(_) => return Some(0),
    };
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    Some(line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or_default())
}

fn seconds(ticks: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // far below 2^53
    let us = (ticks * US_PER_TICK) as f64;
    us / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let text = "42 (a (strange) name) S 7 42 42 0 -1 4194560 1 0 0 0 100 20 3 4 20 0 9 0 987654 1 1";
        let stat = stat(text).unwrap();
        assert_eq!((stat.parent, stat.ticks, stat.ended_children_ticks, stat.started), (7, 120, 7, 987_654));
    }

    #[test]
    fn a_part_that_was_started_again_has_cost_all_that_it_used() {
        let part = |pid, ticks| PartUsage {
            process: Process { pid, started: 1 },
            total_ticks: ticks,
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
        let own = all_stats().remove(&std::process::id()).unwrap();
        fs::write(dir.join("us"), format!("{} {}\n", std::process::id(), own.started)).unwrap();
        fs::write(dir.join("gone"), format!("{} {}\n", std::process::id(), own.started + 1)).unwrap();
        let (usage, memory) = (Usage::now(&dir), memory_kib(&dir));
        fs::remove_dir_all(&dir).unwrap();
        assert!(usage.parts.contains_key("us") && memory["us"] > 100, "{memory:?}");
        assert!(!usage.parts.contains_key("gone") && !memory.contains_key("gone"));
    }
}
