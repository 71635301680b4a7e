//! Looks at the memory of all parts now and then: the most of each, and how it went over the run.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::processes::memory_kib;

/// Between two looks: adding up the pages of a large shared memory takes a tenth of a second.
const INTERVAL: Duration = Duration::from_secs(10);

/// Into how many stretches of the same length a run is divided.
const STRETCHES: usize = 10;

/// Samples until it is asked what it saw.
pub struct Sampler {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Memory>,
}

/// What was seen of each part, look by look, in KiB.
#[derive(Debug, Default)]
pub struct Memory(BTreeMap<String, Vec<u64>>);

impl Memory {
    /// The most of each part, in KiB.
    #[must_use]
    pub fn peaks_kib(&self) -> BTreeMap<String, u64> {
        let peak =
            |(name, looks): (&String, &Vec<u64>)| (name.clone(), looks.iter().copied().max().unwrap_or_default());
        self.0.iter().map(peak).collect()
    }

    /// The most of each part in each tenth of its looks, in MiB; fewer stretches where there were fewer looks. A part
    /// that holds on to what it takes shows a rise from the first to the last.
    #[must_use]
    pub fn peaks_mib_by_tenth(&self) -> BTreeMap<String, Vec<u64>> {
        let of_part = |looks: &[u64]| -> Vec<u64> {
            let stretches = STRETCHES.min(looks.len());
            let stretch = |index: usize| &looks[index * looks.len() / stretches..(index + 1) * looks.len() / stretches];
            (0..stretches).map(|index| stretch(index).iter().max().map_or(0, |kib| kib.div_ceil(1_024))).collect()
        };
        self.0.iter().map(|(name, looks)| (name.clone(), of_part(looks))).collect()
    }
}

impl Sampler {
    /// Starts; it looks at intervals and once at the end.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(pid_dir: PathBuf) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let sample = move || {
            let mut memory = Memory::default();
            loop {
                let stopped = stopped.recv_timeout(INTERVAL) != Err(mpsc::RecvTimeoutError::Timeout);
                for (name, kib) in memory_kib(&pid_dir) {
                    memory.0.entry(name).or_default().push(kib);
                }
                if stopped {
                    return memory;
                }
            }
        };
        let thread = std::thread::Builder::new().name("sampler".to_owned()).spawn(sample)?;
        Ok(Self { stop, thread })
    }

    /// What was seen.
    #[must_use]
    pub fn finish(self) -> Memory {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_is_in_one_tenth() {
        let memory = |looks: Vec<u64>| Memory([("x".to_owned(), looks)].into());
        let by_tenth = |looks| memory(looks).peaks_mib_by_tenth().remove("x").unwrap();
        assert_eq!(by_tenth((1..=25).map(|mib| mib * 1_024).collect()), [2, 5, 7, 10, 12, 15, 17, 20, 22, 25]);
        assert_eq!(by_tenth(vec![1_025, 1_024, 0]), [2, 1, 0]);
        assert_eq!(memory(vec![3, 7, 5]).peaks_kib()["x"], 7);
    }
}
