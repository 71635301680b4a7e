//! The machine, as far as a reader of the figures must know it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// What ran, where and when.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// When the run began, in UTC.
    pub date: String,
    /// The commit of a folder, the scripts' where they are known; `-dirty` where it differed.
    pub commit: String,
    /// Cores that may be used.
    pub cores: usize,
    /// The processor.
    pub model: String,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The load average of the last minute, which says whether anybody else was at work.
    pub load: String,
    /// Optimised or not.
    pub build: &'static str,
}

impl Machine {
    /// This machine, now, with the commit of a folder.
    #[must_use]
    pub fn now(folder: &Path) -> Self {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu_info.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(':')?.1.trim()));
        let mem_info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib =
            mem_info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().split(' ').next()?.parse().ok());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: commit(folder).unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            model: model.unwrap_or("unknown").to_owned(),
            memory_mib: kib.map_or(0, |kib: u64| kib / 1024),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, commit, cores, model, memory_mib, load, build } = self;
        write!(f, "{date}  {cores} x {model}, {memory_mib} MiB, load {load}, {build} build at {commit}")
    }
}

fn commit(folder: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    // Results that are made anew are no other bank.
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)benchmark/results"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-dirty") })
}
