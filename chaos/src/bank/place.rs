//! Where a bank of our own is: chosen by the scripts, which alone know of offsets.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::ChaosError;

/// Folders and ports of a bank.
#[derive(Debug, Clone)]
pub struct Place {
    /// The temporary folder; everything is under it, but where root's `PostgreSQL` cannot enter it.
    pub folder: PathBuf,
    settings: HashMap<String, String>,
}

impl Place {
    /// Chooses a new one.
    ///
    /// # Errors
    /// When scripts/lib/place.sh fails.
    pub async fn choose(offset: Option<u16>) -> Result<Self, ChaosError> {
        let script = root().join("scripts/lib/place.sh");
        let mut command = Command::new(&script);
        command.arg("chaos").args(offset.map(|offset| offset.to_string()));
        let output = command.output().await.map_err(ChaosError::io("cannot run scripts/lib/place.sh"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(ChaosError::Nonsense { what: "scripts/lib/place.sh".to_owned(), said });
        }
        let settings: HashMap<String, String> = said
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let folder = settings.get("REHEARSAL_DIR").map(PathBuf::from);
        let folder = folder.ok_or(ChaosError::Nonsense { what: "scripts/lib/place.sh".to_owned(), said })?;
        Ok(Self { folder, settings })
    }

    /// One of the names that place.sh prints.
    ///
    /// # Errors
    /// When it prints no such name.
    pub fn setting(&self, name: &str) -> Result<&str, ChaosError> {
        let found = self.settings.get(name).map(String::as_str);
        found
            .ok_or_else(|| ChaosError::Nonsense { what: "scripts/lib/place.sh".to_owned(), said: format!("no {name}") })
    }

    /// One of those that is a port.
    ///
    /// # Errors
    /// When it is none.
    pub fn port(&self, name: &str) -> Result<u16, ChaosError> {
        let text = self.setting(name)?;
        text.parse().map_err(|_| ChaosError::Nonsense { what: name.to_owned(), said: text.to_owned() })
    }

    /// The log of a part, or of a process that chaos itself started.
    ///
    /// # Errors
    /// When place.sh printed no folder for logs.
    pub fn log(&self, name: &str) -> Result<PathBuf, ChaosError> {
        Ok(Path::new(self.setting("LOG_DIR")?).join(format!("{name}.log")))
    }
}

/// The checkout that chaos was built from.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
