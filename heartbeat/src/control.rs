//! Where the sender, who waits, meets those who change the pace or stop it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::pace::{Pace, PaceChange};
use crate::schedule::Schedule;

/// While nothing is due, the sender still looks after its deliveries this often.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// The pace that is asked for, and how many beats have been sent. Shared by the API and the sender.
#[derive(Debug)]
pub struct PaceControl {
    state: Mutex<State>,
    changed: Condvar,
    beats: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct State {
    pace: Pace,
    stopping: bool,
}

/// What the sender is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A batch is due at this pace.
    Batch(Pace),
    /// Nothing is due; look after the deliveries and ask again.
    Look,
    /// Send nothing more.
    Stop,
}

impl PaceControl {
    /// A control that starts with this pace.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { state: Mutex::new(State { pace, stopping: false }), changed: Condvar::new(), beats: AtomicU64::new(0) }
    }

    /// The pace that is asked for.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.lock().pace
    }

    /// Changes the pace from now on and returns the new one.
    pub fn change(&self, change: PaceChange) -> Pace {
        let mut state = self.lock();
        state.pace = change.applied_to(state.pace);
        self.changed.notify_all();
        state.pace
    }

    /// How many beats Kafka has acknowledged since beat 0, those before the last start included.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Sets what [`Self::beats`] says, from what the topic holds.
    pub fn set_beats(&self, beats: u64) {
        self.beats.store(beats, Ordering::Relaxed);
    }

    /// Counts one more acknowledged beat.
    pub fn count_beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Asks the sender to end.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    /// Waits for the next thing to do, which is at once when a batch is due and else soon.
    pub fn next_turn(&self, schedule: &mut Schedule) -> Turn {
        let look_at = Instant::now() + LOOK_INTERVAL;
        let mut state = self.lock();
        loop {
            if state.stopping {
                return Turn::Stop;
            }
            let now = Instant::now();
            let due = if state.pace.batch_size() == 0 {
                schedule.pause();
                look_at
            } else {
                match schedule.next_due(state.pace.sleep_time()) {
                    Some(due) if due > now => due,
                    _ => return Turn::Batch(state.pace),
                }
            };
            let until = due.min(look_at);
            if until <= now {
                return Turn::Look;
            }
            state = self.changed.wait_timeout(state, until - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits this long or until asked to end; whether it was asked.
    pub fn pause(&self, at_most: Duration) -> bool {
        let state = self.lock();
        self.changed
            .wait_timeout_while(state, at_most, |state| !state.stopping)
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .stopping
    }

    // Each change is a single assignment, so a panic elsewhere cannot have left the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn control(batch_size: u32, sleep_time_ms: u32) -> Arc<PaceControl> {
        Arc::new(PaceControl::new(Pace::new(batch_size, sleep_time_ms).unwrap()))
    }

    #[test]
    fn a_batch_is_due_at_once_and_then_after_the_sleep_time() {
        let control = control(5, 50);
        let mut schedule = Schedule::default();
        assert_eq!(control.next_turn(&mut schedule), Turn::Batch(control.pace()));
        let start = Instant::now();
        schedule.begin_batch(start, control.pace().sleep_time());
        assert_eq!(control.next_turn(&mut schedule), Turn::Batch(control.pace()));
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn a_change_wakes_the_sender_that_waits() {
        let control = control(0, 60_000);
        let waiting = {
            let control = Arc::clone(&control);
            std::thread::spawn(move || {
                let mut schedule = Schedule::default();
                std::iter::repeat_with(|| control.next_turn(&mut schedule)).find(|turn| *turn != Turn::Look)
            })
        };
        let change = PaceChange::from_json(br#"{"batch_size": 3}"#).unwrap();
        let pace = control.change(change);
        assert_eq!(waiting.join().unwrap(), Some(Turn::Batch(pace)));
    }

    #[test]
    fn stopping_comes_before_everything_else() {
        let control = control(5, 1);
        control.stop();
        assert_eq!(control.next_turn(&mut Schedule::default()), Turn::Stop);
        assert!(control.pause(Duration::from_mins(1)));
    }
}
