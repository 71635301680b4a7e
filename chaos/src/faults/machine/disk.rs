//! Disks that are full.

use std::time::Duration;

use super::super::Scene;
use crate::bank::wait_for;
use crate::error::ChaosError;

const NOTICED: Duration = Duration::from_secs(40);
/// What Linux says of a full disk.
const FULL: &str = "No space left on device";
/// Commands a second, so that the server soon needs room.
const QUICK: u32 = 3_000;

pub async fn databases(scene: &Scene<'_>) -> Result<String, ChaosError> {
    full(scene, 0, "postgres").await
}

pub async fn broker(scene: &Scene<'_>) -> Result<String, ChaosError> {
    full(scene, 1, "kafka-1").await
}

async fn full(scene: &Scene<'_>, disk: usize, part: &str) -> Result<String, ChaosError> {
    let disk = scene.bank.disks.get(disk);
    let disk = disk.ok_or_else(|| ChaosError::DidNotHappen("this bank has no small disks".to_owned()))?;
    let server = scene.bank.part(part)?;
    let log = scene.bank.place.log(part)?;
    let complaints = || std::fs::read_to_string(&log).unwrap_or_default().matches(FULL).count();
    let before = complaints();
    scene.load.set_rate(QUICK).await?;
    let filler = disk.fill()?;
    let noticed = wait_for("the full disk to be noticed", NOTICED, async || complaints() > before).await;
    noticed.map_err(|_| ChaosError::DidNotHappen(format!("{part} never missed the room")))?;
    scene.hold().await;
    let (bytes, complained) = (filler.bytes, complaints() - before);
    drop(filler);
    // A part that stops by itself may take a moment.
    let _ = server.end(Duration::from_secs(3)).await;
    let ended = !server.is_running();
    if ended {
        scene.bank.start_part(part).await?;
    }
    scene.served(NOTICED).await?;
    scene.load.set_usual_rate().await?;
    let how = if ended { "ended and was started again" } else { "went on by itself" };
    Ok(format!("{bytes} bytes filled the disk, {part} complained {complained} times and {how}"))
}
