//! The figures of Open Bank Mark's own handlers, 2019: a line of CSV per category and load.

use std::path::Path;

use serde::Deserialize;

use super::figures::{Breaking, Category, Latency, Mean, Part, Point, Use};
use crate::error::BenchmarkError;

#[derive(Debug, Deserialize)]
struct Line {
    category: String,
    additional_load_per_s: f64,
    data_points: usize,
    mean_latency_ms: f64,
    stderr_latency_ms: f64,
    min_latency_ms: f64,
    median_latency_ms: f64,
    p95_latency_ms: f64,
    max_latency_ms: f64,
    mean_db_cpu_pct: Option<f64>,
    mean_db_mem_mib: Option<f64>,
    mean_handler_cpu_pct: Option<f64>,
    mean_handler_mem_mib: Option<f64>,
    mean_broker_cpu_pct: Option<f64>,
    mean_broker_mem_mib: Option<f64>,
    mean_endpoint_cpu_pct: Option<f64>,
    mean_endpoint_mem_mib: Option<f64>,
}

/// Reads the file: its categories in the order in which they come.
///
/// # Errors
/// When it cannot be read, or a line is none of these.
pub fn read(path: &Path) -> Result<Vec<Category>, BenchmarkError> {
    let wrong = |error: &dyn std::fmt::Display| BenchmarkError::Settings(format!("{}: {error}", path.display()));
    let mut lines = csv::Reader::from_path(path).map_err(|error| wrong(&error))?;
    let mut categories: Vec<Category> = Vec::new();
    for line in lines.deserialize() {
        let line: Line = line.map_err(|error| wrong(&error))?;
        let name = format!("2019: {}", line.category);
        let point = line.point();
        match categories.last_mut() {
            Some(category) if category.name == name => category.points.push(point),
            _ => categories.push(Category {
                name,
                points: vec![point],
                polled: true,
                breaking: Breaking::default(),
                headers: Vec::new(),
            }),
        }
    }
    for category in &mut categories {
        category.breaking = breaking(&category.points);
    }
    Ok(categories)
}

impl Line {
    fn point(self) -> Point {
        let means = |cpu_percent: Option<f64>, memory_mib: Option<f64>| {
            let mean = |mean: Option<f64>| mean.map(|mean| Mean { mean, stderr: None });
            Use { cpu_percent: mean(cpu_percent), memory_mib: mean(memory_mib) }
        };
        let latency = Latency {
            mean_ms: Mean { mean: self.mean_latency_ms, stderr: Some(self.stderr_latency_ms) },
            min_ms: self.min_latency_ms,
            p50_ms: self.median_latency_ms,
            p90_ms: None,
            p95_ms: self.p95_latency_ms,
            p99_ms: None,
            max_ms: self.max_latency_ms,
        };
        Point {
            load_per_s: self.additional_load_per_s,
            data_points: self.data_points,
            timeouts: None,
            latency: None,
            polled: Some(latency),
            heartbeats_per_s: None,
            parts: [
                (Part::Database, means(self.mean_db_cpu_pct, self.mean_db_mem_mib)),
                (Part::Handler, means(self.mean_handler_cpu_pct, self.mean_handler_mem_mib)),
                (Part::Broker, means(self.mean_broker_cpu_pct, self.mean_broker_mem_mib)),
                (Part::Endpoint, means(self.mean_endpoint_cpu_pct, self.mean_endpoint_mem_mib)),
            ]
            .into(),
            hops_ms: Vec::new(),
        }
    }
}

/// A run was over with its third time-out, and gave no rows from then on: the highest load that gave at least half of the rows is
/// the one that half of the runs got over.
fn breaking(points: &[Point]) -> Breaking {
    let full = points.iter().map(|point| point.data_points).max().unwrap_or_default();
    let held = points.iter().filter(|point| 2 * point.data_points >= full).map(|point| point.load_per_s);
    let highest = held.fold(None, |highest: Option<f64>, load| Some(highest.map_or(load, |highest| highest.max(load))));
    Breaking { loads_per_s: highest.into_iter().collect(), broke: true }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use super::*;

    /// The original's figures, as the pages serve them.
    pub(in crate::report) fn file() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/public/results/original-2019.csv")
    }

    #[test]
    fn the_originals_figures_are_read_as_they_are() {
        let path = file();
        let categories = read(&path).expect("it is there");
        let found: Vec<_> = categories
            .iter()
            .map(|it| (it.name.as_str(), it.points.len(), it.breaking.median().expect("it broke")))
            .collect();
        let expected = [
            ("2019: Clojure", 32, 290.0),
            ("2019: Kotlin (Spring)", 34, 290.0),
            ("2019: Rust (native client)", 23, 190.0),
            ("2019: Rust (rdkafka)", 27, 230.0),
        ];
        assert_eq!(found, expected);
        let last = categories[2].points.last().expect("it has some");
        assert_eq!((last.data_points, last.polled.expect("it has").mean_ms.mean), (30, 2424.4));
        assert!(last.parts[&Part::Database].cpu_percent.is_none(), "an empty field is no figure");
    }
}
