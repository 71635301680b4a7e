//! A module that dies at a named place of its code: see `service_kit::fault`.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use super::super::Scene;
use crate::error::ChaosError;

const SIGKILL: i32 = 9;
/// What a place that is come to by chance may take to be come to.
const REACHED: Duration = Duration::from_secs(40);

/// Runs a module that dies when it comes to this place for the drawn time, of `times` at most, and then starts it as before.
pub async fn die(scene: &Scene<'_>, module: &str, place: &str, times: usize) -> Result<String, ChaosError> {
    let failpoint = format!("{place}@{}", scene.plan.one_of(times) + 1);
    let changes = [
        ("BANK_FAILPOINT", failpoint.as_str()),
        // A bank that is never idle would write balances only after many thousands of events.
        ("FLUSH_BEHIND_MAX_EVENTS", "1"),
    ];
    let mut own = scene.start_instead(module, &changes).await?;
    let ended = own.wait(REACHED).await;
    let status = ended.map_err(|_| ChaosError::DidNotHappen(format!("{module} never came to {failpoint}")))?;
    let log = std::fs::read_to_string(&own.log).map_err(ChaosError::io("cannot read a log"))?;
    let last_said =
        log.lines().rev().take(50).any(|line| line.contains("dying at a failpoint") && line.contains(place));
    if status.signal() != Some(SIGKILL) || !last_said {
        let log = own.log.display();
        return Err(ChaosError::DidNotHappen(format!("{module} ended with {status} and not at {failpoint}; {log}")));
    }
    scene.hold().await;
    scene.bank.start_part(module).await?;
    Ok(format!("{module} died at {failpoint}"))
}
