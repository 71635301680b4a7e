//! The registry, asked for a schema that the handler has not seen yet.

use std::time::Duration;

use super::super::Scene;
use super::super::messages::{Sender, decided};
use crate::bank::wait_for;
use crate::error::ChaosError;
use crate::proxy::{Mode, Proxy};

const DECIDED: Duration = Duration::from_secs(30);

pub async fn while_broken(scene: &Scene<'_>, mode: Mode) -> Result<String, ChaosError> {
    let proxy = Proxy::to(scene.bank.place.port("REGISTRY_PORT")?).await?;
    let url = scene.bank.place.setting("SCHEMA_REGISTRY_URL")?;
    let url = url.replace(scene.bank.place.setting("REGISTRY_PORT")?, &proxy.port.to_string());
    let own = scene.instead("command-handler", &[("SCHEMA_REGISTRY_URL", &url)]).await?;
    scene.served(DECIDED).await?;
    let sender = Sender::new(scene).await?;
    let newer = sender.newer_schema(scene).await?;
    let command = Sender::deposit(1_000);
    let held = proxy.while_held(mode);
    sender.send_newer(newer, &command).await?;
    scene.hold().await;
    let early = decided(scene, &[&command]).await?;
    if early > 0 {
        return Err(ChaosError::DidNotHappen(
            "the command was decided although its schema could not be had".to_owned(),
        ));
    }
    let kept = scene.bank.questions.number("select count(*) from poison").await?;
    drop(held);
    let is_decided = async || decided(scene, &[&command]).await.is_ok_and(|count| count == 1);
    wait_for("the command to be decided", DECIDED, is_decided).await?;
    if scene.bank.questions.number("select count(*) from poison").await? != kept {
        return Err(ChaosError::Broken("a command was taken for poison while the registry was broken".to_owned()));
    }
    scene.served(DECIDED).await?;
    scene.as_before("command-handler", own).await?;
    Ok(format!("schema {newer} could not be had for {} ms, and the command waited", scene.plan.held_ms))
}
