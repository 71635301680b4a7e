//! A clock that jumps.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::Scene;
use crate::bank::wait_for;
use crate::error::ChaosError;

/// The other one of the package can hang at the start of a program with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
const LIBRARIES: [&str; 3] = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
/// Less than the jump, and more than a run takes.
const CLEARLY_S: i64 = 1_800;
const BOOKED: Duration = Duration::from_secs(20);

/// Runs a handler whose wall clock is told by a file, and moves it while it works.
pub async fn moved(scene: &Scene<'_>, seconds: i64) -> Result<String, ChaosError> {
    let library = LIBRARIES.iter().map(|folder| Path::new(folder).join(LIBRARY)).find(|path| path.exists());
    let library = library.ok_or_else(|| {
        ChaosError::DidNotHappen("libfaketime is missing; Debian and Ubuntu have it: apt install faketime".to_owned())
    })?;
    let told = scene.bank.place.folder.join("clock");
    let tell = |offset: &str| std::fs::write(&told, offset).map_err(ChaosError::io("cannot tell the clock"));
    tell("+0")?;
    let changes = [
        ("LD_PRELOAD", library.to_string_lossy().into_owned()),
        ("FAKETIME_TIMESTAMP_FILE", told.to_string_lossy().into_owned()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        // A machine's clock that is set does not move what measures durations.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    let changes: Vec<(&str, &str)> = changes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let own = scene.instead("command-handler", &changes).await?;
    scene.served(BOOKED).await?;
    tell(&format!("{seconds:+}"))?;
    let off = async || booked_off_by_s(scene).await.is_ok_and(|off| off / CLEARLY_S == seconds / CLEARLY_S);
    let happened = wait_for("a booking by the other clock", BOOKED, off).await;
    happened.map_err(|_| ChaosError::DidNotHappen("no booking has a time of the moved clock".to_owned()))?;
    let off_by_s = booked_off_by_s(scene).await?;
    scene.hold().await;
    scene.served(BOOKED).await?;
    tell("+0")?;
    scene.hold().await;
    scene.served(BOOKED).await?;
    scene.as_before("command-handler", own).await?;
    Ok(format!("bookings were {off_by_s} s off"))
}

/// How far the last booking's time is from now, in seconds.
async fn booked_off_by_s(scene: &Scene<'_>) -> Result<i64, ChaosError> {
    let sql = "select booked_at from event order by event desc limit 1";
    let booked_s = scene.bank.questions.number(sql).await? / 1_000_000;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // Rounded, for a booking is some milliseconds old.
    Ok(booked_s + 1 - i64::try_from(now).unwrap_or(i64::MAX))
}
