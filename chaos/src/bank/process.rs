//! Processes of the bank: found by the scripts' own files, signalled, and started beside the scripts' own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::error::ChaosError;

const POLL: Duration = Duration::from_millis(10);

/// Waits until something holds.
///
/// # Errors
/// [`ChaosError::Late`] when it does not within the time.
pub async fn wait_for(what: &str, timeout: Duration, mut holds: impl AsyncFnMut() -> bool) -> Result<(), ChaosError> {
    let end = Instant::now() + timeout;
    while !holds().await {
        if Instant::now() >= end {
            let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            return Err(ChaosError::Late { what: what.to_owned(), timeout_ms });
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// A running process, with its start time, so that a number which was handed to another process is never signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pid: Pid,
    started_ticks: u64,
}

impl Process {
    /// The process of this id, if it runs.
    #[must_use]
    pub fn find(id: u32) -> Option<Self> {
        let pid = Pid::from_raw(id.cast_signed())?;
        Some(Self { pid, started_ticks: started_ticks(pid)? })
    }

    /// The process that the scripts started under a name, by their file; `None` where it does not run.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        let process = Self { pid: Pid::from_raw(pid.parse().ok()?)?, started_ticks: started.parse().ok()? };
        process.is_running().then_some(process)
    }

    /// Its id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether it still runs; one that has ended and was not asked how does not.
    #[must_use]
    pub fn is_running(&self) -> bool {
        started_ticks(self.pid) == Some(self.started_ticks)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// [`ChaosError::DidNotHappen`] where it does not run.
    pub fn signal(&self, signal: Signal) -> Result<(), ChaosError> {
        let gone = || ChaosError::DidNotHappen(format!("process {} is gone", self.pid.as_raw_nonzero()));
        if !self.is_running() {
            return Err(gone());
        }
        kill_process(self.pid, signal).map_err(|_| gone())
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// Where it does not run, or does not end.
    pub async fn kill(&self) -> Result<(), ChaosError> {
        self.signal(Signal::KILL)?;
        self.end(Duration::from_secs(10)).await
    }

    /// Waits until it is gone.
    ///
    /// # Errors
    /// When it is not within the time.
    pub async fn end(&self, timeout: Duration) -> Result<(), ChaosError> {
        let what = format!("the end of process {}", self.pid.as_raw_nonzero());
        wait_for(&what, timeout, async || !self.is_running()).await
    }

    /// SIGSTOP until what is returned is dropped.
    ///
    /// # Errors
    /// Where it does not run, or the kernel does not show it as stopped.
    pub async fn stop(&self) -> Result<Stopped, ChaosError> {
        self.signal(Signal::STOP)?;
        let stopped = Stopped { processes: vec![*self] };
        wait_for("the process to stop", Duration::from_secs(2), async || self.state() == Some('T')).await?;
        Ok(stopped)
    }

    /// SIGSTOP of it and its children until what is returned is dropped.
    ///
    /// # Errors
    /// As [`Process::stop`].
    pub async fn stop_with_children(&self) -> Result<Stopped, ChaosError> {
        let mut stopped = self.stop().await?;
        for child in self.children() {
            if child.signal(Signal::STOP).is_ok() {
                stopped.processes.push(child);
            }
        }
        Ok(stopped)
    }

    /// The processes that it started and that still run.
    #[must_use]
    pub fn children(&self) -> Vec<Self> {
        let path = format!("/proc/{0}/task/{0}/children", self.pid.as_raw_nonzero());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().filter_map(|id| Self::find(id.parse().ok()?)).collect()
    }

    /// R, S, D, T, Z as in proc(5).
    #[must_use]
    pub fn state(&self) -> Option<char> {
        fields(self.pid)?.first()?.chars().next()
    }

    /// Seconds of processor time that it has used.
    #[must_use]
    pub fn cpu(&self) -> Option<Duration> {
        let fields = fields(self.pid)?;
        let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        Some(Duration::from_millis(ticks * 10))
    }

    /// Its program and environment.
    ///
    /// # Errors
    /// When it is gone.
    pub fn image(&self) -> Result<Image, ChaosError> {
        let folder = PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()));
        let gone = || ChaosError::io("cannot look at a process");
        let program = std::fs::read_link(folder.join("exe")).map_err(gone())?;
        let environment = std::fs::read(folder.join("environ")).map_err(gone())?;
        let environment = String::from_utf8_lossy(&environment)
            .split('\0')
            .filter_map(|entry| entry.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Image { program, environment })
    }
}

/// A program and its environment, to start it again with something changed.
#[derive(Debug, Clone)]
pub struct Image {
    /// The program's file.
    pub program: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Image {
    /// With another value of a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts it; what it says goes to the end of `log`. Killed when dropped.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, log: &Path) -> Result<Own, ChaosError> {
        self.start_with(&[], log)
    }

    /// As [`Image::start`], with arguments.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_with(&self, arguments: &[&str], log: &Path) -> Result<Own, ChaosError> {
        let what = format!("cannot start {}", self.program.display());
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let output = opened.map_err(ChaosError::io(format!("cannot write {}", log.display())))?;
        let errors = output.try_clone().map_err(ChaosError::io("cannot write a log"))?;
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(&self.environment).stdin(Stdio::null()).stdout(output).stderr(errors);
        // Beyond the reach of the terminal's Ctrl-C, as what the scripts start.
        let child = command.process_group(0).kill_on_drop(true).spawn().map_err(ChaosError::io(what))?;
        let process = child.id().and_then(Process::find);
        let process = process.ok_or_else(|| {
            ChaosError::Broken(format!("{} ended at once; its log: {}", self.program.display(), log.display()))
        })?;
        Ok(Own { child, process, log: log.to_owned() })
    }
}

/// A process that chaos itself started.
#[derive(Debug)]
pub struct Own {
    child: Child,
    /// To signal it.
    pub process: Process,
    /// Where it writes.
    pub log: PathBuf,
}

impl Own {
    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end within the time.
    pub async fn wait(&mut self, timeout: Duration) -> Result<ExitStatus, ChaosError> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let late = || ChaosError::Late { what: format!("the end of what wrote {}", self.log.display()), timeout_ms };
        let ended = tokio::time::timeout(timeout, self.child.wait()).await.map_err(|_| late())?;
        ended.map_err(ChaosError::io("cannot wait for a process"))
    }

    /// SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn finish(mut self) -> Result<ExitStatus, ChaosError> {
        // One that has ended by itself is asked how it went.
        let _ = self.process.signal(Signal::TERM);
        self.wait(Duration::from_secs(15)).await
    }
}

/// A port that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16, ChaosError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(listener.map_err(ChaosError::io("there is no free port"))?.port())
}

/// Stopped processes; dropped, they go on.
#[derive(Debug)]
#[must_use = "dropped, the processes go on"]
pub struct Stopped {
    processes: Vec<Process>,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for process in &self.processes {
            // One that was killed meanwhile needs no healing.
            let _ = process.signal(Signal::CONT);
        }
    }
}

/// The fields of /proc/PID/stat behind the name, which may hold spaces: the first is the state.
fn fields(pid: Pid) -> Option<Vec<String>> {
    fields_of(&std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?)
}

fn fields_of(stat: &str) -> Option<Vec<String>> {
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn started_ticks(pid: Pid) -> Option<u64> {
    ticks_of_running(&fields(pid)?)
}

/// When it started; nothing once it has ended, which a zombie has whose other threads have, too: until then they hold its ports.
fn ticks_of_running(fields: &[String]) -> Option<u64> {
    let threads: u32 = fields.get(17)?.parse().ok()?;
    if fields.first()? == "Z" && threads <= 1 {
        return None;
    }
    fields.get(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zombie_whose_threads_still_end_has_not_ended() {
        let of = |state, threads| {
            let stat = format!("7 (a (b) c) {state} 1 7 7 0 -1 4 128 0 0 0 0 0 0 0 20 0 {threads} 0 756 0 0");
            ticks_of_running(&fields_of(&stat).unwrap())
        };
        assert_eq!([of("S", 9), of("S", 1), of("Z", 2), of("Z", 1)], [Some(756), Some(756), Some(756), None]);
    }

    fn sleeper() -> (std::process::Child, Process) {
        let child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id()).unwrap();
        (child, process)
    }

    #[tokio::test]
    async fn a_stopped_process_goes_on_when_the_guard_is_dropped() {
        let (mut child, process) = sleeper();
        let stopped = process.stop().await.unwrap();
        assert_eq!(process.state(), Some('T'));
        drop(stopped);
        wait_for("it to go on", Duration::from_secs(2), async || process.state() != Some('T')).await.unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn what_does_not_run_cannot_be_killed() {
        let (mut child, process) = sleeper();
        process.kill().await.unwrap();
        let again = process.kill().await;
        assert!(matches!(again, Err(ChaosError::DidNotHappen(_))), "{again:?}");
        child.wait().unwrap();
        assert!(!process.is_running());
    }
}
