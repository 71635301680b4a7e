//! Running the bank's scripts, so that an interrupted one still gets to clean up after itself.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Command;

use super::place::root;
use super::process::wait_for;
use crate::error::ChaosError;

/// What an interrupted script may take to stop what it started.
const CLEANING_UP: Duration = Duration::from_secs(30);

/// Runs scripts, each in a process group of its own: a Ctrl-C in the terminal reaches chaos alone.
#[derive(Debug)]
pub struct Scripts {
    log: PathBuf,
    environment: Vec<(String, String)>,
    /// Groups of scripts whose waiting was given up.
    left: Mutex<Vec<Pid>>,
}

impl Scripts {
    /// With this environment beside our own; what they say goes to `log`.
    #[must_use]
    pub fn new(log: PathBuf, environment: Vec<(String, String)>) -> Self {
        Self { log, environment, left: Mutex::default() }
    }

    /// Runs a script of scripts/ to its end. Dropped before, the script is asked to end; see [`Scripts::settle`].
    ///
    /// # Errors
    /// When it does not end with success.
    pub async fn run(&self, script: &str, arguments: &[&str]) -> Result<(), ChaosError> {
        self.run_with(script, arguments, &[]).await
    }

    /// As [`Scripts::run`], with more in its environment.
    ///
    /// # Errors
    /// When it does not end with success.
    pub async fn run_with(
        &self,
        script: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<(), ChaosError> {
        let mut command = Command::new(root().join("scripts").join(script));
        command.args(arguments);
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.finish(command, &[script], arguments, environment.collect()).await
    }

    /// Builds the bank's programs as the tests do: with debug assertions.
    ///
    /// # Errors
    /// When they cannot be built.
    pub async fn build(&self) -> Result<(), ChaosError> {
        let mut command = Command::new("cargo");
        let arguments = ["build", "--locked", "--bins"];
        command.args(arguments).current_dir(root());
        self.finish(command, &["cargo"], &arguments, Vec::new()).await
    }

    async fn finish(
        &self,
        mut command: Command,
        name: &[&str],
        arguments: &[&str],
        environment: Vec<(String, String)>,
    ) -> Result<(), ChaosError> {
        let what = [name, arguments].concat().join(" ");
        let log = open_log(&self.log)?;
        let errors = log.try_clone().map_err(ChaosError::io("cannot write the scripts' log"))?;
        command.envs(self.environment.iter().cloned()).envs(environment);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let mut child = command.spawn().map_err(ChaosError::io(format!("cannot run {what}")))?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let mut guard = Group { group, scripts: self };
        let status = child.wait().await.map_err(ChaosError::io(format!("cannot wait for {what}")))?;
        guard.group = None;
        if status.success() {
            return Ok(());
        }
        Err(ChaosError::Script { script: what, status: status.to_string(), log: self.log.clone() })
    }

    /// Waits until scripts that were given up have cleaned up after themselves, up to half a minute.
    pub async fn settle(&self) {
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        for group in left {
            let gone = wait_for("a script to end", CLEANING_UP, async || test_kill_process_group(group).is_err()).await;
            if gone.is_err() {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

fn open_log(path: &Path) -> Result<std::fs::File, ChaosError> {
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(ChaosError::io(format!("cannot write {}", path.display())))
}

/// A script under way.
struct Group<'a> {
    group: Option<Pid>,
    scripts: &'a Scripts,
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // Gone already is what is wanted.
            let _ = kill_process_group(group, Signal::TERM);
            self.scripts.left.lock().unwrap_or_else(PoisonError::into_inner).push(group);
        }
    }
}
