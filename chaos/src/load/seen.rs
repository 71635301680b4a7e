//! What users saw, added up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What users saw during one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Transfers that users asked for.
    pub asked: u64,
    /// Of those, told to have moved.
    pub confirmed: u64,
    /// Of those, told to have not. Users here ask only for what must go through.
    pub refused: u64,
    /// Of those, never told.
    pub unanswered: u64,
    /// How often a user asked again with the same uuid.
    pub asked_again: u64,
    /// What users saw instead of an answer, and how often.
    pub errors: BTreeMap<String, u64>,
    /// Longest time from asking for a transfer to knowing its outcome, in milliseconds.
    pub longest_silence_ms: u64,
    /// Median of the same.
    pub median_ms: u64,
    /// Transactions that came over the users' streams.
    pub streamed: u64,
    /// Of those, again or out of turn; none may be.
    pub streamed_wrong: u64,
    #[serde(skip)]
    waits_ms: Vec<u64>,
}

impl Seen {
    /// A transfer was answered.
    pub fn answered(&mut self, is_confirmed: bool, waited: Duration) {
        if is_confirmed {
            self.confirmed += 1;
        } else {
            self.refused += 1;
        }
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.longest_silence_ms = self.longest_silence_ms.max(waited_ms);
        self.waits_ms.push(waited_ms);
    }

    /// A transfer was never answered.
    pub fn given_up(&mut self, waited: Duration) {
        self.unanswered += 1;
        self.longest_silence_ms = self.longest_silence_ms.max(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
    }

    /// A user saw an error instead.
    pub fn error(&mut self, what: String) {
        *self.errors.entry(what).or_default() += 1;
    }

    /// Errors of all kinds.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// The same with the median.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.waits_ms.sort_unstable();
        self.median_ms = self.waits_ms.get(self.waits_ms.len() / 2).copied().unwrap_or_default();
        self
    }

    /// What is wrong with it, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.asked != self.confirmed + self.refused + self.unanswered {
            return Some(format!("users asked {} times and {self:?} does not add up", self.asked));
        }
        if self.unanswered > 0 {
            return Some(format!("{} transfers were never answered", self.unanswered));
        }
        if self.refused > 0 {
            return Some(format!("{} transfers were refused that should go through", self.refused));
        }
        (self.streamed_wrong > 0).then(|| format!("{} transactions were streamed out of turn", self.streamed_wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_saw_adds_up_or_is_told() {
        let right = Seen { asked: 3, confirmed: 3, ..Seen::default() };
        assert_eq!(right.fault(), None);
        for wrong in [
            Seen { asked: 4, ..right.clone() },
            Seen { asked: 4, unanswered: 1, ..right.clone() },
            Seen { asked: 4, refused: 1, ..right.clone() },
            Seen { streamed_wrong: 1, ..right.clone() },
        ] {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
    }

    #[test]
    fn the_longest_silence_counts_what_was_given_up() {
        let mut seen = Seen { asked: 4, ..Seen::default() };
        for waited_ms in [10, 30, 20] {
            seen.answered(true, Duration::from_millis(waited_ms));
        }
        assert_eq!((seen.longest_silence_ms, seen.clone().finish().median_ms), (30, 20));
        seen.given_up(Duration::from_secs(9));
        assert_eq!(seen.longest_silence_ms, 9_000);
    }
}
