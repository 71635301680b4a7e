//! Which results are reported on, and where the report goes.

use std::path::PathBuf;

use clap::Args;
use service_kit::settings::LogSettings;

/// Settings of `benchmark report`.
#[derive(Debug, Clone, Args)]
pub struct ReportSettings {
    /// File that says which result files make up which category, see docs/benchmark.md
    #[arg(default_value = "benchmark/results/browser/mapping.toml")]
    pub mapping: PathBuf,
    /// Folder for index.html, the charts and the figures; it is made, and files of the same names are replaced
    #[arg(long, value_name = "FOLDER", default_value = ".bank/report")]
    pub out: PathBuf,
    /// Also write the figures, without the original's, to this file: frontend/public/results has those that the pages show
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// Logs
    #[command(flatten)]
    pub log: LogSettings,
}
