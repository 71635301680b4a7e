//! What runs came to: a row of JSON each, and the table that is made of them.

mod row;
mod table;

pub use row::{Audited, Row};
pub use table::table;

use std::io::Write;
use std::path::Path;

use crate::error::ChaosError;

/// Adds a row to the file of results, which is made where it is missing.
///
/// # Errors
/// When it cannot be written.
pub fn append(path: &Path, row: &Row) -> Result<(), ChaosError> {
    let failed = || ChaosError::io(format!("cannot write {}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed())?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed())?;
    let line = serde_json::to_string(row).expect("a row is made of texts and numbers");
    writeln!(file, "{line}").map_err(failed())
}

/// The rows of a file of results.
///
/// # Errors
/// When it cannot be read, or a line is no row.
pub fn read(path: &Path) -> Result<Vec<Row>, ChaosError> {
    let text = std::fs::read_to_string(path).map_err(ChaosError::io(format!("cannot read {}", path.display())))?;
    let rows = text.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| ChaosError::Nonsense {
            what: format!("line {} of {}", index + 1, path.display()),
            said: error.to_string(),
        })
    });
    rows.collect()
}
