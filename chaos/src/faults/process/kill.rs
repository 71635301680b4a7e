//! SIGKILL, as a machine that runs out of memory does it.

use super::super::Scene;
use super::super::scene::replaced;
use crate::error::ChaosError;

/// Kills a module and starts it again.
pub async fn kill(scene: &Scene<'_>, module: &str) -> Result<String, ChaosError> {
    let process = scene.bank.part(module)?;
    process.kill().await?;
    scene.hold().await;
    scene.bank.start_part(module).await?;
    replaced(process, scene.bank.part(module)?)
}
