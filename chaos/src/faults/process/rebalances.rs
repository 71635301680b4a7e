//! Members that come and go: the group of the generators finds no rest.

use std::time::Duration;

use super::super::Scene;
use crate::bank::{free_port, wait_for};
use crate::error::ChaosError;

const MEMBERS: u32 = 6;
const GENERATES: Duration = Duration::from_mins(1);

/// Starts generators one after another, and ends every second one without a farewell.
pub async fn storm(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let image = scene.bank.part("command-generator")?.image()?;
    let log = scene.bank.place.log("other-generator")?;
    let mut joined = 0;
    for member in 0..MEMBERS {
        let port = free_port()?;
        let name = format!("chaos-{member}");
        let other = image.clone().with("ADMIN_PORT", &port.to_string()).with("GENERATOR_INSTANCE", &name);
        let mut own = other.start(&log)?;
        let is_ready = async || scene.bank.questions.readiness_at(port).await.is_some_and(|it| it.ready);
        wait_for("a generator to join", Duration::from_secs(20), is_ready).await?;
        joined += 1;
        scene.hold().await;
        if member % 2 == 0 {
            own.finish().await?;
        } else {
            own.process.kill().await?;
            own.wait(GENERATES).await?;
        }
    }
    let now = async || scene.bank.questions.counts().await.map(|counts| counts.commands);
    let before = now().await?;
    let goes_on = async || now().await.is_ok_and(|commands| commands > before + 100);
    wait_for("the generator to go on", GENERATES, goes_on).await?;
    Ok(format!("{joined} generators joined and left"))
}
