//! The bank around the pages: the pace of made-up customers, what each part uses, what waits, and the way of a transfer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service_kit::service::chain;

use super::config::BrowserSettings;
use super::log::Log;
use super::protocol::SENT_SHARE_MIN;
use super::rows::{PartSample, Sample};
use crate::bank::{Usage, memory_kib};
use crate::error::BenchmarkError;

const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a heartbeat may take until it first answers.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_ASKS: Duration = Duration::from_millis(200);

/// The pace of made-up customers.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Pace {
    /// Beats sent at once.
    pub batch_size: u32,
    /// Milliseconds between two batches.
    pub sleep_time_ms: u32,
    /// How many were sent since the heartbeat started.
    #[serde(default, skip_serializing)]
    pub beats: u64,
}

/// Who is asked what.
pub struct Bank {
    http: Client,
    pace_url: String,
    graphql_url: String,
    metrics_urls: Vec<(&'static str, String)>,
    log: Log,
    pid_dir: PathBuf,
    cores: usize,
    last: (Instant, Usage),
    /// When the heartbeat last answered a sample.
    beats_at: Option<Instant>,
    /// Beats and commands then.
    made: Option<(u64, u64)>,
}

impl Bank {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// When the system gives no sockets.
    pub fn new(settings: &BrowserSettings, cores: usize) -> Result<Self, BenchmarkError> {
        let http = Client::builder().timeout(TIMEOUT).build().map_err(BenchmarkError::Http)?;
        let pid_dir = settings.place.pid_dir();
        Ok(Self {
            http,
            pace_url: settings.pace_url(),
            graphql_url: settings.graphql_url(),
            metrics_urls: settings.metrics_urls(),
            log: Log::new(&settings.kafka, &settings.topics),
            last: (Instant::now(), Usage::now(&pid_dir)),
            beats_at: None,
            made: None,
            pid_dir,
            cores,
        })
    }

    /// The pace now.
    ///
    /// # Errors
    /// When the heartbeat does not answer.
    pub async fn pace(&self) -> Result<Pace, BenchmarkError> {
        let failed = |source| BenchmarkError::Pace { url: self.pace_url.clone(), source };
        let answer = self.http.get(&self.pace_url).send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(failed)?.json().await.map_err(failed)
    }

    /// Sets the pace.
    ///
    /// # Errors
    /// When the heartbeat does not answer or refuses.
    pub async fn set_pace(&self, pace: Pace) -> Result<(), BenchmarkError> {
        let answer = self.http.put(&self.pace_url).json(&pace).send().await;
        let failed = |source| BenchmarkError::Pace { url: self.pace_url.clone(), source };
        answer.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        Ok(())
    }

    /// The pace as it is, which is put back when the guard goes, once the heartbeat answers: somebody's own may need a while to start.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub async fn keep_pace(&self) -> Result<KeptPace<'_>, BenchmarkError> {
        let began = Instant::now();
        loop {
            match self.pace().await {
                Err(_) if began.elapsed() < PATIENCE => tokio::time::sleep(BETWEEN_ASKS).await,
                pace => return Ok(KeptPace { bank: self, pace: Some(pace?) }),
            }
        }
    }

    /// How many commands were ever written; `None` where Kafka does not answer.
    pub async fn commands(&self) -> Option<u64> {
        self.log.commands().await
    }

    /// What the bank has done since the sample before, as far as it says.
    pub async fn sample(&mut self) -> Sample {
        let heartbeats = self.pace().await.ok().map(|pace| pace.beats);
        let commands = self.commands().await;
        if let Some(now) = heartbeats.zip(commands)
            && let Some(before) = self.made.replace(now)
            && let Some((beats, commands)) = fewer_commands(before, now)
        {
            tracing::warn!(
                beats,
                commands,
                "the generator does not make a command of each beat: the load is less than it was to be"
            );
        }
        let before = heartbeats.and_then(|_| self.beats_at.replace(Instant::now()));
        let heartbeats_since_s = before.map(|before| before.elapsed().as_secs_f64());
        let mut lag = BTreeMap::new();
        for (part, url) in &self.metrics_urls {
            let told = told_lag(&self.http, part, url).await;
            let waiting = if told.is_some() { told } else { self.log.lag(part).await };
            lag.extend(waiting.map(|waiting| ((*part).to_owned(), waiting)));
        }
        let pid_dir = self.pid_dir.clone();
        let looked = tokio::task::spawn_blocking(move || (Instant::now(), Usage::now(&pid_dir), memory_kib(&pid_dir)));
        let sample = Sample { heartbeats, heartbeats_since_s, commands, lag, ..Sample::default() };
        let Ok((now, usage, memory_kib)) = looked.await else { return sample };
        let seconds = now.duration_since(self.last.0).as_secs_f64().max(0.001);
        #[allow(clippy::cast_precision_loss)] // a machine's cores
        let of_all = 100.0 / (seconds * self.cores.max(1) as f64);
        let parts = usage
            .costs_since(&self.last.1, 1, &memory_kib)
            .into_iter()
            .map(|(part, costs)| {
                (part, PartSample { cpu_percent: costs.cpu_s * of_all, memory_mib: costs.peak_memory_mib })
            })
            .collect();
        self.last = (now, usage);
        Sample { parts, ..sample }
    }

    /// Milliseconds from `clicked_at_ms` until the last record of each hop of a transaction, as far as the endpoint knows its way.
    pub async fn journey(&self, transaction_id: i64, clicked_at_ms: f64) -> BTreeMap<String, f64> {
        let query = format!("{{ journey(transaction_id: {transaction_id}) {{ hops {{ kind at_us }} }} }}");
        let answer = self.http.post(&self.graphql_url).json(&json!({ "query": query })).send().await;
        let answer: Value = match answer {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let mut hops = BTreeMap::new();
        for hop in answer["data"]["journey"]["hops"].as_array().into_iter().flatten() {
            let (Some(kind), Some(at_us)) = (hop["kind"].as_str(), hop["at_us"].as_f64()) else { continue };
            let since_click: &mut f64 = hops.entry(kind.to_lowercase()).or_insert(f64::MIN);
            *since_click = since_click.max(at_us / 1_000.0 - clicked_at_ms);
        }
        hops
    }
}

/// A pace that is put back, whatever becomes of the run: at its end by [`KeptPace::put_back`], else when this is dropped.
pub struct KeptPace<'a> {
    bank: &'a Bank,
    pace: Option<Pace>,
}

impl KeptPace<'_> {
    /// Puts it back.
    ///
    /// # Errors
    /// When the heartbeat does not answer or refuses.
    pub async fn put_back(mut self) -> Result<(), BenchmarkError> {
        match self.pace.take() {
            Some(pace) => self.bank.set_pace(pace).await,
            None => Ok(()),
        }
    }
}

impl Drop for KeptPace<'_> {
    fn drop(&mut self) {
        let Some(pace) = self.pace.take() else { return };
        // Nobody waits for a run that was dropped.
        let put_back = || tokio::runtime::Handle::current().block_on(self.bank.set_pace(pace));
        if let Err(error) = tokio::task::block_in_place(put_back) {
            tracing::warn!("made-up customers go on as in the run: {}", chain(&error));
        }
    }
}

/// The sum over the partitions of what a module says it has still to do; `None` of somebody's own that does not say it so.
async fn told_lag(http: &Client, part: &str, url: &str) -> Option<u64> {
    let text = http.get(url).send().await.ok()?.text().await.ok()?;
    sum_of(&text, &format!("{}_lag", part.replace('-', "_")))
}

/// Beats and commands between two looks, where the latter are too few; each look tells how many of both there ever were.
fn fewer_commands(before: (u64, u64), now: (u64, u64)) -> Option<(u64, u64)> {
    let (beats, commands) = (now.0.saturating_sub(before.0), now.1.saturating_sub(before.1));
    #[allow(clippy::cast_precision_loss)] // of some seconds
    let too_few = (commands as f64) < beats as f64 * SENT_SHARE_MIN;
    too_few.then_some((beats, commands))
}

/// The sum of a gauge's values in the text format of Prometheus; `None` where it is absent.
fn sum_of(text: &str, name: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let series = series.split('{').next()?;
        (series == name).then(|| value.parse::<f64>().ok())?
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts of records
    values.fold(None, |sum: Option<u64>, value| Some(sum.unwrap_or(0) + value.max(0.0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_that_falls_behind_is_noticed() {
        let rows =
            [((0, 0), None), ((100, 90), None), ((100, 89), Some((100, 89))), ((0, 20), None), ((5, 0), Some((5, 0)))];
        for ((beats, commands), expected) in rows {
            assert_eq!(
                fewer_commands((7, 1_000), (7 + beats, 1_000 + commands)),
                expected,
                "{beats} beats, {commands} commands"
            );
        }
    }

    #[test]
    fn a_lag_is_the_sum_over_the_partitions() {
        let text = "# TYPE x_lag gauge\nx_lag{partition=\"0\"} 3\nx_lag{partition=\"1\"} 4\nx_lag_other 9\ny_lag 5\n";
        let sums = ["x_lag", "y_lag", "z_lag"].map(|name| sum_of(text, name));
        assert_eq!(sums, [Some(7), Some(5), None]);
    }
}
