//! Ctrl-C, SIGTERM and SIGHUP: the first ends a run in order; the second drops it as it stands, with what it started; the third ends the
//! program at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::BenchmarkError;

/// After a third signal: 128 + SIGINT, as shells say it.
const EXIT_INSISTED: i32 = 130;

/// How often somebody wanted the run to end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Interrupt {
    asked: watch::Receiver<u32>,
}

impl Default for Interrupt {
    /// Nobody ever asks.
    fn default() -> Self {
        Self { asked: watch::channel(0).1 }
    }
}

impl Interrupt {
    /// Listens from here on; call it within a runtime.
    ///
    /// # Errors
    /// When the system hands out no signals.
    pub fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let (tell, asked) = watch::channel(0);
        tokio::spawn(async move {
            for times in 1.. {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hang_up.recv() => {}
                }
                match times {
                    1 => tracing::info!("ending; a second Ctrl-C does not wait for what is under way"),
                    2 => tracing::info!("ending now; a third Ctrl-C leaves everything as it is"),
                    _ => std::process::exit(EXIT_INSISTED),
                }
                tell.send_replace(times);
            }
        });
        Ok(Self { asked })
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow() > 0
    }

    /// For the middle of a loop.
    ///
    /// # Errors
    /// [`BenchmarkError::Interrupted`] once it was asked for.
    pub fn check(&self) -> Result<(), BenchmarkError> {
        if self.is_asked() { Err(BenchmarkError::Interrupted) } else { Ok(()) }
    }

    /// Returns when it was asked for a second time.
    pub async fn insisted(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|times| *times > 1).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
