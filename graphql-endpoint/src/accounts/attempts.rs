//! Wrong passwords per username, counted in a window of time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Wrong passwords per username.
#[derive(Debug)]
pub struct Attempts {
    wrong: HashMap<String, Wrong>,
    /// Usernames as their windows began, oldest first; one that was cleared meanwhile may still be in here.
    began: VecDeque<(Instant, String)>,
    max: u32,
    window: Duration,
    max_usernames: usize,
}

#[derive(Debug)]
struct Wrong {
    since: Instant,
    count: u32,
}

impl Attempts {
    /// Up to `max` within `window`, for up to `max_usernames`.
    #[must_use]
    pub fn new(max: u32, window: Duration, max_usernames: u32) -> Self {
        let max_usernames = usize::try_from(max_usernames).unwrap_or(usize::MAX).max(1);
        Self { wrong: HashMap::new(), began: VecDeque::new(), max, window, max_usernames }
    }

    /// Whether the username may try a password now.
    pub fn may_try(&mut self, username: &str, now: Instant) -> bool {
        self.forget_old(now);
        self.wrong.get(username).is_none_or(|wrong| wrong.count < self.max)
    }

    /// Counts a password that was looked at; `false` when the username may not try any more, so that nobody is told whether it
    /// was right: those who try at the same time all may when they begin.
    pub fn tried(&mut self, username: &str, is_right: bool, now: Instant) -> bool {
        let may_try = self.may_try(username, now);
        match (may_try, is_right) {
            (false, _) => {}
            (true, true) => self.was_right(username),
            (true, false) => self.was_wrong(username, now),
        }
        may_try
    }

    /// Counts a wrong password.
    fn was_wrong(&mut self, username: &str, now: Instant) {
        self.forget_old(now);
        if let Some(wrong) = self.wrong.get_mut(username) {
            wrong.count = wrong.count.saturating_add(1);
            return;
        }
        while self.began.len() >= self.max_usernames {
            self.forget_first();
        }
        self.wrong.insert(username.to_owned(), Wrong { since: now, count: 1 });
        self.began.push_back((now, username.to_owned()));
    }

    /// Forgets what was wrong before a right password.
    fn was_right(&mut self, username: &str) {
        self.wrong.remove(username);
    }

    fn forget_old(&mut self, now: Instant) {
        while self.began.front().is_some_and(|(since, _)| now.duration_since(*since) >= self.window) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((since, username)) = self.began.pop_front()
            && self.wrong.get(&username).is_some_and(|wrong| wrong.since == since)
        {
            self.wrong.remove(&username);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_stopped_until_its_window_ends() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut attempts = Attempts::new(2, Duration::from_mins(1), 100);
        assert!(attempts.may_try("ann", at(0)));
        attempts.was_wrong("ann", at(0));
        assert!(attempts.may_try("ann", at(30)));
        attempts.was_wrong("ann", at(30));
        assert!(!attempts.may_try("ann", at(59)) && attempts.may_try("bob", at(59)));
        assert!(attempts.may_try("ann", at(60)));
    }

    #[test]
    fn a_right_password_clears_the_count() {
        let now = Instant::now();
        let mut attempts = Attempts::new(1, Duration::from_mins(1), 100);
        attempts.was_wrong("ann", now);
        attempts.was_right("ann");
        assert!(attempts.may_try("ann", now));
    }

    #[test]
    fn those_who_try_at_once_are_told_no_more_than_those_one_after_the_other() {
        let now = Instant::now();
        let mut attempts = Attempts::new(2, Duration::from_mins(1), 100);
        assert!((0..4).all(|_| attempts.may_try("ann", now)), "all begin before the first is looked at");
        let told = [false, false, false, true].map(|is_right| attempts.tried("ann", is_right, now));
        assert_eq!(told, [true, true, false, false]);
        assert!(!attempts.may_try("ann", now), "nor does a right one clear the count then");
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut attempts = Attempts::new(1, Duration::from_mins(1), 2);
        for username in ["a", "b", "c", "c"] {
            attempts.was_wrong(username, now);
        }
        assert_eq!((attempts.wrong.len(), attempts.began.len()), (2, 2));
        assert!(attempts.may_try("a", now) && !attempts.may_try("c", now));
    }
}
