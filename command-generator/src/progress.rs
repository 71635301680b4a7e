//! Which commands Kafka has, so that no offset is committed before every command it stands for is safe.

use std::collections::VecDeque;

/// Where a command came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A record of the heartbeat topic.
    Beat {
        /// Its offset.
        offset: i64,
        /// The highest beat up to and including it, where there is one.
        last_beat: Option<i64>,
    },
    /// A record of the topic of created accounts.
    Account {
        /// Its offset.
        offset: i64,
    },
}

/// How far both topics are done: what comes before these offsets needs no reading again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// The first offset of the heartbeat topic that is not done; none where nothing was read.
    pub beat_offset: Option<i64>,
    /// The highest beat before it.
    pub last_beat: Option<i64>,
    /// The same for the topic of created accounts.
    pub account_offset: Option<i64>,
}

/// The records read, in order, from the first whose command is not acknowledged.
#[derive(Debug, Default)]
pub struct Progress {
    done: Done,
    first_ticket: usize,
    waiting: VecDeque<(Source, bool)>,
}

impl Progress {
    /// Nothing read, and done so far.
    #[must_use]
    pub fn starting_at(done: Done) -> Self {
        Self { done, ..Self::default() }
    }

    /// Notes where the next beat lies. Where nothing waits for Kafka, what lies between is gone and done with.
    pub fn begin_beats_at(&mut self, offset: i64) {
        let begin = self.done.beat_offset.get_or_insert(offset);
        if self.waiting.is_empty() {
            *begin = offset.max(*begin);
        }
    }

    /// Notes a record whose command is about to be sent; the ticket comes back with the acknowledgement.
    pub fn sent(&mut self, source: Source) -> usize {
        self.waiting.push_back((source, false));
        self.first_ticket.wrapping_add(self.waiting.len() - 1)
    }

    /// Notes a record that asks for no command.
    pub fn skipped(&mut self, source: Source) {
        self.waiting.push_back((source, true));
        self.advance();
    }

    /// Notes that Kafka has the command of this ticket.
    pub fn acknowledged(&mut self, ticket: usize) {
        let place = ticket.wrapping_sub(self.first_ticket);
        if let Some((_, acknowledged)) = self.waiting.get_mut(place) {
            *acknowledged = true;
        }
        self.advance();
    }

    /// Records read but not done.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How far it is done.
    #[must_use]
    pub fn done(&self) -> Done {
        self.done
    }

    fn advance(&mut self) {
        while let Some((source, true)) = self.waiting.front().copied() {
            self.waiting.pop_front();
            self.first_ticket = self.first_ticket.wrapping_add(1);
            match source {
                Source::Beat { offset, last_beat } => {
                    self.done.beat_offset = Some(offset + 1);
                    self.done.last_beat = last_beat;
                }
                Source::Account { offset } => self.done.account_offset = Some(offset + 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(offset: i64) -> Source {
        Source::Beat { offset, last_beat: Some(offset + 100) }
    }

    fn done(beat_offset: i64, last_beat: i64, account_offset: Option<i64>) -> Done {
        Done { beat_offset: Some(beat_offset), last_beat: Some(last_beat), account_offset }
    }

    #[test]
    fn nothing_is_done_before_all_that_came_before_it() {
        let mut progress = Progress::default();
        let first = progress.sent(beat(5));
        let account = progress.sent(Source::Account { offset: 9 });
        let second = progress.sent(beat(6));
        progress.skipped(beat(7));
        progress.acknowledged(second);
        progress.acknowledged(account);
        assert_eq!((progress.done(), progress.waiting()), (Done::default(), 4));
        progress.acknowledged(first);
        assert_eq!((progress.done(), progress.waiting()), (done(8, 107, Some(10)), 0));
        progress.skipped(beat(8));
        assert_eq!(progress.done(), done(9, 108, Some(10)));
    }

    #[test]
    fn a_first_start_begins_at_its_first_beat() {
        let mut progress = Progress::default();
        progress.begin_beats_at(12);
        let ticket = progress.sent(beat(12));
        progress.begin_beats_at(20);
        assert_eq!(progress.done().beat_offset, Some(12), "what is before the gap waits still");
        progress.acknowledged(ticket);
        assert_eq!(progress.done().beat_offset, Some(13));
        progress.begin_beats_at(20);
        assert_eq!(progress.done().beat_offset, Some(20), "nobody has what is in the gap");
        progress.begin_beats_at(15);
        assert_eq!(progress.done().beat_offset, Some(20));
    }
}
