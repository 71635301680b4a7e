use clap::Args;

/// `command-handler take-over`: makes the handler's database from the topics.
///
/// For when the database is gone or older than the topics (a restored backup, a lost standby), or when the topics come
/// from another implementation of the handler. Reads both command topics and all topics of events from their beginning,
/// says what it found and what it would do, and does it in one transaction: events, accounts, balances, ids of commands,
/// and where publishing and reading go on. A handler that starts afterwards publishes what is missing of the last events and
/// goes on. Interrupted, it has changed nothing.
///
/// No handler may be active on this database, and none of the lost one may still be alive.
///
/// Exit codes: 0 when the database is as the topics say; 1 when it was refused, or something failed; 2 when --dry-run found
/// something to change; 64 when a setting is wrong.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(verbatim_doc_comment)]
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
