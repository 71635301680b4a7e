//! The classic: was it committed or not?

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::Scene;
use super::link::database_at;
use crate::bank::wait_for;
use crate::error::ChaosError;
use crate::proxy::{Mode, Proxy};

/// The lost reply is one of the next so many.
const COMMITS: usize = 40;
const HAPPENS: Duration = Duration::from_secs(30);

pub async fn reply_lost(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let proxy = Proxy::to(scene.bank.place.port("POSTGRES_PORT")?).await?;
    let port = proxy.port.to_string();
    let own = scene.instead("command-handler", &database_at(&port)).await?;
    scene.served(HAPPENS).await?;
    let number = scene.plan.one_of(COMMITS) + 1;
    let held = proxy.while_held(Mode::LoseReply(u64::try_from(number).unwrap_or(1)));
    let is_lost = async || proxy.seen.lost_replies.load(Ordering::Relaxed) > 0;
    let lost = wait_for("the reply to be lost", HAPPENS, is_lost).await;
    lost.map_err(|_| ChaosError::DidNotHappen("no reply to a COMMIT was lost".to_owned()))?;
    drop(held);
    scene.served(HAPPENS).await?;
    scene.ready("command-handler").await?;
    scene.as_before("command-handler", own).await?;
    Ok(format!("the reply to COMMIT {number} was lost"))
}
