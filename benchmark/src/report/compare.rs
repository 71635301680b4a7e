//! Two implementations against each other: ratios, and how sure they are.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use service_kit::settings::LogSettings;

use super::figures::load_key;
use super::runs::Run;
use crate::browser::quantile;
use crate::browser::rows::{Header, varying};
use crate::error::BenchmarkError;
use crate::output;

/// Settings of `benchmark compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareSettings {
    /// Result files of one implementation
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub first: Vec<PathBuf>,
    /// Result files of the other one
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub second: Vec<PathBuf>,
    /// How often the runs are drawn anew, for the confidence intervals
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub resamples: u32,
    /// What they are drawn from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Also write the JSON to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Logs
    #[command(flatten)]
    pub log: LogSettings,
}

/// How two implementations compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Their names.
    pub names: [String; 2],
    /// How many runs each has.
    pub runs: [usize; 2],
    /// Figure by figure.
    pub ratios: Vec<Ratio>,
    /// What was not the same in all runs, such as the commit and the day.
    pub varying: Vec<String>,
    /// Why the highest loads are not among them, where they are not.
    pub no_highest_load: Option<String>,
}

/// A figure of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// What it is a figure of, with its unit.
    pub figure: String,
    /// Of the first and of the second.
    pub values: [f64; 2],
    /// The second in relation to the first.
    #[serde(rename = "ratio")]
    pub second_to_first: f64,
    /// In 95 of 100 draws of the runs the ratio is between these.
    pub interval: [f64; 2],
}

/// What is compared of a run.
#[derive(Debug, Clone)]
struct Figures {
    /// Latencies at a load that both have.
    at_load: Vec<Vec<f64>>,
    highest_load: f64,
}

/// A figure's name, and how it is found.
type Figure = (String, Box<dyn Fn(&[Figures]) -> f64>);

/// Compares, prints, and writes where that is wanted.
///
/// # Errors
/// When a file cannot be read or written, or the runs have no load in common.
pub fn run(settings: &CompareSettings) -> Result<(), BenchmarkError> {
    let read = |files: &[PathBuf]| files.iter().map(|file| Run::read(file)).collect::<Result<Vec<_>, _>>();
    let runs = [read(&settings.first)?, read(&settings.second)?];
    differing(&runs)?;
    let found = compare(&runs, settings.resamples, settings.seed).ok_or_else(|| {
        BenchmarkError::Settings("the runs have no load in common: measure both by the same protocol".to_owned())
    })?;
    output::give(&found, settings.json, settings.out.as_deref())
}

/// Refuses runs by different protocols; what else differs is told.
fn differing(runs: &[Vec<Run>; 2]) -> Result<(), BenchmarkError> {
    let first = &runs[0][0].header;
    for Run { header, .. } in runs.iter().flatten() {
        let differs = header.differs_from(first);
        let Header { category, loop_number, protocol, .. } = header;
        if *protocol != first.protocol {
            return Err(BenchmarkError::Settings(format!(
                "run {loop_number} of {category} is by the {protocol} protocol, the first by the {} one: measure all by the same",
                first.protocol
            )));
        }
        if !differs.is_empty() {
            tracing::warn!(category, loop_number, ?differs, "was measured in another way than the first");
        }
    }
    Ok(())
}

/// Compares runs; `None` where no load is in all of them.
#[must_use]
pub fn compare(runs: &[Vec<Run>; 2], times: u32, seed: u64) -> Option<Comparison> {
    let loads = common_loads(runs);
    // The least load tells what an idle bank takes, the highest what a busy one does.
    let mut shown = vec![*loads.first()?];
    shown.extend(loads.last().filter(|last| loads.first() != Some(last)));
    let figures = runs.each_ref().map(|runs| runs.iter().map(|run| figures(run, &shown)).collect::<Vec<_>>());

    let mut compared: Vec<Figure> = Vec::new();
    for (index, load) in shown.iter().enumerate() {
        for (name, share) in [("median", 0.5), ("p99", 0.99)] {
            let of = move |runs: &[Figures]| {
                let pooled: Vec<f64> = runs.iter().flat_map(|run| &run.at_load[index]).copied().collect();
                quantile(&pooled, share).unwrap_or(f64::NAN)
            };
            compared.push((format!("latency at {load:.0}/s, {name}, ms"), Box::new(of)));
        }
    }
    let no_highest_load = runs.iter().flatten().find_map(no_breaking_load);
    if no_highest_load.is_none() {
        let of = |runs: &[Figures]| {
            let loads: Vec<f64> = runs.iter().map(|run| run.highest_load).collect();
            quantile(&loads, 0.5).unwrap_or(f64::NAN)
        };
        compared.push(("highest load held, messages/s".to_owned(), Box::new(of)));
    }

    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Of each draw only its ratios are kept: a million draws of the runs themselves would be gigabytes.
    let mut drawn = vec![Vec::new(); compared.len()];
    for _ in 0..times {
        let [first, second] = figures.each_ref().map(|runs| resample(runs, &mut random));
        for ((_, of), ratios) in compared.iter().zip(&mut drawn) {
            ratios.push(of(&second) / of(&first));
        }
    }
    let ratio = |((figure, of), ratios): (Figure, Vec<f64>)| {
        let values = figures.each_ref().map(|runs| of(runs));
        let bound = |share| quantile(&ratios, share).unwrap_or(f64::NAN);
        Ratio { figure, values, second_to_first: values[1] / values[0], interval: [bound(0.025), bound(0.975)] }
    };
    let ratios = compared.into_iter().zip(drawn).map(ratio).collect();
    let names = runs.each_ref().map(|runs| runs[0].header.category.clone());
    let headers: Vec<&Header> = runs.iter().flatten().map(|run| &run.header).collect();
    let varying = varying(&headers);
    Some(Comparison { names, runs: runs.each_ref().map(Vec::len), ratios, varying, no_highest_load })
}

/// Why a run does not tell at which load its bank breaks.
fn no_breaking_load(run: &Run) -> Option<String> {
    let Header { category, loop_number, .. } = &run.header;
    let what = if run.end.reason.is_breaking() { "held no load" } else { "ended before the bank broke" };
    let says = run.end.reason.is_breaking() && run.highest_load_per_s() > 0.0;
    (!says).then(|| format!("run {loop_number} of {category} {what}"))
}

/// Loads that every run has, ascending.
fn common_loads(runs: &[Vec<Run>; 2]) -> Vec<f64> {
    let loads = |run: &Run| -> BTreeMap<u64, f64> {
        run.interactions.iter().map(|row| (load_key(row.load_per_s), row.load_per_s)).collect()
    };
    let mut of_runs = runs.iter().flatten().map(loads);
    let mut common = of_runs.next().unwrap_or_default();
    for of_run in of_runs {
        common.retain(|key, _| of_run.contains_key(key));
    }
    common.into_values().collect()
}

fn figures(run: &Run, loads: &[f64]) -> Figures {
    let at = |load: &f64| {
        let rows = run.interactions.iter().filter(|row| load_key(row.load_per_s) == load_key(*load));
        rows.map(|row| row.latency_ms).collect()
    };
    Figures { at_load: loads.iter().map(at).collect(), highest_load: run.highest_load_per_s() }
}

/// As many runs, drawn from these, and of each as many interactions, drawn from its own: what another day might have given.
fn resample(runs: &[Figures], draws: &mut ChaCha8Rng) -> Vec<Figures> {
    let mut of_runs = Vec::with_capacity(runs.len());
    for _ in runs {
        let run = &runs[draws.random_range(0..runs.len())];
        let at_load = run
            .at_load
            .iter()
            .map(|latencies| latencies.iter().map(|_| latencies[draws.random_range(0..latencies.len())]).collect());
        of_runs.push(Figures { at_load: at_load.collect(), highest_load: run.highest_load });
    }
    of_runs
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.names;
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        let ratio = format!("{second} / {first}");
        table.set_header(["figure", first, second, &ratio, "95 % interval"]);
        for Ratio { figure, values: [a, b], second_to_first, interval: [low, high] } in &self.ratios {
            let row = [figure.clone(), format!("{a:.1}"), format!("{b:.1}"), format!("{second_to_first:.2}")];
            table.add_row(row.into_iter().chain([format!("{low:.2} to {high:.2}")]));
        }
        let [of_first, of_second] = self.runs;
        write!(f, "{table}\n{of_first} and {of_second} runs")?;
        if let Some(why) = &self.no_highest_load {
            write!(f, "; the loads that they broke at are not compared: {why}")?;
        }
        if self.runs.iter().any(|runs| *runs < 3) {
            write!(f, "; with fewer than three of each the intervals say little")?;
        }
        if !self.varying.is_empty() {
            write!(f, "\nnot the same in all runs: {}", self.varying.join("; "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::rows::Reason;
    use crate::report::runs::tests::run_of;

    #[test]
    fn twice_as_slow_is_a_ratio_of_two_and_surely_above_one() {
        let latencies = |factor: f64| (1..=200).map(|it| factor * (10.0 + f64::from(it % 20))).collect::<Vec<_>>();
        let runs = [
            (1..=3)
                .map(|number| run_of("quick", number, &[(10.0, &latencies(1.0)), (20.0, &latencies(3.0))], 900.0))
                .collect(),
            (1..=3).map(|number| run_of("slow", number, &[(10.0, &latencies(2.0)), (30.0, &[1.0])], 300.0)).collect(),
        ];
        let found = compare(&runs, 500, 7).expect("10/s is in both");
        let named = |text: &str| found.ratios.iter().find(|ratio| ratio.figure.contains(text)).expect(text);
        let median = named("median");
        assert_eq!((median.second_to_first, found.ratios.len()), (2.0, 3));
        assert!(median.interval[0] > 1.5 && median.interval[1] < 2.5, "{median:?}");
        assert!((named("highest load").second_to_first - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(found, compare(&runs, 500, 7).expect("the same"), "the same seed draws the same");
    }

    #[test]
    fn an_interval_is_as_wide_as_interactions_and_runs_differ() {
        let latencies = |shift: f64| (1..=40).map(|it| shift + f64::from(it % 20)).collect::<Vec<_>>();
        let runs = |shifts: [f64; 3]| {
            let run = |(shift, number): (f64, u32)| run_of("a", number, &[(10.0, &latencies(shift))], 100.0);
            shifts.into_iter().zip(1..).map(run).collect::<Vec<_>>()
        };
        let width = |second: [f64; 3]| {
            let found = compare(&[runs([20.0; 3]), runs(second)], 500, 3).expect("all have it");
            let [low, high] = found.ratios[0].interval;
            high - low
        };
        let (alike, apart) = (width([20.0; 3]), width([20.0, 60.0, 100.0]));
        assert!(alike > 0.0, "interactions are drawn");
        assert!(apart > 1.0 && apart > 5.0 * alike, "runs are drawn: {apart}, {alike}");
    }

    #[test]
    fn runs_by_another_protocol_are_refused() {
        let run = |number| run_of("a", number, &[(10.0, &[1.0])], 100.0);
        let mut other = run(2);
        other.header.protocol = crate::browser::Protocol::Original;
        assert!(differing(&[vec![run(1)], vec![run(2)]]).is_ok());
        let error = differing(&[vec![run(1)], vec![other]]).expect_err("is refused").to_string();
        assert!(error.contains("run 2 of a is by the original protocol"), "{error}");
    }

    #[test]
    fn what_was_not_the_same_in_all_runs_is_told() {
        let mut runs = ["a", "b"].map(|name| vec![run_of(name, 1, &[(10.0, &[1.0])], 100.0)]);
        let told = |runs: &[Vec<Run>; 2]| compare(runs, 100, 1).expect("10/s is in all").varying;
        assert_eq!(told(&runs), [""; 0]);
        let header = &mut runs[1][0].header;
        (header.commit, header.date) = ("1111111".to_owned(), "2026-11-23T00:00:00Z".to_owned());
        header.versions.insert("kafka".to_owned(), "4.2.0".to_owned());
        let expected = ["commit 0000000, 1111111", "day 2026-11-22, 2026-11-23", "kafka 4.2.0, not told"];
        assert_eq!(told(&runs), expected);
    }

    #[test]
    fn a_run_that_did_not_break_says_nothing_of_the_highest_load() {
        let runs = |reason, highest| {
            let mut ended = run_of("a", 2, &[(10.0, &[1.0, 2.0])], highest);
            ended.end.reason = reason;
            [vec![run_of("a", 1, &[(10.0, &[1.0, 2.0])], 100.0), ended], vec![run_of("b", 1, &[(10.0, &[1.0])], 100.0)]]
        };
        let rows = [
            (Reason::NotHeld, 100.0, None),
            (Reason::TimeOuts, 100.0, None),
            (Reason::Finished, 100.0, Some("run 2 of a ended before the bank broke")),
            (Reason::Interrupted, 100.0, Some("run 2 of a ended before the bank broke")),
            (Reason::LoadNotReached, 100.0, Some("run 2 of a ended before the bank broke")),
            (Reason::NotHeld, 0.0, Some("run 2 of a held no load")),
        ];
        for (reason, highest, expected) in rows {
            let found = compare(&runs(reason, highest), 100, 1).expect("10/s is in all");
            assert_eq!(found.no_highest_load.as_deref(), expected);
            assert_eq!(found.ratios.len(), if expected.is_some() { 2 } else { 3 });
        }
    }

    #[test]
    fn the_same_is_not_told_apart() {
        let latencies: Vec<f64> = (1..=100).map(|it| f64::from(it * 37 % 100)).collect();
        let runs = ["a", "b"].map(|name| {
            vec![run_of(name, 1, &[(0.0, &latencies)], 100.0), run_of(name, 2, &[(0.0, &latencies)], 100.0)]
        });
        let found = compare(&runs, 500, 1).expect("all have it");
        for ratio in &found.ratios {
            assert!(ratio.interval[0] <= 1.0 && ratio.interval[1] >= 1.0, "{ratio:?}");
        }
    }
}
