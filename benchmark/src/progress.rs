//! How far a long step is: a bar on a terminal, otherwise a line of log at its beginning and every minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg:<22} [{bar:30}] {human_pos}/{human_len} {per_sec} {elapsed}";

/// One step. Gone from the terminal when dropped.
pub struct Progress {
    what: &'static str,
    bar: ProgressBar,
    /// Minutes that the log knows of.
    minutes: AtomicU64,
}

impl Progress {
    /// A step of so many things.
    #[must_use]
    pub fn new(what: &'static str, total: u64) -> Self {
        let bar = ProgressBar::new(total).with_message(what);
        if bar.is_hidden() {
            tracing::info!(total, "{what}");
        }
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { what, bar, minutes: AtomicU64::new(0) }
    }

    /// So many are done.
    pub fn to(&self, done: u64) {
        self.bar.set_position(done);
        if !self.bar.is_hidden() {
            return;
        }
        let minutes = self.bar.elapsed().as_secs() / 60;
        if self.minutes.swap(minutes, Ordering::Relaxed) < minutes {
            tracing::info!(done, total = self.bar.length(), minutes, "{}", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
