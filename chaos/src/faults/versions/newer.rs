//! A schema that gained a field, and two handlers.

use std::time::Duration;

use super::super::Scene;
use super::super::messages::{Sender, decided};
use crate::bank::wait_for;
use crate::error::ChaosError;

const TAKE_OVER: Duration = Duration::from_secs(15);
const COMMANDS: usize = 20;

pub async fn together(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let sender = Sender::new(scene).await?;
    let second = scene.second_handler().await?;
    let newer = sender.newer_schema(scene).await?;
    let mut commands = Vec::new();
    for round in 0..3 {
        for number in 0..COMMANDS {
            let command = Sender::deposit(1_000);
            if number % 2 == 0 {
                sender.send_newer(newer, &command).await?;
            } else {
                sender.send(&command, 1).await?;
            }
            commands.push(command);
        }
        match round {
            // The second one decides the next ones.
            0 => {
                scene.bank.stop_part("command-handler").await?;
                scene.role(second.admin_port, "active", TAKE_OVER).await?;
            }
            // It decided these; the last ones are the first's again.
            1 => scene.bank.start_part("command-handler").await?,
            _ => {}
        }
        scene.hold().await;
    }
    second.own.finish().await?;
    scene.role(scene.handler_port()?, "active", TAKE_OVER).await?;
    let wanted = i64::try_from(commands.len()).unwrap_or(i64::MAX);
    let commands: Vec<_> = commands.iter().collect();
    let all_decided = async || decided(scene, &commands).await.is_ok_and(|count| count == wanted);
    wait_for("the commands of both versions to be decided", TAKE_OVER, all_decided).await?;
    Ok(format!("{wanted} commands, half of them by schema {newer}, each decided once over two takeovers"))
}
