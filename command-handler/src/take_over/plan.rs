use std::fmt;

use super::repo::{Existing, Extent};

/// What was found and what is to be done, as it is shown before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The database, for people.
    pub database: String,
    /// The Kafka cluster whose topics were read.
    pub cluster_id: String,
    /// Records read.
    pub records: u64,
    /// How far the topics tell.
    pub extent: Extent,
    /// Events without outcome in the topics, decided now.
    pub decided_now: usize,
    /// Accounts, the company's among them.
    pub accounts: i64,
    /// Commands without outcome, which the handler decides when it starts.
    pub unanswered: i64,
    /// Commands in the topics that can't be decoded.
    pub poison: u64,
    /// What the database holds.
    pub existing: Existing,
    /// Partitions of command topics where the handler would begin elsewhere than it should.
    pub moved_offsets: usize,
}

/// Whether it may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to do.
    InOrder,
    /// Something is to be done, and nothing is lost by it.
    Adds,
    /// Events of the database would be thrown away.
    Replaces,
}

impl Plan {
    /// Whether it may be done.
    pub fn verdict(&self) -> Verdict {
        let existing = &self.existing;
        if existing.other_events > 0 || existing.other_accounts > 0 {
            Verdict::Replaces
        } else if existing.events == self.extent.last_event
            && existing.cluster_id.as_ref() == Some(&self.cluster_id)
            && self.moved_offsets == 0
        {
            Verdict::InOrder
        } else {
            Verdict::Adds
        }
    }

    /// What is done, in the same words before and after.
    fn work(&self) -> String {
        let Existing { events, other_events, other_accounts, .. } = self.existing;
        let last = self.extent.last_event;
        match self.verdict() {
            Verdict::InOrder => "nothing to do: the database is as the topics say".to_owned(),
            Verdict::Adds => format!(
                "adds events {} to {last}, sets all balances, and where publishing and reading go on ({} partitions of \
                 commands move)",
                events + 1,
                self.moved_offsets
            ),
            Verdict::Replaces => format!(
                "throws away all {events} events, of which {other_events} are not those of the topics, and all accounts, of \
                 which {other_accounts} are not; writes events 1 to {last}"
            ),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extent { complete_through, last_event } = self.extent;
        writeln!(out, "topics of cluster {}: {} records", self.cluster_id, self.records)?;
        writeln!(out, "  events 1 to {last_event}, {} accounts", self.accounts)?;
        if complete_through < last_event {
            writeln!(
                out,
                "  from event {} on not every record is there: they are completed from their commands, {} of them by \
                 deciding now; a handler that starts publishes what is missing",
                complete_through + 1,
                self.decided_now
            )?;
        }
        writeln!(out, "  {} commands without outcome, which a handler that starts decides", self.unanswered)?;
        writeln!(out, "  {} records of the command topics are no commands; they are kept as poison", self.poison)?;
        writeln!(out, "database {}: {} events", self.database, self.existing.events)?;
        write!(out, "  {}", self.work())
    }
}
