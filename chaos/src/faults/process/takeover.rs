//! Two handlers on one bank: one is active, the other takes over when it is gone or stands still.

use std::time::Duration;

use super::super::Scene;
use super::super::scene::replaced;
use crate::error::ChaosError;

/// The lease is 3 s; the rest is for a busy machine.
const TAKE_OVER: Duration = Duration::from_secs(15);

/// The active one is killed, the other takes over; then the other way round.
pub async fn killed(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let first = scene.bank.part("command-handler")?;
    let mut second = scene.second_handler().await?;
    first.kill().await?;
    let took = scene.role(second.admin_port, "active", TAKE_OVER).await?;
    scene.served(TAKE_OVER).await?;
    scene.hold().await;
    scene.bank.start_part("command-handler").await?;
    let third = scene.bank.part("command-handler")?;
    scene.role(scene.handler_port()?, "standby", TAKE_OVER).await?;
    second.own.process.kill().await?;
    second.own.wait(TAKE_OVER).await?;
    let back = scene.role(scene.handler_port()?, "active", TAKE_OVER).await?;
    let killed = replaced(first, third)?;
    Ok(format!("{killed}; active after {} ms, and {} ms back", took.as_millis(), back.as_millis()))
}

/// The active one stands still until the other has taken over, and is then woken.
pub async fn frozen(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let first = scene.bank.part("command-handler")?;
    let second = scene.second_handler().await?;
    let stopped = first.stop().await?;
    let took = scene.role(second.admin_port, "active", TAKE_OVER).await?;
    scene.served(TAKE_OVER).await?;
    scene.hold().await;
    drop(stopped);
    // The zombie must notice by itself; the one that took over must not mind.
    scene.role(scene.handler_port()?, "standby", TAKE_OVER).await?;
    scene.served(TAKE_OVER).await?;
    scene.role(second.admin_port, "active", Duration::from_secs(1)).await?;
    if !first.is_running() {
        return Err(ChaosError::Broken("the woken handler ended".to_owned()));
    }
    second.own.finish().await?;
    let back = scene.role(scene.handler_port()?, "active", TAKE_OVER).await?;
    Ok(format!("taken over after {} ms, handed back in {} ms", took.as_millis(), back.as_millis()))
}
