//! What was measured, to whoever asked: a table or JSON on standard output, and JSON in a file.

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;

use crate::error::BenchmarkError;

/// Prints a report, and writes it where that is wanted.
///
/// # Errors
/// When the file cannot be written.
pub fn give<R: Serialize + Display>(report: &R, json: bool, out: Option<&Path>) -> Result<(), BenchmarkError> {
    let text = serde_json::to_string_pretty(report).expect("reports have texts for keys");
    if let Some(path) = out {
        std::fs::write(path, format!("{text}\n"))
            .map_err(|source| BenchmarkError::File { what: format!("writing {}", path.display()), source })?;
    }
    if json {
        println!("{text}");
    } else {
        println!("{report}");
    }
    Ok(())
}
