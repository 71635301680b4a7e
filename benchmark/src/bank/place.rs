//! Where the scripts keep a bank's process ids and data.

use std::path::{Path, PathBuf};

use clap::Args;

use super::disk::{SyncTimes, sync_times};

/// Where the bank's files are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The bank's files")]
pub struct Place {
    /// What the scripts add to every port; says which of several banks on this machine is meant
    #[arg(long, env = "BANK_PORT_OFFSET", default_value_t = 0)]
    pub port_offset: u16,
    /// Folder with process ids and data [default: .bank/run/<offset>]
    #[arg(long, env = "BANK_RUN_DIR", value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Folder with the scripts, for --stop and for the commit that is told
    #[arg(long, env = "BANK_SCRIPTS_DIR", value_name = "DIR", default_value = "scripts")]
    pub scripts_dir: PathBuf,
}

impl Place {
    /// Where process ids and data are.
    #[must_use]
    pub fn run_dir(&self) -> PathBuf {
        self.run_dir.clone().unwrap_or_else(|| Path::new(".bank/run").join(self.port_offset.to_string()))
    }

    /// A file per part with its process id and start time.
    #[must_use]
    pub fn pid_dir(&self) -> PathBuf {
        self.run_dir().join("pid")
    }

    /// How long the disk takes by itself; `None` where its place is not known, as without the scripts, or we may not write there, as
    /// on the volume of another user's container.
    #[must_use]
    pub fn sync_times(&self) -> Option<SyncTimes> {
        let data = std::fs::read_to_string(self.run_dir().join("postgres-data")).ok()?;
        let folder = Path::new(data.trim()).parent()?;
        let failed = |error| {
            tracing::warn!(
                "the disk by itself is not measured, in {}: {error}; root may write there",
                folder.display()
            );
        };
        sync_times(folder).map_err(failed).ok()
    }
}
