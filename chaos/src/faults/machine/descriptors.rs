//! A process that may open no more files.

use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::net::TcpStream;

use super::super::Scene;
use crate::error::ChaosError;
use crate::load::Socket;

const TRIES: usize = 40;
const WELCOME: Duration = Duration::from_secs(2);

pub async fn exhausted(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let endpoint = scene.bank.part("graphql-endpoint")?;
    let port = scene.bank.questions.graphql_port;
    let folder = format!("/proc/{}/fd", endpoint.pid().as_raw_nonzero());
    let open = std::fs::read_dir(folder).map_err(ChaosError::io("cannot count open files"))?.count() as u64;
    let held = limit(endpoint.pid(), open)?;
    // The kernel takes connections that the endpoint cannot accept: what counts is a welcome.
    let mut waiting = Vec::new();
    for _ in 0..TRIES {
        waiting.push(TcpStream::connect(("127.0.0.1", port)).await);
    }
    let welcomed = Socket::open(port, WELCOME).await;
    if welcomed.is_ok() {
        return Err(ChaosError::DidNotHappen("the endpoint still welcomes new connections".to_owned()));
    }
    scene.hold().await;
    if !endpoint.is_running() {
        return Err(ChaosError::Broken("the endpoint ended for want of descriptors".to_owned()));
    }
    drop(waiting);
    drop(held);
    let healed = Socket::open(port, Duration::from_secs(10)).await;
    healed.map_err(|trouble| ChaosError::Broken(format!("the endpoint did not recover: {trouble}")))?;
    Ok(format!("no connection was welcomed with {open} files open and no more allowed"))
}

/// A limit on open files; dropped, it is as before.
struct Limited {
    pid: Pid,
    before: Rlimit,
}

fn limit(pid: Pid, files: u64) -> Result<Limited, ChaosError> {
    let failed = |error: rustix::io::Errno| ChaosError::io("cannot limit open files")(error.into());
    // The hard limit stays, or only root could raise it again.
    let before = prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(files), maximum: hard_limit(pid)? });
    Ok(Limited { pid, before: before.map_err(failed)? })
}

/// The hard limit on open files, by /proc; nothing where there is none.
fn hard_limit(pid: Pid) -> Result<Option<u64>, ChaosError> {
    let path = format!("/proc/{}/limits", pid.as_raw_nonzero());
    let text = std::fs::read_to_string(path).map_err(ChaosError::io("cannot read a process's limits"))?;
    let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    Ok(line.split_whitespace().nth(4).and_then(|number| number.parse().ok()))
}

impl Drop for Limited {
    fn drop(&mut self) {
        // A process that has ended needs no limit.
        let _ = prlimit(Some(self.pid), Resource::Nofile, self.before);
    }
}
