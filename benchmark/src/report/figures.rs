//! Figures per category and load, made of rows. No I/O.

use std::collections::BTreeMap;

use super::runs::Run;
use crate::browser::rows::{Header, InteractionRow, Sample};
use crate::browser::{Protocol, quantile};

/// What is compared.
#[derive(Debug, Clone)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// By load, ascending.
    pub points: Vec<Point>,
    /// Whether it was measured by looking at the page every 50 ms alone, as the original did.
    pub polled: bool,
    /// The load that it broke at.
    pub breaking: Breaking,
    /// Of its runs; none of the original's.
    pub headers: Vec<Header>,
}

/// All interactions of a category at one load.
#[derive(Debug, Clone)]
pub struct Point {
    /// Made-up customers' messages a second.
    pub load_per_s: f64,
    /// How many interactions.
    pub data_points: usize,
    /// Of them timed out, where that was written down.
    pub timeouts: Option<usize>,
    /// Latency inside the page.
    pub latency: Option<Latency>,
    /// Latency by looking every 50 ms.
    pub polled: Option<Latency>,
    /// Beats that the heartbeat sent.
    pub heartbeats_per_s: Option<Mean>,
    /// What the parts used.
    pub parts: BTreeMap<Part, Use>,
    /// The median time that an interaction's way took to each hop that is known, from the known one before it, in their order.
    pub hops_ms: Vec<(&'static str, f64)>,
}

/// A mean, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its standard error, where there are at least two values.
    pub stderr: Option<f64>,
}

/// Latencies, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// The mean.
    pub mean_ms: Mean,
    /// The least.
    pub min_ms: f64,
    /// The median.
    pub p50_ms: f64,
    /// All but one in ten; the original's figures lack it.
    pub p90_ms: Option<f64>,
    /// All but one in twenty.
    pub p95_ms: f64,
    /// All but one in a hundred; the original's figures lack it.
    pub p99_ms: Option<f64>,
    /// The most.
    pub max_ms: f64,
}

/// Parts of a bank that can be compared between implementations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Postgres.
    Database,
    /// What decides.
    Handler,
    /// Kafka, all brokers together.
    Broker,
    /// What serves GraphQL.
    Endpoint,
    /// The registry.
    Registry,
    /// What makes commands of beats.
    Generator,
    /// nginx.
    Pages,
}

/// What a part used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// Of all cores, in percent.
    pub cpu_percent: Option<Mean>,
    /// Memory, in MiB.
    pub memory_mib: Option<Mean>,
}

/// The loads that the runs of a category broke at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Breaking {
    /// The highest load that held, per run.
    pub loads_per_s: Vec<f64>,
    /// Whether all of them broke; otherwise they are loads that were still held when a run ended.
    pub broke: bool,
}

/// The way of a transfer, from the click to the amount in the page.
pub const HOPS: [&str; 7] = ["requested", "produced", "decided", "published", "projected", "delivered", "shown"];

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Database, Self::Handler, Self::Broker, Self::Endpoint, Self::Registry, Self::Generator, Self::Pages];

    /// Its name in charts and columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Handler => "handler",
            Self::Broker => "broker",
            Self::Endpoint => "endpoint",
            Self::Registry => "registry",
            Self::Generator => "generator",
            Self::Pages => "pages",
        }
    }

    /// The part that a process of the bank belongs to.
    fn of(process: &str) -> Option<Self> {
        Some(match process {
            "postgres" => Self::Database,
            "command-handler" => Self::Handler,
            "graphql-endpoint" => Self::Endpoint,
            "registry" => Self::Registry,
            "command-generator" => Self::Generator,
            "pages" => Self::Pages,
            broker if broker.starts_with("kafka-") => Self::Broker,
            _ => return None,
        })
    }
}

impl Mean {
    /// Of values; `None` where there are none.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // how many rows there are
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        if values.is_empty() {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let stderr = (values.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt());
        Some(Self { mean, stderr })
    }
}

impl Latency {
    /// Of latencies in milliseconds; `None` where there are none.
    #[must_use]
    pub fn of(latencies_ms: &[f64]) -> Option<Self> {
        let at = |of| quantile(latencies_ms, of);
        Some(Self {
            mean_ms: Mean::of(latencies_ms)?,
            min_ms: at(0.0)?,
            p50_ms: at(0.5)?,
            p90_ms: at(0.9),
            p95_ms: at(0.95)?,
            p99_ms: at(0.99),
            max_ms: at(1.0)?,
        })
    }
}

impl Breaking {
    /// The middle one.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        quantile(&self.loads_per_s, 0.5)
    }

    /// The lowest and the highest.
    #[must_use]
    pub fn range(&self) -> Option<[f64; 2]> {
        Some([quantile(&self.loads_per_s, 0.0)?, quantile(&self.loads_per_s, 1.0)?])
    }
}

impl Category {
    /// The figures of runs.
    #[must_use]
    pub fn of(name: &str, runs: &[Run]) -> Self {
        for run in runs.iter().skip(1) {
            let differs = run.header.differs_from(&runs[0].header);
            if !differs.is_empty() {
                let loop_number = run.header.loop_number;
                tracing::warn!(
                    category = name,
                    loop_number,
                    ?differs,
                    "was measured in another way than the first of its category"
                );
            }
        }
        let loads: BTreeMap<u64, f64> = runs
            .iter()
            .flat_map(|run| &run.interactions)
            .map(|row| (load_key(row.load_per_s), row.load_per_s))
            .collect();
        let mut heartbeats = BTreeMap::new();
        for run in runs {
            heartbeats_per_s(&run.interactions, &mut heartbeats);
        }
        let points = loads
            .into_iter()
            .map(|(key, load_per_s)| {
                let rows = runs.iter().flat_map(|run| &run.interactions);
                let rows: Vec<&InteractionRow> = rows.filter(|row| load_key(row.load_per_s) == key).collect();
                point(load_per_s, &rows, heartbeats.get(&key).map_or(&[], Vec::as_slice))
            })
            .collect();
        let breaking = Breaking {
            loads_per_s: runs.iter().map(Run::highest_load_per_s).collect(),
            broke: runs.iter().all(|run| run.end.reason.is_breaking()),
        };
        let headers = runs.iter().map(|run| run.header.clone()).collect();
        Self { name: name.to_owned(), points, polled: false, breaking, headers }
    }

    /// How the load rose, where all runs agree.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        let first = self.headers.first()?.protocol;
        self.headers.iter().all(|header| header.protocol == first).then_some(first)
    }

    /// Its figures at the least load.
    #[must_use]
    pub fn idle(&self) -> Option<&Point> {
        self.points.first()
    }
}

impl Point {
    /// Latency inside the page, or where there is none, by looking every 50 ms.
    #[must_use]
    pub fn best(&self) -> Option<&Latency> {
        self.latency.as_ref().or(self.polled.as_ref())
    }
}

/// Loads are the same up to a tenth of a message a second.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // what the contract lets a heartbeat send
pub(super) fn load_key(load_per_s: f64) -> u64 {
    (load_per_s * 10.0).round() as u64
}

fn point(load_per_s: f64, rows: &[&InteractionRow], heartbeats_per_s: &[f64]) -> Point {
    let latencies: Vec<f64> = rows.iter().map(|row| row.latency_ms).collect();
    let polled: Vec<f64> = rows.iter().filter_map(|row| row.polled_ms).collect();
    let samples: Vec<&Sample> = rows.iter().filter_map(|row| row.sample.as_ref()).collect();
    Point {
        load_per_s,
        data_points: rows.len(),
        timeouts: Some(rows.iter().filter(|row| row.timed_out).count()),
        latency: Latency::of(&latencies),
        polled: Latency::of(&polled),
        heartbeats_per_s: Mean::of(heartbeats_per_s),
        parts: Part::ALL.into_iter().filter_map(|part| Some((part, used(part, &samples)?))).collect(),
        hops_ms: hops(rows),
    }
}

/// The part's processes of each sample together; `None` where no sample has any.
fn used(part: Part, samples: &[&Sample]) -> Option<Use> {
    let (mut cpu_percent, mut memory_mib) = (Vec::new(), Vec::new());
    for sample in samples {
        let processes = sample.parts.iter().filter(|(process, _)| Part::of(process) == Some(part));
        let used: Vec<_> = processes.map(|(_, used)| used).collect();
        if !used.is_empty() {
            cpu_percent.push(used.iter().map(|used| used.cpu_percent).sum());
            memory_mib.extend(used.iter().map(|used| used.memory_mib).sum::<Option<f64>>());
        }
    }
    Some(Use { cpu_percent: Some(Mean::of(&cpu_percent)?), memory_mib: Mean::of(&memory_mib) })
}

/// Adds, by load, what the heartbeat sent from each sample to the next where the load stayed as it was.
fn heartbeats_per_s(rows: &[InteractionRow], by_load: &mut BTreeMap<u64, Vec<f64>>) {
    let sampled: Vec<_> = rows.iter().filter_map(|row| Some((row, row.sample.as_ref()?.heartbeats?))).collect();
    for pair in sampled.windows(2) {
        let [(before, beats_before), (after, beats)] = pair else { continue };
        // Older files say only when was clicked, which may be long before the heartbeat was asked.
        let since_s = after.sample.as_ref().and_then(|sample| sample.heartbeats_since_s);
        let seconds = since_s.unwrap_or(after.time_s - before.time_s);
        let key = load_key(after.load_per_s);
        if key == load_key(before.load_per_s) && seconds > 0.0 {
            #[allow(clippy::cast_precision_loss)] // beats between two samples
            by_load.entry(key).or_default().push(beats.saturating_sub(*beats_before) as f64 / seconds);
        }
    }
}

/// Medians of the time from hop to hop. An implementation that does not tell all has the hops that half of its interactions know; the time
/// to one that is not known is in that to the next. Interactions that lack one of these hops are left out.
fn hops(rows: &[&InteractionRow]) -> Vec<(&'static str, f64)> {
    let ways: Vec<_> = rows.iter().map(|row| &row.hops_ms).filter(|hops_ms| !hops_ms.is_empty()).collect();
    let is_known = |hop: &&str| ways.iter().filter(|way| way.contains_key(*hop)).count() * 2 >= ways.len();
    let known: Vec<&str> = HOPS.into_iter().filter(is_known).collect();
    let at = |way: &BTreeMap<String, f64>| known.iter().map(|hop| way.get(*hop).copied()).collect::<Option<Vec<f64>>>();
    let whole: Vec<Vec<f64>> = ways.into_iter().filter_map(at).collect();
    let step = |at: &[f64], index: usize| at[index] - index.checked_sub(1).map_or(0.0, |before| at[before]);
    let median = |(index, hop): (usize, &&'static str)| {
        let steps: Vec<f64> = whole.iter().map(|at| step(at, index)).collect();
        Some((*hop, quantile(&steps, 0.5)?))
    };
    known.iter().enumerate().filter_map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::rows::PartSample;

    fn row(interaction: u32, load_per_s: f64, latency_ms: f64, polled_ms: Option<f64>) -> InteractionRow {
        InteractionRow {
            interaction,
            time_s: f64::from(interaction),
            late_ms: None,
            load_per_s,
            what: "deposit".to_owned(),
            cents: 1_000,
            latency_ms,
            polled_ms,
            timed_out: latency_ms >= 5_000.0,
            hops_ms: BTreeMap::new(),
            sample: None,
        }
    }

    #[test]
    fn a_mean_has_the_standard_error_of_its_values() {
        // The sample's deviation is 2, by two values less than four squares: sqrt(20 / 3) / 2.
        let mean = Mean::of(&[1.0, 3.0, 5.0, 7.0]).expect("has values");
        assert!((mean.mean - 4.0).abs() < 1e-12);
        assert!((mean.stderr.expect("has some") - (20.0_f64 / 3.0).sqrt() / 2.0).abs() < 1e-12);
        assert_eq!((Mean::of(&[2.0]), Mean::of(&[])), (Some(Mean { mean: 2.0, stderr: None }), None));
    }

    #[test]
    fn a_time_out_counts_as_what_it_took_at_least() {
        let rows = [row(1, 0.0, 10.0, Some(60.0)), row(2, 0.0, 5_000.0, None)];
        let found = point(0.0, &rows.iter().collect::<Vec<_>>(), &[]);
        let latency = found.latency.expect("has some");
        assert_eq!((found.data_points, found.timeouts), (2, Some(1)));
        assert_eq!((latency.mean_ms.mean, latency.max_ms), (2_505.0, 5_000.0));
        assert_eq!(found.polled, Latency::of(&[60.0]), "one was looked at");
    }

    #[test]
    fn brokers_count_together_and_strangers_not_at_all() {
        let used = |cpu_percent, memory_mib| PartSample { cpu_percent, memory_mib: Some(memory_mib) };
        let sample = Sample {
            parts: [("kafka-1", used(1.0, 100.0)), ("kafka-2", used(2.0, 50.0)), ("log-keeper", used(9.0, 9.0))]
                .map(|(part, used)| (part.to_owned(), used))
                .into(),
            ..Sample::default()
        };
        let mut with = row(1, 0.0, 1.0, None);
        with.sample = Some(sample);
        let found = point(0.0, &[&with], &[]);
        assert_eq!(found.parts.keys().collect::<Vec<_>>(), [&Part::Broker]);
        let broker = found.parts[&Part::Broker];
        assert_eq!((broker.cpu_percent, broker.memory_mib), (Mean::of(&[3.0]), Mean::of(&[150.0])));
    }

    #[test]
    fn memory_that_could_not_be_seen_is_absent_and_not_zero() {
        let parts = [("kafka-1", Some(100.0)), ("kafka-2", None)]
            .map(|(part, memory_mib)| (part.to_owned(), PartSample { cpu_percent: 1.0, memory_mib }))
            .into();
        let found = used(Part::Broker, &[&Sample { parts, ..Sample::default() }]);
        assert_eq!(found, Some(Use { cpu_percent: Mean::of(&[2.0]), memory_mib: None }));
    }

    #[test]
    fn beats_are_counted_only_while_the_load_stays() {
        let sampled = |interaction, load, heartbeats| {
            let mut row = row(interaction, load, 1.0, None);
            row.sample = Some(Sample { heartbeats: Some(heartbeats), ..Sample::default() });
            row
        };
        let mut rows = [sampled(20, 10.0, 0), sampled(40, 10.0, 200), sampled(60, 20.0, 500), sampled(80, 20.0, 900)];
        let of = |rows: &[InteractionRow]| {
            let mut found = BTreeMap::new();
            heartbeats_per_s(rows, &mut found);
            found
        };
        assert_eq!(of(&rows), [(100, vec![10.0]), (200, vec![20.0])].into());
        rows[3].sample.as_mut().expect("has one").heartbeats_since_s = Some(25.0);
        assert_eq!(of(&rows)[&200], [16.0], "asked 25 s after the one before, though clicked 20 s after it");
    }

    #[test]
    fn the_way_of_a_transfer_is_told_hop_by_hop() {
        let mut whole = row(1, 0.0, 20.0, None);
        whole.hops_ms = HOPS
            .into_iter()
            .zip([3.0, 4.0, 9.0, 11.0, 14.0, 14.5, 18.0])
            .map(|(hop, at)| (hop.to_owned(), at))
            .collect();
        let mut part = row(2, 0.0, 20.0, None);
        part.hops_ms.insert("decided".to_owned(), 99.0);
        let found: Vec<f64> = hops(&[&whole, &part]).into_iter().map(|(_, ms)| ms).collect();
        assert_eq!(found, [3.0, 1.0, 5.0, 2.0, 3.0, 0.5, 3.5]);
    }
}
