//! A report: results in, a folder out.

use std::path::Path;

use super::charts::{Chart, charts};
use super::config::ReportSettings;
use super::figures::Category;
use super::mapping::Mapping;
use super::runs::Run;
use super::table::{Summary, csv, summaries};
use super::{draw, original, page};
use crate::error::BenchmarkError;

/// Writes `index.html`, `figures.csv` and an SVG per chart, and prints what it comes to.
///
/// # Errors
/// When the mapping or a result file cannot be read, or the folder cannot be written.
pub fn run(settings: &ReportSettings) -> Result<(), BenchmarkError> {
    let mapping = Mapping::read(&settings.mapping)?;
    let categories = categories(&mapping)?;
    let charts: Vec<(Chart, String)> = charts(&categories)
        .into_iter()
        .map(|chart| {
            let svg = draw::svg(&chart).ok_or_else(|| BenchmarkError::Drawing(chart.id.clone()))?;
            Ok((chart, svg))
        })
        .collect::<Result<_, BenchmarkError>>()?;
    let summaries = summaries(&categories);

    let out = &settings.out;
    let failed = |what: &Path| {
        let what = format!("writing {}", what.display());
        move |source| BenchmarkError::File { what, source }
    };
    std::fs::create_dir_all(out).map_err(failed(out))?;
    let write = |name: &str, content: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, content).map_err(failed(&path))
    };
    for (chart, svg) in &charts {
        write(&format!("{}.svg", chart.id), svg.as_bytes())?;
    }
    let figures = csv(&categories).map_err(|error| BenchmarkError::Drawing(error.to_string()))?;
    write("figures.csv", &figures)?;
    write("index.html", page::page(&mapping.title, &summaries, &charts).as_bytes())?;

    println!("{}", printed(&summaries));
    println!("{} charts: {}", charts.len(), out.join("index.html").display());
    Ok(())
}

/// Our categories, then the original's.
fn categories(mapping: &Mapping) -> Result<Vec<Category>, BenchmarkError> {
    let mut categories = Vec::new();
    for category in &mapping.categories {
        let files = mapping.files(category)?;
        let runs = files.iter().map(|file| Run::read(file)).collect::<Result<Vec<_>, _>>()?;
        categories.push(Category::of(&category.name, &runs));
    }
    if let Some(path) = mapping.original() {
        categories.extend(original::read(&path)?);
    }
    Ok(categories)
}

fn printed(summaries: &[Summary]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "category",
        "least load",
        "median / p99 ms",
        "looked at every 50 ms",
        "highest load held",
        "of the original's",
    ]);
    for Summary { name, idle: [page, polled], idle_load, breaking, to_original, .. } in summaries {
        table.add_row([name, idle_load, page, polled, breaking, to_original]);
    }
    table
}
