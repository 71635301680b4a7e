//! The figures as text: a line of CSV per category and load, and a summary of each category.

use std::collections::BTreeSet;

use super::figures::{Category, HOPS, Latency, Mean, Part, Point};
use super::scale::{three_digits, written};

/// What a category comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// Its runs, protocol, machine, commits and days; or where its figures come from.
    pub about: String,
    /// Latency at the least load, inside the page and by looking every 50 ms: median and p99, in milliseconds.
    pub idle: [String; 2],
    /// The load of these.
    pub idle_load: String,
    /// The highest load that was held, with the lowest and the highest of the runs.
    pub breaking: String,
    /// That load in relation to each of the original's categories, the slowest and the fastest; empty for these.
    pub to_original: String,
}

/// The columns of [`csv`] before those of hops and parts. Those that the original's figures have too are called as there.
const COLUMNS: [&str; 25] = [
    "category",
    "additional_load_per_s",
    "data_points",
    "timeouts",
    "latency_in_page",
    "mean_latency_ms",
    "stderr_latency_ms",
    "min_latency_ms",
    "median_latency_ms",
    "p90_latency_ms",
    "p95_latency_ms",
    "p99_latency_ms",
    "max_latency_ms",
    "mean_polled_ms",
    "stderr_polled_ms",
    "min_polled_ms",
    "median_polled_ms",
    "p90_polled_ms",
    "p95_polled_ms",
    "p99_polled_ms",
    "max_polled_ms",
    "heartbeats_per_s",
    "stderr_heartbeats_per_s",
    "highest_load_per_s",
    "broke",
];

/// All figures, numbers but for the category. A field without a figure is empty. Latency is that inside the page (`latency_in_page` is 1) or,
/// where there is none, by looking at the page every 50 ms (0). The highest load that a category held (`highest_load_per_s`) is the same in
/// all its rows, with whether it broke above (`broke` is 1) or might have held more (0). A hop's is the median time from the one before it
/// that is known, or from the click.
///
/// # Errors
/// Never, for it is written to memory; what the library says is handed on all the same.
pub fn csv(categories: &[Category]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let parts = Part::ALL.map(column).into_iter();
    let of_parts = parts.flat_map(|part| ["cpu_pct", "mem_mib"].map(|what| format!("mean_{part}_{what}")));
    let of_hops = HOPS.map(|hop| format!("median_hop_{hop}_ms"));
    table.write_record(COLUMNS.map(str::to_owned).into_iter().chain(of_hops).chain(of_parts))?;
    for category in categories {
        for point in &category.points {
            table.write_record(record(category, point))?;
        }
    }
    table.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A part's name in columns: the original's word for the database is shorter.
const fn column(part: Part) -> &'static str {
    if let Part::Database = part { "db" } else { part.name() }
}

fn record(category: &Category, point: &Point) -> Vec<String> {
    let mut fields = vec![
        category.name.clone(),
        number(Some(point.load_per_s)),
        point.data_points.to_string(),
        point.timeouts.map_or_else(String::new, |timeouts| timeouts.to_string()),
        u8::from(point.latency.is_some()).to_string(),
    ];
    for latency in [point.best(), point.polled.as_ref()] {
        fields.extend(latencies(latency).map(number));
    }
    fields.extend(mean_and_stderr(point.heartbeats_per_s).map(number));
    fields.push(number(category.breaking.median()));
    fields.push(u8::from(category.breaking.broke).to_string());
    let hop_ms = |hop| point.hops_ms.iter().find(|(name, _)| *name == hop).map(|(_, ms)| *ms);
    fields.extend(HOPS.map(|hop| number(hop_ms(hop))));
    for part in Part::ALL {
        let used = point.parts.get(&part);
        let means = used.map_or([None, None], |used| [used.cpu_percent, used.memory_mib]);
        fields.extend(means.map(|mean| number(mean.map(|mean| mean.mean))));
    }
    fields
}

fn latencies(latency: Option<&Latency>) -> [Option<f64>; 8] {
    let Some(it) = latency else { return [None; 8] };
    let [mean, stderr] = mean_and_stderr(Some(it.mean_ms));
    [mean, stderr, Some(it.min_ms), Some(it.p50_ms), it.p90_ms, Some(it.p95_ms), it.p99_ms, Some(it.max_ms)]
}

fn mean_and_stderr(mean: Option<Mean>) -> [Option<f64>; 2] {
    [mean.map(|mean| mean.mean), mean.and_then(|mean| mean.stderr)]
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, three_digits)
}

/// What each category comes to, in their order.
#[must_use]
pub fn summaries(categories: &[Category]) -> Vec<Summary> {
    let originals = || categories.iter().filter(|category| category.polled).filter_map(|it| it.breaking.median());
    let slowest = originals().fold(f64::MAX, f64::min);
    let fastest = originals().fold(0.0, f64::max);
    let summary = |category: &Category| {
        let idle = category.idle();
        let latency = |of: Option<&Latency>| {
            let p99 = of.and_then(|it| it.p99_ms).map_or_else(|| "?".to_owned(), one_digit);
            of.map_or_else(String::new, |it| format!("{} / {p99}", one_digit(it.p50_ms)))
        };
        let highest = category.breaking.median();
        let to_original = match highest {
            Some(highest) if fastest > 0.0 && !category.polled => {
                let least = if category.breaking.broke { "" } else { "at least " };
                format!("{least}{} to {} times", one_digit(highest / fastest), one_digit(highest / slowest))
            }
            _ => String::new(),
        };
        Summary {
            name: category.name.clone(),
            about: about(category),
            idle: [latency(idle.and_then(|it| it.latency.as_ref())), latency(idle.and_then(|it| it.polled.as_ref()))],
            idle_load: idle.map_or_else(String::new, |it| written(it.load_per_s)),
            breaking: breaking(category),
            to_original,
        }
    };
    categories.iter().map(summary).collect()
}

fn about(category: &Category) -> String {
    let Some(first) = category.headers.first() else {
        return "as published in 2019, on other machines; interactions that timed out were left out".to_owned();
    };
    let runs = category.headers.len();
    let protocol = category.protocol().map_or_else(|| "several protocols".to_owned(), |it| format!("{it} protocol"));
    let commits: BTreeSet<&str> = category.headers.iter().map(|header| header.commit.as_str()).collect();
    let days: BTreeSet<&str> =
        category.headers.iter().map(|header| header.date.split('T').next().unwrap_or_default()).collect();
    format!(
        "{runs} {}, {protocol}, {} x {}, {} MiB, {} build at {}, {}",
        if runs == 1 { "run" } else { "runs" },
        first.cores,
        first.machine,
        first.memory_mib,
        first.build,
        listed(commits),
        listed(days),
    )
}

fn listed(texts: BTreeSet<&str>) -> String {
    texts.into_iter().collect::<Vec<_>>().join(", ")
}

fn breaking(category: &Category) -> String {
    let (Some(median), Some([lowest, highest])) = (category.breaking.median(), category.breaking.range()) else {
        return String::new();
    };
    let held = if category.breaking.broke { "" } else { ", still held" };
    let round = |load: f64| format!("{load:.0}");
    if (highest - lowest).abs() < 0.5 {
        format!("{}{held}", round(median))
    } else {
        format!("{} ({} to {}){held}", round(median), round(lowest), round(highest))
    }
}

fn one_digit(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::original;

    #[test]
    fn what_is_read_from_csv_is_written_to_csv() {
        let path = original::tests::file();
        let categories = original::read(&path).expect("it is there");
        let text = String::from_utf8(csv(&categories).expect("to memory")).expect("text");
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let columns = lines.headers().expect("it has some").clone();
        let at = |name: &str| columns.iter().position(|column| column == name).expect(name);
        let records: Vec<csv::StringRecord> = lines.records().map(|record| record.expect("as many fields")).collect();
        assert_eq!(records.len(), 116);
        let theirs = csv::Reader::from_path(&path).expect("it is there").headers().expect("it has some").clone();
        assert!(theirs.iter().all(|it| columns.iter().any(|ours| ours == it)), "who reads theirs can read ours");
        let fields = [
            "category",
            "additional_load_per_s",
            "timeouts",
            "latency_in_page",
            "median_latency_ms",
            "mean_db_mem_mib",
        ];
        let found = fields.map(|name| records[0][at(name)].to_owned());
        assert_eq!(found, ["2019: Clojure", "0", "", "0", "368", "31.63"]);
    }

    #[test]
    fn a_summary_tells_how_far_a_category_is_from_the_originals() {
        let path = original::tests::file();
        let mut categories = original::read(&path).expect("it is there");
        let mut ours = categories[0].clone();
        ours.polled = false;
        ours.breaking.loads_per_s = vec![2_900.0, 1_900.0, 5_800.0];
        categories.push(ours);
        let summaries = summaries(&categories);
        assert_eq!((summaries[0].to_original.as_str(), summaries[0].breaking.as_str()), ("", "290"));
        assert_eq!(summaries[4].breaking, "2900 (1900 to 5800)");
        assert_eq!(summaries[4].to_original, "10.0 to 15.3 times");
        assert_eq!(summaries[0].idle, [String::new(), "368.0 / ?".to_owned()]);
    }
}
