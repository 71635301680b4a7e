//! The process's one recorder of metrics.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::Mutex;

/// Bounds of every histogram whose name ends in `_seconds`: 0.1 ms to 60 s, closest together where latencies are.
const SECONDS: [f64; 18] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.006, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
    60.0,
];
/// Bounds of every other histogram, which count things, as `_commands` in a batch.
const COUNTS: [f64; 14] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 16384.0];

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// The recorder behind the `metrics` macros, installed by the first caller: a process has one, also when tests start
/// several services in it.
pub(super) fn recorder() -> Result<PrometheusHandle, BuildError> {
    let mut installed = INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets(&COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    *installed = Some(handle.clone());
    Ok(handle)
}
