//! One task that looks, for as long as anybody wants to see.

use super::snapshot::{Observer, Parts, Snapshot};
use futures_util::stream::{self, Stream};
use metrics::gauge;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Where snapshots are seen. Cheap to clone; all clones share the one task.
#[derive(Clone)]
pub struct Watch {
    parts: Arc<Parts>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    watchers: usize,
    run: Option<Run>,
}

/// The task that looks.
struct Run {
    latest: watch::Receiver<Option<Arc<Snapshot>>>,
    stop: CancellationToken,
}

/// One who wants to see; the task ends when the last is dropped.
struct Watcher {
    latest: watch::Receiver<Option<Arc<Snapshot>>>,
    watch: Watch,
}

impl Watch {
    /// Nobody looks yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), state: Arc::default() }
    }

    /// The newest snapshot, and each that comes after it; one that was not taken in time is replaced by the next.
    pub fn snapshots(&self) -> impl Stream<Item = Arc<Snapshot>> + use<> {
        // The watcher is made when the stream is first read: one that is never read costs nothing.
        stream::unfold((self.clone(), None::<Watcher>), async |(watch, watcher)| {
            let mut watcher = watcher.unwrap_or_else(|| watch.watcher());
            let snapshot = loop {
                watcher.latest.changed().await.ok()?;
                if let Some(snapshot) = watcher.latest.borrow_and_update().clone() {
                    break snapshot;
                }
            };
            Some((snapshot, (watch, Some(watcher))))
        })
    }

    fn watcher(&self) -> Watcher {
        let mut state = self.lock();
        state.watchers += 1;
        gauge!("graphql_endpoint_flow_watchers").increment(1.0);
        // A task that is gone without having been told to is one that panicked.
        let lives = state.run.take().filter(|run| run.latest.has_changed().is_ok());
        let run = state.run.insert(lives.unwrap_or_else(|| self.start()));
        let mut latest = run.latest.clone();
        // What is there already is new to this one.
        latest.mark_changed();
        Watcher { latest, watch: self.clone() }
    }

    fn start(&self) -> Run {
        let (sender, latest) = watch::channel(None);
        let stop = CancellationToken::new();
        let looking = look(Arc::clone(&self.parts), sender, stop.clone());
        self.parts.tasks.spawn("flow", looking);
        Run { latest, stop }
    }

    // A panic elsewhere cannot have left it half changed: both fields are set together, without anything between.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        gauge!("graphql_endpoint_flow_watchers").decrement(1.0);
        let mut state = self.watch.lock();
        state.watchers -= 1;
        if state.watchers == 0
            && let Some(run) = state.run.take()
        {
            run.stop.cancel();
        }
    }
}

async fn look(parts: Arc<Parts>, sender: watch::Sender<Option<Arc<Snapshot>>>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_millis(parts.settings.flow_interval_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut observer = Observer::new(parts);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let Some(snapshot) = stop.run_until_cancelled(observer.look()).await else { break };
        sender.send_replace(Some(Arc::new(snapshot)));
    }
    observer.release().await;
}
