//! Who may write: one handler, the one that holds a lock on the very connection it writes with.

mod config;
mod repo;

use std::time::{Duration, Instant};

pub use config::LeaseSettings;
pub use repo::Backend;
use service_kit::fault;

use crate::store::{Store, StoreError};

/// Between two tries of a standby to get the lock.
const POLL: Duration = Duration::from_millis(100);

/// The server's process for this store's connection.
///
/// # Errors
/// When the database fails or is silent.
pub async fn backend(store: &Store) -> Result<Backend, StoreError> {
    store.in_time(Backend::of(store.client())).await
}

/// Takes the right to write if nobody has it; false when somebody does.
///
/// # Errors
/// When the database fails or is silent.
pub async fn try_acquire(store: &Store, settings: &LeaseSettings) -> Result<bool, StoreError> {
    let is_locked = store.in_time(repo::try_lock(store.client())).await? || fault::mutant("no-lock");
    if is_locked {
        store.in_time(repo::set_holder(store.client(), &settings.holder())).await?;
    }
    Ok(is_locked)
}

/// Shows signs of life while something long goes on, three in the lease's time-out; ends only when that fails.
pub async fn keep(store: &Store, lease_timeout_ms: u64) -> StoreError {
    let interval = Duration::from_millis(lease_timeout_ms) / 3;
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = store.renew_lease().await {
            return error;
        }
    }
}

/// Waits, as a standby, until this store's connection holds the lock.
///
/// A holder whose lease stands still for its time-out, by this process's own clock, is taken for dead: its backend
/// is ended, and with it its right to write. So is `former`, this process's own last backend, at once.
///
/// # Errors
/// When the database fails or is silent.
pub async fn acquire(store: &Store, settings: &LeaseSettings, former: Option<&Backend>) -> Result<(), StoreError> {
    let timeout = Duration::from_millis(settings.lease_timeout_ms);
    let mut seen = None;
    loop {
        if try_acquire(store, settings).await? {
            return Ok(());
        }
        if let Some((holder, is_at_work)) = store.in_time(repo::holder(store.client())).await? {
            let sign_of_life = (holder, store.in_time(repo::counter(store.client())).await?);
            let since = match &seen {
                Some((sign, since)) if *sign == sign_of_life && !is_at_work => *since,
                _ => Instant::now(),
            };
            if former == Some(&sign_of_life.0) {
                tracing::warn!(pid = sign_of_life.0.pid, "ending this handler's own former connection");
                store.in_time(repo::terminate(store.client(), &sign_of_life.0)).await?;
            } else if since.elapsed() >= timeout {
                if fault::mutant("no-fence") {
                    return Ok(());
                }
                tracing::warn!(
                    pid = sign_of_life.0.pid,
                    "the active handler shows no sign of life: ending its connection"
                );
                store.in_time(repo::terminate(store.client(), &sign_of_life.0)).await?;
            }
            seen = Some((sign_of_life, since));
        }
        tokio::time::sleep(POLL).await;
    }
}
