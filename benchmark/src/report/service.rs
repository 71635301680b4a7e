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
    let figures = |of: &[Category]| csv(of).map_err(|error| BenchmarkError::Drawing(error.to_string()));
    write("figures.csv", &figures(&categories)?)?;
    if let Some(path) = &settings.figures {
        let measured: Vec<Category> = categories.iter().filter(|category| !category.polled).cloned().collect();
        std::fs::write(path, figures(&measured)?).map_err(failed(path))?;
    }
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
        let mut runs = Vec::new();
        for file in &files {
            match Run::read(file) {
                Err(error @ BenchmarkError::Unfinished { .. }) => tracing::warn!("left out: {error}"),
                run => runs.push(run?),
            }
        }
        if runs.is_empty() {
            continue;
        }
        categories.push(Category::of(&category.name, &runs));
    }
    if let Some(path) = mapping.original() {
        categories.extend(original::read(&path)?);
    }
    if categories.is_empty() {
        let what = "none of the result files that the mapping names is there; scripts/loop.sh 1 makes one".to_owned();
        return Err(BenchmarkError::Settings(what));
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::report::runs::tests::{lines_of, run_of};

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        report: ReportSettings,
    }

    const NOT_MEASURED: &str = "[[category]]\nname = \"Theirs\"\nfiles = [\"theirs-*.jsonl\"]";

    #[test]
    fn a_mapping_becomes_a_page_charts_and_figures() {
        let folder = std::env::temp_dir().join(format!("report-{}", std::process::id()));
        let original = original::tests::file();
        std::fs::create_dir_all(&folder).expect("a folder for files");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("it can be written");
        for number in 1..=2 {
            let run = run_of("ours", number, &[(10.0, &[5.0, 7.0]), (3_000.0, &[200.0])], 3_000.0);
            write(&format!("ours-geometric-{number}.jsonl"), &lines_of(run).join("\n"));
        }
        let mapping = format!(
            "title = \"A <trial>\"\noriginal = '{}'\n[[category]]\nname = \"Ours & yours\"\nfiles = [\"ours-*.jsonl\"]\n{NOT_MEASURED}",
            original.display()
        );
        write("mapping.toml", &mapping);
        let path = |name: &str| folder.join(name).display().to_string();
        let arguments = ["test", &path("mapping.toml"), "--out", &path("out"), "--figures", &path("ours.csv")];
        run(&Only::parse_from(arguments).report).expect("it is made");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
        let page = read("out/index.html");
        for expected in [
            "A &lt;trial&gt;",
            "Ours &amp; yours",
            "2019: Clojure",
            "id=\"latency-average\"",
            "3000",
            "10.3 to 15.8 times",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert!(!page.contains("Theirs"), "what has not been measured yet is left out");
        assert!(!page.contains("<script") && !page.contains("src="), "it needs nothing else");
        assert!(read("out/latency-average.svg").contains("Ours &amp; yours"));
        assert_eq!((read("out/figures.csv").lines().count(), read("ours.csv").lines().count()), (119, 3));
        write("mapping.toml", &format!("title = \"A trial\"\n{NOT_MEASURED}"));
        let nothing = run(&Only::parse_from(arguments).report).expect_err("there is nothing to report on").to_string();
        assert!(nothing.contains("loop.sh"), "{nothing}");
        std::fs::remove_dir_all(&folder).expect("it is there");
    }
}
