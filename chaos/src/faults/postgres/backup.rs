//! A database that is older than the topics: to go on with it would give numbers of events away twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::super::Scene;
use crate::error::ChaosError;

const REFUSES: Duration = Duration::from_mins(1);

pub async fn older(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let data = data_folder(scene)?;
    let backup = data.with_extension("older");
    // Taken from a stopped server, as a file system's snapshot would be.
    scene.bank.stop_part("postgres").await?;
    copy(&data, &backup).await?;
    scene.bank.start_part("postgres").await?;
    let events = "select max(event) from event";
    let before = scene.bank.questions.number(events).await?;
    scene.served(REFUSES).await?;
    scene.hold().await;
    let after = scene.bank.questions.number(events).await?;
    if after <= before {
        return Err(ChaosError::DidNotHappen("nothing was decided after the backup".to_owned()));
    }
    let handler = scene.bank.part("command-handler")?;
    scene.bank.stop_part("postgres").await?;
    let newer = data.with_extension("newer");
    rename(&data, &newer)?;
    rename(&backup, &data)?;
    scene.bank.start_part("postgres").await?;
    let refused = handler.end(REFUSES).await;
    let decided = scene.bank.questions.number(events).await?;
    scene.bank.stop_part("postgres").await?;
    rename(&data, &backup)?;
    rename(&newer, &data)?;
    scene.bank.start_part("postgres").await?;
    std::fs::remove_dir_all(&backup).map_err(ChaosError::io("cannot remove the backup"))?;
    refused
        .map_err(|_| ChaosError::Broken(format!("the handler went on with a database that ends at event {decided}")))?;
    let log = scene.bank.place.log("command-handler")?;
    let said = std::fs::read_to_string(&log).map_err(ChaosError::io("cannot read the handler's log"))?;
    if !said.contains("the database is older than the") {
        return Err(ChaosError::Broken(format!("the handler ended and did not say why; {}", log.display())));
    }
    if decided > before {
        return Err(ChaosError::Broken(format!("{} events were decided on the older database", decided - before)));
    }
    scene.bank.start_part("command-handler").await?;
    Ok(format!("the handler refused a database that ends at event {before} where the topics had {after}"))
}

/// Where the scripts keep the server's data.
fn data_folder(scene: &Scene<'_>) -> Result<PathBuf, ChaosError> {
    let kept = Path::new(scene.bank.place.setting("BANK_RUN_DIR")?).join("postgres-data");
    let text = std::fs::read_to_string(kept).map_err(ChaosError::io("cannot tell where PostgreSQL's data is"))?;
    Ok(PathBuf::from(text.trim()))
}

async fn copy(from: &Path, to: &Path) -> Result<(), ChaosError> {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).kill_on_drop(true).status().await;
    let status = copied.map_err(ChaosError::io("cannot run cp"))?;
    if status.success() { Ok(()) } else { Err(ChaosError::Broken(format!("cp ended with {status}"))) }
}

fn rename(from: &Path, to: &Path) -> Result<(), ChaosError> {
    std::fs::rename(from, to).map_err(ChaosError::io(format!("cannot rename {}", from.display())))
}
