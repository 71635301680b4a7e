//! How long the disk itself takes to make a write durable, without Postgres.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

/// A page of Postgres, the least that a commit writes.
const PAGE_BYTES: usize = 8_192;
const WRITES: u32 = 200;

/// Of 200 times 8 KiB written over what is there, each followed by fdatasync, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SyncTimes {
    /// The median.
    pub p50_us: u64,
    /// All but one in a hundred.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl fmt::Display for SyncTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |us: u64| format!("{}.{:02}", us / 1_000, us % 1_000 / 10);
        let Self { p50_us, p99_us, max_us } = *self;
        write!(f, "8 KiB and fdatasync {} ms p50, {} p99, {} max", ms(p50_us), ms(p99_us), ms(max_us))
    }
}

/// Measures in a folder, in a file of its own that is removed again.
///
/// # Errors
/// When the folder cannot be written.
pub fn sync_times(folder: &Path) -> io::Result<SyncTimes> {
    let path = folder.join(format!("benchmark-sync-{}", std::process::id()));
    let times = measure(&path);
    let removed = std::fs::remove_file(&path);
    let times = times?;
    removed?;
    Ok(times)
}

fn measure(path: &Path) -> io::Result<SyncTimes> {
    let file = OpenOptions::new().create_new(true).write(true).open(path)?;
    let page = [1; PAGE_BYTES];
    let offset = |write: u32| u64::from(write) * PAGE_BYTES as u64;
    // As PostgreSQL's log, which writes over old segments: a write makes no new blocks.
    for write in 0..WRITES {
        file.write_all_at(&page, offset(write))?;
    }
    file.sync_all()?;
    let mut times = durations_us();
    for write in 0..WRITES {
        let started = Instant::now();
        file.write_all_at(&page, offset(write))?;
        file.sync_data()?;
        times.saturating_record(microseconds(started.elapsed()));
    }
    Ok(SyncTimes { p50_us: times.value_at_quantile(0.5), p99_us: times.value_at_quantile(0.99), max_us: times.max() })
}

/// An empty histogram of microseconds up to an hour, to three digits.
#[must_use]
pub fn durations_us() -> Histogram<u64> {
    const HOUR_US: u64 = 3_600_000_000;
    Histogram::new_with_bounds(1, HOUR_US, 3).expect("these bounds are allowed")
}

/// A duration in whole microseconds.
#[must_use]
pub fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
