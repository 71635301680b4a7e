//! Commands whose id is known already.

use std::time::Duration;

use futures_util::future::try_join_all;
use topology::ConfirmMoneyTransfer;

use super::super::Scene;
use super::sender::{PARTITIONS, Sender};
use crate::bank::wait_for;
use crate::error::ChaosError;

const COMMANDS: i32 = 50;

/// Each command three times: twice at once on two partitions, and later on a third.
pub async fn same_content(scene: &Scene<'_>) -> Result<String, ChaosError> {
    again(scene, |command, _| command.clone()).await
}

/// Each id three times, each time with another amount.
pub async fn other_content(scene: &Scene<'_>) -> Result<String, ChaosError> {
    again(scene, |command, time| ConfirmMoneyTransfer { amount: command.amount + time, ..command.clone() }).await
}

async fn again(
    scene: &Scene<'_>,
    version: impl Fn(&ConfirmMoneyTransfer, i64) -> ConfirmMoneyTransfer,
) -> Result<String, ChaosError> {
    let sender = Sender::new(scene).await?;
    let commands: Vec<_> = (0..COMMANDS).map(|number| Sender::deposit(1_000 + i64::from(number))).collect();
    let offset = i32::try_from(scene.plan.one_of(9)).unwrap_or_default();
    let partition = |number: usize, time: i32| {
        (offset + i32::try_from(number).unwrap_or_default() + time * 4).rem_euclid(PARTITIONS)
    };
    let mut at_once = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        for time in [0, 1] {
            let (sender, command) = (&sender, version(command, i64::from(time)));
            let partition = partition(number, time);
            at_once.push(async move { sender.send(&command, partition).await });
        }
    }
    try_join_all(at_once).await?;
    scene.hold().await;
    for (number, command) in commands.iter().enumerate() {
        sender.send(&version(command, 2), partition(number, 2)).await?;
    }
    let all_decided =
        async || decided(scene, &commands.iter().collect::<Vec<_>>()).await.is_ok_and(|it| it == i64::from(COMMANDS));
    wait_for("each command to be decided once", Duration::from_secs(30), all_decided).await?;
    Ok(format!("{} commands sent three times each, on three partitions, and decided once", commands.len()))
}

/// How many events there are of these commands.
///
/// # Errors
/// When the database does not answer.
pub async fn decided(scene: &Scene<'_>, commands: &[&ConfirmMoneyTransfer]) -> Result<i64, ChaosError> {
    // Ids are made of hexadecimal digits and hyphens.
    let ids: Vec<String> = commands.iter().map(|command| format!("'{}'", command.id)).collect();
    let sql = format!("select count(*) from event where id in ({})", ids.join(", "));
    scene.bank.questions.number(&sql).await
}
