//! Which result files make up which category.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::BenchmarkError;

/// A mapping, as its file has it. Paths are seen from the file's folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the report is about.
    pub title: String,
    /// Figures of Open Bank Mark's own handlers, by category and load.
    pub original: Option<PathBuf>,
    /// What was measured with this benchmark.
    #[serde(default, rename = "category")]
    pub categories: Vec<Category>,
    /// The folder of the mapping's file.
    #[serde(skip)]
    folder: PathBuf,
}

/// A category: one implementation, by one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name in the report.
    pub name: String,
    /// Its result files; `*` stands for any part of a name.
    pub files: Vec<String>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// When the file cannot be read, is no mapping, or names nothing.
    pub fn read(path: &Path) -> Result<Self, BenchmarkError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BenchmarkError::File { what: format!("reading {}", path.display()), source })?;
        let wrong = |reason: String| BenchmarkError::Settings(format!("{}: {reason}", path.display()));
        let mut mapping: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if mapping.categories.is_empty() && mapping.original.is_none() {
            return Err(wrong("no [[category]] and no original: there is nothing to report on".to_owned()));
        }
        path.parent().unwrap_or(Path::new("")).clone_into(&mut mapping.folder);
        Ok(mapping)
    }

    /// The file of the original's figures.
    #[must_use]
    pub fn original(&self) -> Option<PathBuf> {
        self.original.as_ref().map(|file| self.folder.join(file))
    }

    /// The files of a category, in the order of their names; none where it has not been measured yet, which is said.
    ///
    /// # Errors
    /// When a pattern is none, or the folder cannot be read.
    pub fn files(&self, category: &Category) -> Result<Vec<PathBuf>, BenchmarkError> {
        let mut files = Vec::new();
        for pattern in &category.files {
            // The folder is no pattern, whatever its name.
            let folder = glob::Pattern::escape(&self.folder.to_string_lossy());
            let whole = Path::new(&folder).join(pattern);
            let found = glob::glob(&whole.to_string_lossy())
                .map_err(|error| BenchmarkError::Settings(format!("category {}, {pattern}: {error}", category.name)))?;
            for file in found {
                files.push(file.map_err(|error| BenchmarkError::File {
                    what: format!("looking for {}", error.path().display()),
                    source: error.into(),
                })?);
            }
        }
        files.sort();
        files.dedup();
        if files.is_empty() {
            let folder = self.folder.display();
            tracing::warn!(
                category = category.name,
                "left out: no file is called {} in {folder}",
                category.files.join(" or ")
            );
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_mapping_is_said() {
        let rows = [
            ("title = \"T\"", "nothing to report on"),
            ("original = \"o.csv\"", "missing field `title`"),
            ("title = \"T\"\n[[category]]\nname = \"A\"\nfile = \"a\"", "unknown field `file`"),
        ];
        for (text, expected) in rows {
            let file = std::env::temp_dir().join(format!("mapping-{}-{}.toml", std::process::id(), expected.len()));
            std::fs::write(&file, text).expect("a folder for files");
            let error = Mapping::read(&file).expect_err("refused").to_string();
            std::fs::remove_file(&file).expect("it is there");
            assert!(error.contains(expected) && error.contains("mapping-"), "{error}");
        }
    }
}
