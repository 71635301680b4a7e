//! Structured logs on standard error.

pub mod config;

use config::{LogFormat, LogSettings};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;

/// During an outage rdkafka repeats "all brokers down" some thirty times a second under this target; librdkafka itself
/// says the same at a bounded rate. A level for it in the settings comes later, and counts.
const QUIET: &str = "rdkafka::client=off";

/// Starts logging. Only the first call of a process counts, so that tests may start several services in one.
///
/// What librdkafka says comes along under the target `librdkafka`, so that `info,librdkafka=debug` works.
pub fn init(settings: &LogSettings) {
    let levels = format!("{QUIET},{}", settings.level);
    let filter = EnvFilter::try_new(levels).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = match (settings.format, terminal) {
        (LogFormat::Human, _) | (LogFormat::Auto, true) => builder.with_ansi(terminal).try_init(),
        (LogFormat::Json, _) | (LogFormat::Auto, false) => builder.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}
