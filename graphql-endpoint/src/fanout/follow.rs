//! A subscriber's whole way: history up to a noted position, then live; and again from where it is when it fell behind.

use super::cursor::Offsets;
use super::dispatch::{Fanout, Subscription};
use super::filter::Filter;
use crate::error::Fault;
use crate::history::{Repo, Stretch};
use crate::projection::Change;
use futures_util::stream::{self, Stream};
use metrics::counter;
use service_kit::fault;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a subscriber fell behind since it was last told. Cheap to clone; all clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct FellBehind(Arc<AtomicU64>);

impl FellBehind {
    /// The count, which starts again from 0.
    #[must_use]
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// From where a subscriber follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// What is committed from now on.
    Now,
    /// What comes after these offsets.
    Offsets(Offsets),
}

/// A change with the place behind it.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The change.
    pub change: Arc<Change>,
    /// Where to go on behind it.
    pub position: Offsets,
}

/// What a subscriber needs.
#[derive(Clone)]
pub struct Follower {
    /// Where committed changes come from.
    pub fanout: Fanout,
    /// Where earlier ones are read.
    pub repo: Repo,
    /// How many are read at once.
    pub page: i64,
}

impl Follower {
    /// The changes that `filter` wants, each once and per account in order, for as long as the stream is read.
    ///
    /// It ends after an error; the last position says where to go on.
    pub fn follow(
        &self,
        filter: Filter,
        from: From,
        behind: FellBehind,
    ) -> impl Stream<Item = Result<Followed, Fault>> + use<> {
        let position = match from {
            From::Now => None,
            From::Offsets(offsets) => Some(offsets),
        };
        let (phase, page) = (Phase::Outside, VecDeque::new());
        let state = State { follower: self.clone(), filter, behind, position, topics: None, phase, page };
        stream::unfold(Some(state), async |state| {
            let mut state = state?;
            match state.next().await {
                Ok(followed) => Some((Ok(followed), Some(state))),
                Err(fault) => Some((Err(fault), None)),
            }
        })
    }
}

struct State {
    follower: Follower,
    filter: Filter,
    behind: FellBehind,
    /// Where the subscriber is; `None` until it has a place in the fan-out.
    position: Option<Offsets>,
    /// Of which topics that is, once it has had one.
    topics: Option<u64>,
    phase: Phase,
    /// Read from the database and not yet handed out.
    page: VecDeque<Change>,
}

enum Phase {
    /// No place in the fan-out.
    Outside,
    /// A place, and these stretches of history to read first, from a database that has been whole since then.
    History(Subscription, VecDeque<Stretch>, u64),
    /// A place, and nothing left to read.
    Live(Subscription),
}

impl State {
    /// The next change.
    async fn next(&mut self) -> Result<Followed, Fault> {
        loop {
            if let Some(change) = self.page.pop_front() {
                return Ok(self.hand_out(Arc::new(change)));
            }
            match std::mem::replace(&mut self.phase, Phase::Outside) {
                Phase::Outside => {
                    let subscription = self.follower.fanout.subscribe(self.filter.clone()).ok_or(Fault::Starting)?;
                    if *self.topics.get_or_insert(subscription.topics) != subscription.topics {
                        return Err(Fault::TopicsReplaced);
                    }
                    let position = self.position.get_or_insert_with(|| subscription.since.clone());
                    let stretches = stretches(position, &subscription.since);
                    if stretches.is_empty() {
                        self.phase = Phase::Live(subscription);
                        continue;
                    }
                    let as_of = self.follower.fanout.history_as_of().ok_or(Fault::HistoryNotWhole)?;
                    let stretches = self.narrowed(stretches).await?;
                    self.phase = Phase::History(subscription, stretches, as_of);
                }
                Phase::History(subscription, mut stretches, as_of) => match stretches.pop_front() {
                    None => {
                        self.still_whole(as_of)?; // for an account that was not found anywhere
                        self.phase = Phase::Live(subscription);
                    }
                    Some(stretch) => {
                        if let Some(rest) = self.read(stretch).await? {
                            stretches.push_front(rest);
                        }
                        self.still_whole(as_of)?;
                        self.phase = Phase::History(subscription, stretches, as_of);
                    }
                },
                Phase::Live(mut subscription) => {
                    if let Some(change) = subscription.changes.recv().await {
                        self.phase = Phase::Live(subscription);
                        if self.is_ahead_of(&change) {
                            continue; // it came with a cursor of another instance, which was further
                        }
                        return Ok(self.hand_out(change));
                    }
                    counter!("graphql_endpoint_subscribers_behind_total").increment(1);
                    self.behind.note();
                }
            }
        }
    }

    /// What was read since then had no hole; otherwise it is not handed out.
    fn still_whole(&self, as_of: u64) -> Result<(), Fault> {
        if self.follower.fanout.history_as_of() == Some(as_of) { Ok(()) } else { Err(Fault::HistoryNotWhole) }
    }

    fn is_ahead_of(&self, change: &Change) -> bool {
        self.position.as_ref().is_some_and(|position| change.place.offset < position.of(change.place.partition))
    }

    fn hand_out(&mut self, change: Arc<Change>) -> Followed {
        let position = self.position.get_or_insert_default();
        position.set(change.place.partition, change.place.offset + 1);
        Followed { change, position: position.clone() }
    }

    /// An account lives in one partition, so only that one's history is read.
    async fn narrowed(&self, mut stretches: VecDeque<Stretch>) -> Result<VecDeque<Stretch>, Fault> {
        if let Some(account) = self.filter.account
            && !stretches.is_empty()
        {
            let lives_in = self.follower.repo.partition_of(account).await?;
            stretches.retain(|stretch| Some(stretch.partition) == lives_in);
        }
        Ok(stretches)
    }

    /// Reads a page; gives what is left of the stretch.
    async fn read(&mut self, stretch: Stretch) -> Result<Option<Stretch>, Fault> {
        let (repo, max) = (&self.follower.repo, self.follower.page);
        let page = match self.filter.account {
            Some(account) => repo.of_account(account, stretch, max).await?,
            None => repo.of_all(stretch, max).await?,
        };
        let is_full = i64::try_from(page.len()).is_ok_and(|rows| rows >= max);
        let last = page.last().map(|change| change.place.offset);
        let filter = &self.filter;
        self.page.extend(page.into_iter().filter(|change| filter.wants(change)));
        match last {
            Some(offset) if is_full => Ok(Some(Stretch { from: offset + 1, ..stretch })),
            _ => {
                if self.page.is_empty() {
                    self.position.get_or_insert_default().set(stretch.partition, stretch.to);
                }
                Ok(None)
            }
        }
    }
}

/// What lies between where a subscriber is and where its live changes begin.
fn stretches(position: &Offsets, since: &Offsets) -> VecDeque<Stretch> {
    let between = |(partition, to)| Stretch { partition, from: position.of(partition), to };
    since.iter().map(between).filter(|stretch| stretch.from < stretch.to).collect()
}

/// Where an account's changes go on behind a place: other partitions have none of them.
#[must_use]
pub fn behind_place(change: &Change) -> Offsets {
    let skipped = i64::from(fault::mutant("after-off-by-one"));
    Offsets::new([(change.place.partition, change.place.offset + 1 + skipped)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_what_lies_before_live() {
        let position = Offsets::new([(0, 3), (1, 9), (2, 4)]);
        let since = Offsets::new([(0, 5), (1, 9), (2, 3), (3, 2)]);
        let expected = [Stretch { partition: 0, from: 3, to: 5 }, Stretch { partition: 3, from: 0, to: 2 }];
        assert_eq!(stretches(&position, &since), expected);
    }
}
