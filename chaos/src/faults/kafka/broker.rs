//! Brokers that go and come back.

use super::super::Scene;
use super::super::scene::replaced;
use crate::error::ChaosError;

/// The only one: nothing can be sent meanwhile.
pub async fn kill_only(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let broker = scene.bank.part("kafka-1")?;
    broker.kill().await?;
    scene.hold().await;
    scene.bank.start_part("kafka-1").await?;
    replaced(broker, scene.bank.part("kafka-1")?)
}

/// The only one stands still: connections stay open and nobody answers.
pub async fn freeze_only(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let broker = scene.bank.part("kafka-1")?;
    let stopped = broker.stop().await?;
    scene.hold().await;
    if broker.state() != Some('T') {
        return Err(ChaosError::DidNotHappen("the broker was not stopped".to_owned()));
    }
    drop(stopped);
    Ok(format!("stopped for {} ms", scene.plan.held_ms))
}
