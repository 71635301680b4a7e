//! The term of an active handler: from holding the lock to losing it, with state that never outlives it.

pub mod draw;
mod housekeeping;
mod measure;
mod work;

use std::time::Duration;

use rustc_hash::FxHashMap;
use service_kit::admin::Part;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::LedgerSettings;
use crate::error::HandlerError;
use crate::intake::Intake;
use crate::lease;
use crate::ledger::{Kind, Ledger};
use crate::relay::Publisher;
use crate::store::{Progress, Store, Write};
use housekeeping::Housekeeping;
use measure::Measures;

/// How long a clean stop waits for Kafka to acknowledge what was decided.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// The active handler at work.
pub struct Session {
    store: Store,
    ledger: Ledger,
    intake: Intake,
    publisher: Publisher,
    settings: LedgerSettings,
    housekeeping: Housekeeping,
    lease_timeout_ms: u64,
    measures: Measures,
    /// Shown while Kafka does not acknowledge.
    publishing: Part,
    /// By command topic and partition: every command before this offset is answered, which Kafka's group does not
    /// know yet.
    to_commit: FxHashMap<(Kind, i32), i64>,
}

impl Session {
    /// Puts together what has been prepared: the snapshot caught up, the topics level with the event table.
    #[must_use]
    pub fn new(
        store: Store,
        progress: &Progress,
        intake: Intake,
        publisher: Publisher,
        settings: LedgerSettings,
        lease_timeout_ms: u64,
        publishing: Part,
    ) -> Self {
        let cache_max_accounts = usize::try_from(settings.cache_max_accounts).unwrap_or(usize::MAX);
        Self {
            store,
            ledger: Ledger::new(progress.last_event, progress.counters, cache_max_accounts),
            intake,
            publisher,
            settings,
            housekeeping: Housekeeping::new(Duration::from_millis(lease_timeout_ms) / 3),
            lease_timeout_ms,
            measures: Measures::new(),
            publishing,
            to_commit: FxHashMap::default(),
        }
    }

    /// Decides what arrives until asked to stop.
    ///
    /// # Errors
    /// When the database, Kafka or the lock is lost; nothing that this session holds may be used then.
    pub async fn run(&mut self, shutdown: &CancellationToken) -> Result<(), HandlerError> {
        let batch_max = self.settings.batch_max();
        let mut batch = Vec::with_capacity(batch_max);
        let mut next_batch = Instant::now();
        loop {
            let full = self.publisher.is_full();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                () = self.publisher.failed() => { self.publisher.settled()?; }
                () = tokio::time::sleep_until(self.housekeeping.next()) => self.keep_house().await?,
                () = self.publisher.room(), if full => {}
                received = self.intake.receive(next_batch, &mut batch, batch_max), if !full => {
                    received?;
                    let interval = self.settings.batch_interval(batch.len());
                    next_batch = Instant::now() + interval.unwrap_or_default();
                    self.work(std::mem::take(&mut batch)).await?;
                    batch.reserve(batch_max);
                }
            }
        }
    }

    /// Ends cleanly: what was decided is published and noted, as far as Kafka answers in time.
    ///
    /// # Errors
    /// When something could not be noted; a start makes it good.
    pub async fn finish(mut self) -> Result<(), HandlerError> {
        let last_event = self.ledger.last_event();
        let published = tokio::select! {
            published = tokio::time::timeout(FINISH_TIMEOUT, self.publisher.published_through(last_event)) => published,
            error = lease::keep(&self.store, self.lease_timeout_ms) => return Err(error.into()),
        };
        let settled = if let Ok(settled) = published {
            settled?
        } else {
            let left = self.publisher.unpublished();
            tracing::warn!(left, "Kafka does not acknowledge; the next start publishes what is left");
            self.publisher.settled()?
        };
        self.to_commit.extend(settled.answered);
        let flush = self.ledger.flush(0, usize::MAX);
        let write = Write { flush, published: Some(settled.published), renew_lease: true, ..Write::default() };
        self.store.write(write).await?;
        self.intake.commit_and_close(self.to_commit).await?;
        Ok(())
    }
}
