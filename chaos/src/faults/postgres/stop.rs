//! Ways in which the server goes.

use std::time::Duration;

use rustix::process::Signal;

use super::super::Scene;
use super::super::scene::replaced;
use crate::bank::wait_for;
use crate::error::ChaosError;

const END: Duration = Duration::from_secs(20);

pub async fn immediate(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let postmaster = scene.bank.part("postgres")?;
    postmaster.signal(Signal::QUIT)?;
    postmaster.end(END).await?;
    away(scene, postmaster).await
}

pub async fn fast(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let postmaster = scene.bank.part("postgres")?;
    scene.bank.stop_part("postgres").await?;
    away(scene, postmaster).await
}

pub async fn kill(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let postmaster = scene.bank.part("postgres")?;
    postmaster.kill().await?;
    away(scene, postmaster).await
}

async fn away(scene: &Scene<'_>, was: crate::bank::Process) -> Result<String, ChaosError> {
    scene.hold_while_waiting("command-handler", scene.bank.part("command-handler")?).await?;
    scene.bank.start_part("postgres").await?;
    let killed = replaced(was, scene.bank.part("postgres")?)?;
    Ok(format!("{killed}; the handler said that it was not ready, and did not spin"))
}

pub async fn frozen(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let postmaster = scene.bank.part("postgres")?;
    let before = scene.load.answers();
    let stopped = postmaster.stop_with_children().await?;
    scene.hold().await;
    if postmaster.state() != Some('T') {
        return Err(ChaosError::DidNotHappen("the postmaster was not stopped".to_owned()));
    }
    let answered = scene.load.answers() - before;
    drop(stopped);
    Ok(format!("stopped for {} ms, {answered} answers were under way", scene.plan.held_ms))
}

pub async fn behind_the_back(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let handler = scene.bank.part("command-handler")?;
    let postmaster = scene.bank.part("postgres")?;
    let stopped = handler.stop().await?;
    // A server that is told to stop waits for nobody: the stopped handler's session is ended like any other.
    scene.bank.stop_part("postgres").await?;
    scene.bank.start_part("postgres").await?;
    scene.hold().await;
    let killed = replaced(postmaster, scene.bank.part("postgres")?)?;
    drop(stopped);
    let is_awake = async || handler.state() != Some('T');
    wait_for("the handler to wake", END, is_awake).await?;
    Ok(format!("{killed} while the handler was stopped"))
}
