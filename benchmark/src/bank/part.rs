//! Stopping a part of the bank with the scripts, and starting it again whatever happens.

use std::process::{Command, Stdio};

use super::Place;
use crate::error::BenchmarkError;

/// A part that was stopped. Dropped without [`Stopped::start`], as after an error, it is started all the same.
pub struct Stopped {
    place: Place,
    part: Option<String>,
}

impl Stopped {
    /// Stops a part, in order.
    ///
    /// # Errors
    /// When the script says no.
    pub fn stop(place: &Place, part: &str) -> Result<Self, BenchmarkError> {
        run(place, "stop", part)?;
        Ok(Self { place: place.clone(), part: Some(part.to_owned()) })
    }

    /// Starts it again and waits until it is ready.
    ///
    /// # Errors
    /// When the script says no.
    pub fn start(mut self) -> Result<(), BenchmarkError> {
        self.part.take().map_or(Ok(()), |part| run(&self.place, "start", &part))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(part) = self.part.take()
            && let Err(error) = run(&self.place, "start", &part)
        {
            tracing::error!("{part} stays stopped: {error}");
        }
    }
}

fn run(place: &Place, action: &str, part: &str) -> Result<(), BenchmarkError> {
    let script = place.scripts_dir.join("part.sh");
    let failed = |reason| BenchmarkError::Part { command: format!("{} {action} {part}", script.display()), reason };
    let output = Command::new(&script)
        .args([action, part])
        .env("BANK_PORT_OFFSET", place.port_offset.to_string())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
