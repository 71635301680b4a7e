//! Looks at the memory of all parts now and then, and keeps the most of each.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::processes::memory_kib;

/// Between two looks: adding up the pages of a large shared memory takes a tenth of a second.
const INTERVAL: Duration = Duration::from_secs(10);

/// Samples until it is asked what it saw.
pub struct Sampler {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<BTreeMap<String, u64>>,
}

impl Sampler {
    /// Starts; it looks at intervals and once at the end.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(pid_dir: PathBuf) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let sample = move || {
            let mut peaks = BTreeMap::new();
            loop {
                let stopped = stopped.recv_timeout(INTERVAL) != Err(mpsc::RecvTimeoutError::Timeout);
                for (name, kib) in memory_kib(&pid_dir) {
                    let peak: &mut u64 = peaks.entry(name).or_default();
                    *peak = kib.max(*peak);
                }
                if stopped {
                    return peaks;
                }
            }
        };
        let thread = std::thread::Builder::new().name("sampler".to_owned()).spawn(sample)?;
        Ok(Self { stop, thread })
    }

    /// The most that was seen of each part, in KiB.
    #[must_use]
    pub fn finish(self) -> BTreeMap<String, u64> {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}
