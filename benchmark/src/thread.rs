//! Work on a thread of its own, with a name by which its CPU time is told.

use tokio::sync::oneshot;

use crate::error::BenchmarkError;

/// Does it, and waits for what it gives.
///
/// # Errors
/// What it gives, or [`BenchmarkError::Panicked`].
pub async fn on_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, BenchmarkError> + Send + 'static,
) -> Result<T, BenchmarkError> {
    let (done, result) = oneshot::channel();
    let work = move || {
        // Nobody waits any more where the program is ending.
        let _ = done.send(work());
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(BenchmarkError::NoThread)?;
    result.await.map_err(|_| BenchmarkError::Panicked)?
}
