//! What is shown: the original's thirteen charts and more. No I/O, and no word of how they are drawn.

use std::collections::BTreeSet;

use super::figures::{Category, HOPS, Latency, Mean, Part, Point};
use crate::browser::SENT_SHARE_MIN;

/// More have no room for their loads below them.
const HOPS_BARS_MAX: usize = 10;

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Name of its file, without the ending.
    pub id: String,
    /// Above it.
    pub title: String,
    /// What is on the upright axis, with the unit.
    pub of: &'static str,
    /// What is drawn.
    pub shape: Shape,
}

/// The form of a chart.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line per category over the load.
    Lines(Vec<Line>),
    /// Bars beside each other, each of layers; the layers' names, from below, and what says their colour.
    Bars(Vec<(&'static str, usize)>, Vec<Bar>),
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is a line of.
    pub name: String,
    /// Which of the report's categories it belongs to; says its colour.
    pub category: usize,
    /// Load and value, by load.
    pub points: Vec<(f64, Mean)>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is written under it.
    pub name: String,
    /// Which of the report's categories it belongs to; says its colour where it has one layer.
    pub category: usize,
    /// Heights of its layers, from below.
    pub layers: Vec<f64>,
}

/// All charts that have something to show: the original's thirteen first, in their order.
#[must_use]
pub fn charts(categories: &[Category]) -> Vec<Chart> {
    let latency = |of: fn(&Latency) -> Option<Mean>| move |point: &Point| point.best().and_then(of);
    let mut charts = vec![
        lines(categories, "latency-average", "Average latency", "ms", latency(|it| Some(it.mean_ms))),
        lines(categories, "latency-max", "Longest latency", "ms", latency(|it| exactly(it.max_ms))),
        lines(categories, "latency-min", "Shortest latency", "ms", latency(|it| exactly(it.min_ms))),
        lines(categories, "heartbeats", "Heartbeats sent", "a second", |point| point.heartbeats_per_s),
    ];
    for part in [Part::Database, Part::Handler, Part::Broker, Part::Endpoint] {
        charts.extend(part_charts(categories, part));
    }
    #[allow(clippy::cast_precision_loss)] // how many rows there are
    let data_points = |point: &Point| exactly(point.data_points as f64);
    charts.push(lines(categories, "data-points", "Data points", "interactions", data_points));

    charts.push(lines(categories, "latency-p50", "Median latency", "ms", latency(|it| exactly(it.p50_ms))));
    charts.push(lines(
        categories,
        "latency-p95",
        "95 of 100 interactions within",
        "ms",
        latency(|it| exactly(it.p95_ms)),
    ));
    charts.push(lines(
        categories,
        "latency-p99",
        "99 of 100 interactions within",
        "ms",
        latency(|it| it.p99_ms.and_then(exactly)),
    ));
    charts.push(lines(
        categories,
        "latency-polled",
        "Average latency, looking at the page every 50 ms",
        "ms",
        |point| point.polled.map(|it| it.mean_ms),
    ));
    #[allow(clippy::cast_precision_loss)] // how many rows there are
    let timeouts = |point: &Point| point.timeouts.and_then(|timeouts| exactly(timeouts as f64));
    charts.push(lines(categories, "timeouts", "Time-outs", "interactions", timeouts));
    for part in [Part::Registry, Part::Generator, Part::Pages] {
        charts.extend(part_charts(categories, part));
    }
    charts.push(breaking(categories));
    let mut ids = BTreeSet::new();
    charts.extend(categories.iter().enumerate().map(|(index, category)| {
        let chart = hops(index, category);
        // C and C++ have the same letters.
        let id = if ids.insert(chart.id.clone()) { chart.id } else { format!("{}-{}", chart.id, index + 1) };
        Chart { id, ..chart }
    }));
    charts.retain(|chart| match &chart.shape {
        Shape::Lines(lines) => !lines.is_empty(),
        Shape::Bars(_, bars) => !bars.is_empty(),
    });
    charts
}

fn part_charts(categories: &[Category], part: Part) -> [Chart; 2] {
    let used = move |point: &Point| point.parts.get(&part).copied();
    let name = part.name();
    let (cpu, memory) = (format!("{name}-cpu"), format!("{name}-memory"));
    let cpu_title = format!("Processor time of the {name}");
    let memory_title = format!("Memory of the {name}");
    [
        lines(categories, &cpu, &cpu_title, "% of all cores", move |point| used(point)?.cpu_percent),
        lines(categories, &memory, &memory_title, "MiB", move |point| used(point)?.memory_mib),
    ]
}

#[allow(clippy::unnecessary_wraps)] // as the other values of points are
const fn exactly(value: f64) -> Option<Mean> {
    Some(Mean { mean: value, stderr: None })
}

fn lines(
    categories: &[Category],
    id: &str,
    title: &str,
    of: &'static str,
    value: impl Fn(&Point) -> Option<Mean>,
) -> Chart {
    let line = |(index, category): (usize, &Category)| {
        let points: Vec<_> =
            category.points.iter().filter_map(|point| Some((point.load_per_s, value(point)?))).collect();
        (!points.is_empty()).then(|| Line { name: category.name.clone(), category: index, points })
    };
    let shape = Shape::Lines(categories.iter().enumerate().filter_map(line).collect());
    Chart { id: id.to_owned(), title: title.to_owned(), of, shape }
}

fn breaking(categories: &[Category]) -> Chart {
    let bar = |(index, category): (usize, &Category)| {
        let name = if category.breaking.broke { category.name.clone() } else { format!("{} (held)", category.name) };
        Some(Bar { name, category: index, layers: vec![category.breaking.median()?] })
    };
    let bars = categories.iter().enumerate().filter_map(bar).collect();
    Chart {
        id: "breaking".to_owned(),
        title: "Highest load that was held".to_owned(),
        of: "messages a second",
        shape: Shape::Bars(vec![("highest load", 0)], bars),
    }
}

/// Up to the highest load that was held: beside what takes seconds nothing else can be seen.
fn hops(index: usize, category: &Category) -> Chart {
    let held = category.breaking.median().unwrap_or(f64::INFINITY) / SENT_SHARE_MIN;
    let mut points: Vec<&Point> = category.points.iter().filter(|point| !point.hops_ms.is_empty()).collect();
    let count = points.iter().filter(|point| point.load_per_s <= held).count();
    points.truncate(count.max(1));
    let is_known = |hop: &str| points.iter().any(|point| point.hops_ms.iter().any(|(known, _)| *known == hop));
    let layers: Vec<_> =
        HOPS.into_iter().enumerate().filter(|(_, hop)| is_known(hop)).map(|(colour, hop)| (hop, colour)).collect();
    let height = |point: &Point, hop: &str| {
        let known = point.hops_ms.iter().find(|(known, _)| *known == hop);
        known.map_or(0.0, |(_, ms)| ms.max(0.0))
    };
    let every = points.len().div_ceil(HOPS_BARS_MAX).max(1);
    let skipped = points.len().saturating_sub(1) % every;
    let bars = points
        .into_iter()
        .skip(skipped)
        .step_by(every)
        .map(|point| Bar {
            name: super::scale::written(point.load_per_s.round()),
            category: index,
            layers: layers.iter().map(|(hop, _)| height(point, hop)).collect(),
        })
        .collect();
    Chart {
        id: format!("hops-{}", slug(&category.name)),
        title: format!("The way of a transfer, hop by hop: {}", category.name),
        of: "ms, medians, by messages a second",
        shape: Shape::Bars(layers.clone(), bars),
    }
}

/// A name as part of a file's name.
fn slug(name: &str) -> String {
    let words = name.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::original;
    use crate::report::runs::tests::run_of;

    #[test]
    fn categories_of_the_same_letters_have_charts_of_their_own() {
        let mut run = run_of("c", 1, &[(10.0, &[9.0, 9.0])], 10.0);
        for row in &mut run.interactions {
            row.hops_ms = HOPS.into_iter().map(|hop| (hop.to_owned(), 1.0)).collect();
        }
        let categories = ["C", "C++", "C#"].map(|name| Category::of(name, std::slice::from_ref(&run)));
        let ids: Vec<_> = charts(&categories).into_iter().map(|chart| chart.id).collect();
        assert_eq!(ids[ids.len() - 3..], ["hops-c", "hops-c-2", "hops-c-3"]);
    }

    #[test]
    fn the_way_of_a_transfer_is_shown_for_loads_that_were_held_the_highest_last() {
        let loads: Vec<(f64, &[f64])> = (1_u32..=20).map(|load| (f64::from(load), &[9.0, 9.0][..])).collect();
        let mut run = run_of("ours", 1, &loads, 18.8);
        for row in &mut run.interactions {
            row.hops_ms = HOPS.into_iter().map(|hop| (hop.to_owned(), row.load_per_s)).collect();
        }
        let shown = |run: &crate::report::runs::Run| {
            let Shape::Bars(_, bars) = hops(0, &Category::of("ours", std::slice::from_ref(run))).shape else {
                panic!("bars")
            };
            bars.into_iter().map(|bar| bar.name).collect::<Vec<_>>()
        };
        assert_eq!(shown(&run), ["2", "4", "6", "8", "10", "12", "14", "16", "18", "20"], "20 asked for are 18.8 sent");
        run.end.highest_load_per_s = 4.9;
        assert_eq!(shown(&run), ["1", "2", "3", "4", "5"]);
        run.end.highest_load_per_s = 0.0;
        assert_eq!(shown(&run), ["1"], "none was held");
    }

    #[test]
    fn a_way_of_which_some_hops_are_not_known_is_shown_by_the_others() {
        let mut run = run_of("python", 1, &[(10.0, &[9.0, 9.0, 9.0])], 10.0);
        let way = [("published", 5.0), ("projected", 7.0), ("answered", 7.5), ("shown", 9.0)];
        for row in &mut run.interactions {
            row.hops_ms = way.map(|(hop, ms)| (hop.to_owned(), ms)).into();
        }
        // One that lacks a hop that the others know, and one that knows more, tell nothing of the others.
        run.interactions[1].hops_ms.insert("decided".to_owned(), 3.0);
        run.interactions[2].hops_ms.remove("projected");
        let Shape::Bars(layers, bars) = hops(0, &Category::of("python", std::slice::from_ref(&run))).shape else {
            panic!("bars")
        };
        assert_eq!(
            layers,
            [("published", 3), ("projected", 4), ("shown", 6)],
            "in the colours that they have elsewhere"
        );
        assert_eq!(bars[0].layers, [5.0, 2.0, 2.0]);
    }

    #[test]
    fn the_originals_figures_give_its_charts() {
        let path = original::tests::file();
        let categories = original::read(&path).expect("it is there");
        let charts = charts(&categories);
        let ids: Vec<&str> = charts.iter().map(|chart| chart.id.as_str()).collect();
        // Its heartbeats were not kept.
        let expected = [
            "latency-average",
            "latency-max",
            "latency-min",
            "database-cpu",
            "database-memory",
            "handler-cpu",
            "handler-memory",
            "broker-cpu",
            "broker-memory",
            "endpoint-cpu",
            "endpoint-memory",
            "data-points",
            "latency-p50",
            "latency-p95",
            "latency-polled",
            "breaking",
        ];
        assert_eq!(ids, expected);
        let Shape::Lines(lines) = &charts[0].shape else { panic!("lines") };
        let (load, mean) = lines[2].points[22];
        assert_eq!((lines.len(), load, mean.mean, mean.stderr), (4, 220.0, 2_424.4, Some(169.4)));
    }

    #[test]
    fn a_name_becomes_part_of_a_files_name() {
        assert_eq!(slug("2019: Rust (native client)"), "2019-rust-native-client");
    }
}
