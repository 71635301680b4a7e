//! A bank of our own: brought up by the scripts, looked at, and taken down.

mod disk;
mod place;
pub mod process;
mod questions;
mod script;

pub use disk::{Disk, Filler};
pub use place::{Place, root};
pub use process::{Image, Own, Process, Stopped, free_port, wait_for};
pub use questions::{Counts, Questions, Readiness};
pub use script::Scripts;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Settings;
use crate::error::ChaosError;
use crate::faults::Ground;
use crate::proxy::Proxy;

/// Of the bank, in the order of its scripts.
pub const MODULES: [&str; 4] = ["command-handler", "graphql-endpoint", "command-generator", "heartbeat"];
/// What a part may take to be ready again.
const READY: Duration = Duration::from_mins(1);

/// A running bank.
#[derive(Debug)]
pub struct Bank {
    /// Where it is.
    pub place: Place,
    /// Its scripts.
    pub scripts: Scripts,
    /// How it is.
    pub questions: Questions,
    /// What it stands on.
    pub ground: Ground,
    /// What lies between users and endpoint.
    pub door: Proxy,
    /// What lies between the first broker and those who are given its address.
    pub detour: Proxy,
    bin_dir: PathBuf,
    other_bin_dir: Option<PathBuf>,
    /// Small disks, of the ground that has them: the databases' and the broker's.
    pub disks: Vec<Disk>,
}

impl Bank {
    /// Chooses a place for a bank; nothing runs yet.
    ///
    /// # Errors
    /// When there is no place.
    pub async fn found(settings: &Settings, ground: Ground) -> Result<Self, ChaosError> {
        let place = Place::choose(settings.port_offset).await?;
        let beside_us = std::env::current_exe().map_err(ChaosError::io("cannot tell where chaos lies"))?;
        let beside_us = beside_us.parent().map(Path::to_owned).unwrap_or_default();
        let is_given = settings.bin_dir.is_some();
        let bin_dir = settings.bin_dir.clone().unwrap_or(beside_us);
        let bin_dir = std::path::absolute(bin_dir).map_err(ChaosError::io("the folder of the programs"))?;
        let door = Proxy::to(place.port("GRAPHQL_PORT")?).await?;
        let detour_port = free_port()?;
        let detour = Proxy::to(detour_port).await?;
        let other_bin_dir = settings.other_bin_dir.clone();
        let environment = [
            ("BANK_RUN_DIR", place.setting("BANK_RUN_DIR")?.to_owned()),
            ("BANK_PORT_OFFSET", place.setting("BANK_PORT_OFFSET")?.to_owned()),
            ("BANK_BIN_DIR", bin_dir.display().to_string()),
            ("BATCH_SIZE", "0".to_owned()),
            ("SLEEP_TIME_MS", "100".to_owned()),
            // What is waited for should show soon.
            ("LAG_MS", "500".to_owned()),
            // Bounds that a run of seconds can reach.
            ("WRITE_TIMEOUT_MS", "5000".to_owned()),
            ("PING_INTERVAL_MS", "5000".to_owned()),
            ("SUBSCRIBER_BUFFER_TRANSACTIONS", "512".to_owned()),
            // A listener whose address is that of the proxy before it.
            ("BANK_KAFKA_DETOUR", format!("{detour_port}:{}", detour.port)),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let scripts = Scripts::new(place.folder.join("scripts.log"), environment);
        if !is_given {
            println!("building the bank's programs");
            scripts.build().await?;
        }
        let questions = Questions::new(&place, ground.brokers())?;
        let disks = if ground == Ground::SmallDisks { small_disks(&place)? } else { Vec::new() };
        Ok(Self { place, scripts, questions, ground, door, detour, bin_dir, other_bin_dir, disks })
    }

    /// Brings it up.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(&self) -> Result<(), ChaosError> {
        let brokers = self.ground.brokers().to_string();
        // A start that keeps data leaves the disks where they are.
        let keep = if self.disks.is_empty() { "--yes" } else { "--keep-data" };
        self.scripts.run("restart.sh", &[keep, "--brokers", &brokers]).await
    }

    /// Takes it down and removes all that it had.
    ///
    /// # Errors
    /// When something could not be stopped or removed.
    pub async fn take_down(mut self) -> Result<(), ChaosError> {
        self.scripts.settle().await;
        self.scripts.run("clean.sh", &[]).await?;
        self.disks.clear();
        self.scripts.run("clean.sh", &["--data"]).await?;
        let folder = &self.place.folder;
        std::fs::remove_dir_all(folder).map_err(ChaosError::io(format!("cannot remove {}", folder.display())))
    }

    /// Takes it down and keeps its data and logs.
    ///
    /// # Errors
    /// When something could not be stopped.
    pub async fn preserve(self) -> Result<(), ChaosError> {
        self.scripts.settle().await;
        self.scripts.run("clean.sh", &[]).await?;
        self.disks.into_iter().for_each(Disk::leave);
        Ok(())
    }

    /// A program of this bank.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// The same of another version, where there is one.
    #[must_use]
    pub fn other_program(&self, name: &str) -> PathBuf {
        self.other_bin_dir.as_ref().map_or_else(|| self.program(name), |folder| folder.join(name))
    }

    /// The process of a part that the scripts started.
    ///
    /// # Errors
    /// [`ChaosError::Broken`] when it does not run.
    pub fn part(&self, name: &str) -> Result<Process, ChaosError> {
        let file = Path::new(self.place.setting("PID_DIR")?).join(name);
        Process::of_file(&file).ok_or_else(|| ChaosError::Broken(format!("{name} does not run")))
    }

    /// Starts a part by the scripts, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not.
    pub async fn start_part(&self, name: &str) -> Result<(), ChaosError> {
        self.scripts.run("part.sh", &["start", name]).await
    }

    /// Stops a part by the scripts, as its users would want it.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop_part(&self, name: &str) -> Result<(), ChaosError> {
        self.scripts.run("part.sh", &["stop", name]).await
    }

    /// Waits until every module says that it is ready.
    ///
    /// # Errors
    /// When one does not.
    pub async fn all_ready(&self) -> Result<(), ChaosError> {
        for module in MODULES {
            self.part(module)?;
            let what = format!("{module} to be ready");
            wait_for(&what, READY, async || self.questions.readiness(module).await.is_some_and(|it| it.ready)).await?;
        }
        Ok(())
    }
}

/// What a bank has after a start fits several times.
const DATABASES_DISK_MIB: u32 = 700;
const BROKER_DISK_MIB: u32 = 400;

fn small_disks(place: &Place) -> Result<Vec<Disk>, ChaosError> {
    let data = Path::new(place.setting("DATA_DIR")?);
    Ok(vec![
        Disk::mount(&data.join("postgres"), DATABASES_DISK_MIB)?,
        Disk::mount(&data.join("kafka-1"), BROKER_DISK_MIB)?,
    ])
}
