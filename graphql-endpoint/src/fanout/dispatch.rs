//! Handing committed changes to whoever waits for them.

use super::cursor::Offsets;
use super::filter::Filter;
use super::kept::Kept;
use super::legs::Legs;
use crate::projection::{Change, Marks};
use metrics::gauge;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use topology::Iban;

/// Hands committed changes to subscribers, each through a buffer of its own. Cheap to clone.
///
/// A subscriber whose buffer is full is let go: it gets what is in its buffer, then the end, and subscribes again from
/// where it was. Nobody waits for a slow one.
#[derive(Debug, Clone)]
pub struct Fanout {
    state: Arc<Mutex<State>>,
    legs: Legs,
    buffer: usize,
}

#[derive(Debug, Default)]
struct State {
    /// What was handed out so far; `None` until the projection knows where it starts.
    marks: Option<Marks>,
    kept: Kept,
    /// Which topics it is of: counts up when others take their place.
    topics: u64,
    of_account: HashMap<Iban, Subscribers>,
    of_all: Subscribers,
    next_key: u64,
}

/// By key, so that one of many leaves without a look at the others.
type Subscribers = BTreeMap<u64, Subscriber>;

#[derive(Debug)]
struct Subscriber {
    filter: Filter,
    buffer: Sender<Arc<Change>>,
}

/// A subscriber's place in the fan-out; it is given up when dropped.
#[derive(Debug)]
pub struct Subscription {
    /// What was committed since; the end means that the buffer was full.
    pub changes: Receiver<Arc<Change>>,
    /// Everything before these offsets was committed before, and is not in `changes`.
    pub since: Offsets,
    /// Offsets are of the same topics as long as this stays the same.
    pub topics: u64,
    key: u64,
    account: Option<Iban>,
    fanout: Fanout,
}

impl Fanout {
    /// A fan-out that holds up to `buffer` changes for each subscriber.
    #[must_use]
    pub fn new(buffer: u32) -> Self {
        let buffer = usize::try_from(buffer).unwrap_or(usize::MAX).max(1);
        Self { state: Arc::default(), legs: Legs::default(), buffer }
    }

    /// Whoever waits for the changes of an outcome.
    #[must_use]
    pub fn legs(&self) -> &Legs {
        &self.legs
    }

    /// Says from where changes will be handed out, unless that is known already.
    ///
    /// Gives what was handed out so far: the projection reads again from there after a fault, so that no subscriber
    /// misses what was committed while nobody could tell. Where the database lost what was handed out, its history is not
    /// whole until that is written again.
    pub fn start_at(&self, written: &Marks) -> Marks {
        let mut state = self.lock();
        let handed_out = state.marks.get_or_insert_with(|| written.clone()).clone();
        state.kept.compare(written, &handed_out);
        handed_out
    }

    /// The database may have crashed and lost what was handed out.
    pub fn doubt_history(&self) {
        self.lock().kept.doubt();
    }

    /// Whether the database has all that was handed out: what is read between two equal answers is whole. `None` when it
    /// may not have it.
    #[must_use]
    pub fn history_as_of(&self) -> Option<u64> {
        self.lock().kept.as_of()
    }

    /// Forgets what was handed out, and lets everybody go: other topics begin, of which nothing was.
    pub fn start_afresh(&self) {
        let mut state = self.lock();
        state.marks = None;
        state.topics += 1;
        state.of_account.clear();
        state.of_all.clear();
    }

    /// Hands out changes that were committed; those handed out before are left aside.
    pub fn dispatch(&self, changes: &[Arc<Change>]) {
        let mut state = self.lock();
        let State { marks, of_account, of_all, .. } = &mut *state;
        let marks = marks.get_or_insert_with(Marks::default);
        for change in changes {
            if !marks.admit(change) {
                continue;
            }
            offer(of_all, change);
            if let Some(subscribers) = of_account.get_mut(&change.account) {
                offer(subscribers, change);
                if subscribers.is_empty() {
                    of_account.remove(&change.account);
                }
            }
            self.legs.committed(change);
        }
    }

    /// All before this offset is written and handed out: goes on past records that hold no change, so that no history is
    /// read for them.
    pub fn pass_to(&self, partition: i32, next_offset: i64) {
        let mut state = self.lock();
        state.marks.get_or_insert_default().pass_to(partition, next_offset);
        state.kept.written_to(partition, next_offset);
    }

    /// A place for a subscriber; `None` until the projection knows where it starts.
    #[must_use]
    pub fn subscribe(&self, filter: Filter) -> Option<Subscription> {
        let (sender, changes) = channel(self.buffer);
        let mut state = self.lock();
        let since = Offsets::new(state.marks.as_ref()?.iter().map(|(partition, mark)| (partition, mark.next_offset)));
        let (key, topics) = (state.next_key, state.topics);
        state.next_key += 1;
        let account = filter.account;
        let subscriber = Subscriber { filter, buffer: sender };
        match account {
            Some(account) => state.of_account.entry(account).or_default().insert(key, subscriber),
            None => state.of_all.insert(key, subscriber),
        };
        gauge!("graphql_endpoint_subscribers").increment(1.0);
        Some(Subscription { changes, since, topics, key, account, fanout: self.clone() })
    }

    // A panic elsewhere cannot have left the state half changed in a way that matters: at worst a subscriber is gone.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn offer(subscribers: &mut Subscribers, change: &Arc<Change>) {
    subscribers.retain(|_, subscriber| {
        if !subscriber.filter.wants(change) {
            return true;
        }
        match subscriber.buffer.try_send(Arc::clone(change)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => false,
        }
    });
}

impl Drop for Subscription {
    fn drop(&mut self) {
        gauge!("graphql_endpoint_subscribers").decrement(1.0);
        let mut state = self.fanout.lock();
        match self.account {
            Some(account) => {
                if let Some(subscribers) = state.of_account.get_mut(&account) {
                    subscribers.remove(&self.key);
                    if subscribers.is_empty() {
                        state.of_account.remove(&account);
                    }
                }
            }
            None => drop(state.of_all.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::tests_support::change_at;

    fn changes(rows: &[(i32, i64)]) -> Vec<Arc<Change>> {
        rows.iter().map(|(partition, offset)| Arc::new(change_at(*partition, *offset, *offset + 1, 1))).collect()
    }

    fn received(subscription: &mut Subscription) -> Vec<i64> {
        std::iter::from_fn(|| subscription.changes.try_recv().ok()).map(|change| change.place.offset).collect()
    }

    #[test]
    fn nobody_subscribes_before_the_start_is_known() {
        let fanout = Fanout::new(10);
        assert!(fanout.subscribe(Filter::default()).is_none());
        fanout.start_at(&Marks::default());
        assert!(fanout.subscribe(Filter::default()).is_some());
    }

    #[test]
    fn a_subscriber_gets_what_it_wants_once_and_knows_since_where() {
        let fanout = Fanout::new(10);
        fanout.start_at(&Marks::default());
        fanout.dispatch(&changes(&[(0, 0), (0, 1)]));
        let mut all = fanout.subscribe(Filter::default()).expect("started");
        let company = Filter { account: Some(Iban::COMPANY), ..Filter::default() };
        let mut company = fanout.subscribe(company).expect("started");
        let other = Iban::from_number(1).expect("ten digits");
        let mut other = fanout.subscribe(Filter { account: Some(other), ..Filter::default() }).expect("started");
        assert_eq!(all.since, Offsets::new([(0, 2)]));
        fanout.dispatch(&changes(&[(0, 1), (0, 2), (0, 3)]));
        assert_eq!(received(&mut all), [2, 3]);
        assert_eq!(received(&mut company), [2, 3]);
        assert_eq!(received(&mut other), [0_i64; 0]);
    }

    #[test]
    fn other_topics_are_handed_out_from_their_beginning() {
        let fanout = Fanout::new(10);
        fanout.start_at(&Marks::default());
        fanout.dispatch(&changes(&[(0, 0), (0, 1)]));
        let of_the_old = fanout.subscribe(Filter::default()).expect("started");
        fanout.start_afresh();
        assert!(of_the_old.changes.is_closed());
        assert!(fanout.subscribe(Filter::default()).is_none());
        assert_eq!(fanout.start_at(&Marks::default()), Marks::default());
        let mut all = fanout.subscribe(Filter::default()).expect("started");
        assert_eq!(all.since, Offsets::default());
        assert_ne!(all.topics, of_the_old.topics);
        fanout.dispatch(&changes(&[(0, 0), (0, 1)]));
        assert_eq!(received(&mut all), [0, 1]);
    }

    #[test]
    fn a_slow_subscriber_is_let_go_after_what_it_has() {
        let fanout = Fanout::new(2);
        fanout.start_at(&Marks::default());
        let mut slow = fanout.subscribe(Filter::default()).expect("started");
        fanout.dispatch(&changes(&[(0, 0), (0, 1), (0, 2)]));
        assert_eq!(received(&mut slow), [0, 1]);
        assert!(slow.changes.is_closed());
        drop(slow);
        let again = fanout.subscribe(Filter::default()).expect("started");
        assert_eq!(again.since, Offsets::new([(0, 3)]));
    }

    #[test]
    fn a_dropped_subscription_leaves_nothing_behind() {
        let fanout = Fanout::new(2);
        fanout.start_at(&Marks::default());
        let company = Filter { account: Some(Iban::COMPANY), ..Filter::default() };
        drop((fanout.subscribe(company), fanout.subscribe(Filter::default())));
        let state = fanout.lock();
        assert!(state.of_account.is_empty() && state.of_all.is_empty());
    }
}
