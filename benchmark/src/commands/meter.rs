//! What a run costs the bank: its processes, and the log of its database.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use service_kit::postgres::DatabaseSettings;

use crate::bank::{Costs, Sampler, Usage, Wal, WalReader};
use crate::error::BenchmarkError;

/// Measures from a start to a finish.
pub struct Meter {
    wal: WalReader,
    pid_dir: PathBuf,
}

/// What was there at the start.
pub struct Started {
    at: Instant,
    usage: Usage,
    wal: Wal,
    sampler: Sampler,
}

/// What was used from start to finish.
#[derive(Debug, Clone, Serialize)]
pub struct Metered {
    /// How long that was.
    pub seconds: f64,
    /// Per part of the bank, and of this program itself.
    pub costs: BTreeMap<String, Costs>,
    /// The most memory of each part in each tenth of that time, in MiB, as [`Costs::peak_memory_mib`] counts it.
    pub peak_memory_mib_by_tenth: BTreeMap<String, Vec<u64>>,
    /// What Postgres wrote to its log.
    pub wal: Wal,
    /// Bytes of that per command.
    pub wal_bytes_per_command: f64,
}

impl Meter {
    /// A meter of the parts with files in this folder, and of the server with this database.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn new(settings: &DatabaseSettings, database: &str, pid_dir: PathBuf) -> Result<Self, BenchmarkError> {
        if !pid_dir.is_dir() {
            tracing::warn!("no process ids at {}: CPU and memory of the bank are not measured", pid_dir.display());
        }
        Ok(Self { wal: WalReader::connect(settings, database).await?, pid_dir })
    }

    /// From here on it counts.
    ///
    /// # Errors
    /// When Postgres does not answer, or the system starts no thread.
    pub async fn start(&self) -> Result<Started, BenchmarkError> {
        let sampler = Sampler::start(self.pid_dir.clone()).map_err(BenchmarkError::NoThread)?;
        let wal = self.wal.now().await?;
        Ok(Started { at: Instant::now(), usage: Usage::now(&self.pid_dir), wal, sampler })
    }

    /// What was used until now, for so many commands.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn finish(&self, started: Started, commands: u64) -> Result<Metered, BenchmarkError> {
        let usage = Usage::now(&self.pid_dir);
        let seconds = started.at.elapsed().as_secs_f64();
        let wal = self.wal.now().await?.since(started.wal);
        let memory = started.sampler.finish();
        let costs = usage.costs_since(&started.usage, commands, &memory.peaks_kib());
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let wal_bytes_per_command = wal.bytes as f64 / commands.max(1) as f64;
        let peak_memory_mib_by_tenth = memory.peaks_mib_by_tenth();
        Ok(Metered { seconds, costs, peak_memory_mib_by_tenth, wal, wal_bytes_per_command })
    }
}
