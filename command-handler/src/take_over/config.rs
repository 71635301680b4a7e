use clap::Args;

/// What `command-handler take-over` may do.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct TakeOverSettings {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Do it although the database holds events
    #[arg(long)]
    pub yes: bool,
    /// Also throw away events that the database holds and the topics don't
    #[arg(long, requires = "yes")]
    pub replace: bool,
}
