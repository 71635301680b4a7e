//! Ctrl-C: the first ends a run in order, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::BenchmarkError;

/// After a second signal: 128 + SIGINT, as shells say it.
const EXIT_INSISTED: i32 = 130;

/// Whether somebody wants the run to end. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from here on; call it within a runtime.
    #[must_use]
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let asked = Arc::clone(&interrupt.asked);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if asked.swap(true, Ordering::Relaxed) {
                    std::process::exit(EXIT_INSISTED);
                }
                tracing::info!("ending; a second Ctrl-C ends at once");
            }
        });
        interrupt
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// For the middle of a loop.
    ///
    /// # Errors
    /// [`BenchmarkError::Interrupted`] once it was asked for.
    pub fn check(&self) -> Result<(), BenchmarkError> {
        if self.is_asked() { Err(BenchmarkError::Interrupted) } else { Ok(()) }
    }
}
