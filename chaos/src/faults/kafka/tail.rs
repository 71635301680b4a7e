//! Power loss: what the broker had not yet brought to its disk is gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use topology::topic::names;

use super::super::Scene;
use super::super::scene::replaced;
use crate::error::ChaosError;

/// At most so many bytes are gone, of at most so many partitions.
const BYTES_MAX: u64 = 4_000;
const PARTITIONS: usize = 4;
/// How long it may take until the endpoint has found out.
const NOTICES: Duration = Duration::from_secs(15);
/// Partitions of each of the topics.
const PARTITIONS_OF_TOPIC: usize = 9;

pub async fn cut(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let broker = scene.bank.part("kafka-1")?;
    let endpoint = scene.bank.part("graphql-endpoint")?;
    let image = endpoint.image()?;
    broker.kill().await?;
    let data = Path::new(scene.bank.place.setting("DATA_DIR")?).join("kafka-1");
    let mut told = Vec::new();
    for number in 0..=scene.plan.one_of(PARTITIONS) {
        let topic = if number % 2 == 0 { names::BALANCE_CHANGED } else { names::MONEY_TRANSFER_CONFIRMED };
        let bytes = 1 + scene.plan.choice.rotate_left(8 * u32::try_from(number).unwrap_or_default()) % BYTES_MAX;
        // The next one where that one is empty.
        let first = scene.plan.one_of(PARTITIONS_OF_TOPIC) + number;
        for partition in (first..first + PARTITIONS_OF_TOPIC).map(|partition| partition % PARTITIONS_OF_TOPIC) {
            let cut = shorten(&data.join(format!("{topic}-{partition}")), bytes)?;
            if cut > 0 {
                told.push(format!("{cut} bytes of {topic}-{partition}"));
                break;
            }
        }
    }
    if told.is_empty() {
        return Err(ChaosError::DidNotHappen("no partition has a record".to_owned()));
    }
    scene.hold().await;
    scene.bank.start_part("kafka-1").await?;
    replaced(broker, scene.bank.part("kafka-1")?)?;
    // It does not go on with topics that end before its projection, and names two ways out; this is one of them.
    let how = if endpoint.end(NOTICES).await.is_ok() {
        let log = scene.bank.place.log("rebuild")?;
        let mut order = image.with("ADMIN_PORT", "0").start_with(&["rebuild", "--no-wait"], &log)?;
        let ordered = order.wait(NOTICES).await?;
        if !ordered.success() {
            return Err(ChaosError::Broken(format!(
                "graphql-endpoint rebuild ended with {ordered}; {}",
                log.display()
            )));
        }
        scene.bank.start_part("graphql-endpoint").await?;
        "the endpoint ended, and rebuilt its projection"
    } else {
        "the endpoint went on"
    };
    Ok(format!("lost: {}; {how}", told.join(", ")))
}

/// Cuts the end of a partition's newest segment; gives how many bytes, 0 where it has none.
fn shorten(partition: &Path, bytes: u64) -> Result<u64, ChaosError> {
    let failed = || ChaosError::io(format!("cannot cut {}", partition.display()));
    let files = std::fs::read_dir(partition).map_err(failed())?.filter_map(Result::ok).map(|entry| entry.path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    // Segments are named by their first offset, with leading zeros.
    let newest = files
        .filter(is_segment)
        .max()
        .ok_or_else(|| ChaosError::DidNotHappen(format!("{} has no segment", partition.display())))?;
    let file = std::fs::OpenOptions::new().write(true).open(&newest).map_err(failed())?;
    let size = file.metadata().map_err(failed())?.len();
    let left = size.saturating_sub(bytes);
    file.set_len(left).map_err(failed())?;
    Ok(size - left)
}
