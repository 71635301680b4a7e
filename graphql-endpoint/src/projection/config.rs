//! Settings of the projection.

use clap::Args;

/// How much the projection takes at once, and how long it waits.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Projection")]
pub struct ProjectionSettings {
    /// Records written in one transaction; what has arrived is written at once, so this bounds only a backlog
    #[arg(long, value_name = "N", env = "PROJECTION_BATCH_MAX_RECORDS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub projection_batch_max_records: u32,
    /// Batches read ahead per consumer; at the bound, reading waits
    #[arg(long, value_name = "N", env = "PROJECTION_BATCHES_AHEAD", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub projection_batches_ahead: u32,
    /// Whether the database may lose the last commits in a crash of its own: they are projected again from the topics
    #[arg(long, value_name = "BOOL", env = "PROJECTION_ASYNCHRONOUS_COMMIT", default_value_t = true, action = clap::ArgAction::Set)]
    pub projection_asynchronous_commit: bool,
    /// Milliseconds between two looks whether this instance may become the one that writes, and for orders to rebuild
    #[arg(long, value_name = "MS", env = "PROJECTION_LOOK_MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub projection_look_ms: u64,
    /// Milliseconds between two looks of an instance that does not write at how far the one that does has come
    #[arg(long, value_name = "MS", env = "PROJECTION_FOLLOW_MS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub projection_follow_ms: u64,
    /// Milliseconds between two commits of the consumer groups' offsets, which only show the lag
    #[arg(long, value_name = "MS", env = "GROUP_COMMIT_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub group_commit_ms: u64,
    /// Milliseconds between two measurements of the lag
    #[arg(long, value_name = "MS", env = "LAG_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub lag_ms: u64,
}
