//! Brokers that go and come back.

use std::time::Duration;

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

const BROKERS: usize = 3;
const SERVED: Duration = Duration::from_secs(30);

/// One of three: the other two must go on.
pub async fn kill_one(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let name = format!("kafka-{}", scene.plan.one_of(BROKERS) + 1);
    let broker = scene.bank.part(&name)?;
    broker.kill().await?;
    scene.hold().await;
    // Without the third, and not only once it is back.
    scene.served(SERVED).await?;
    scene.bank.start_part(&name).await?;
    Ok(format!("{name}: {}", replaced(broker, scene.bank.part(&name)?)?))
}

/// One of three stands still until the others have given it up.
pub async fn freeze_one(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let name = format!("kafka-{}", scene.plan.one_of(BROKERS) + 1);
    let broker = scene.bank.part(&name)?;
    let stopped = broker.stop().await?;
    scene.hold().await;
    scene.served(SERVED).await?;
    if broker.state() != Some('T') {
        return Err(ChaosError::DidNotHappen(format!("{name} was not stopped")));
    }
    drop(stopped);
    Ok(format!("{name} stopped for {} ms and more, users were served without it", scene.plan.held_ms))
}
