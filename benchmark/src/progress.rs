//! How far a long step is: a bar on a terminal, otherwise a line of log at its beginning.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg:<22} [{bar:30}] {human_pos}/{human_len} {per_sec} {elapsed}";

/// One step. Gone from the terminal when dropped.
pub struct Progress {
    bar: ProgressBar,
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
        Self { bar }
    }

    /// So many are done.
    pub fn to(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
