//! A run: browser up, interactions at their times under rising load, rows down, and the pace put back.

use std::collections::BTreeMap;
use std::time::Duration;

use service_kit::postgres;
use tokio::time::{Instant, sleep, sleep_until};

use super::bank::{Bank, Pace};
use super::config::{BrowserSettings, RunSettings};
use super::driver::Browser;
use super::page::{Page, Seen};
use super::protocol::{
    BATCH_SIZE_MAX, Interaction, Protocol, TIMEOUTS_MAX, batch_size, geometric_batch_size, load_per_s,
    original_batch_size, quantile,
};
use super::recorder::{Draft, Recorder};
use super::rows::{End, FORM, Header, InteractionRow, Reason, Row, RowFile, Step, Steps};
use super::summary::Summary;
use crate::bank::Machine;
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Between two looks whether the last interactions of a step were answered.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Interactions between two samples of what the bank is doing.
const SAMPLE_EVERY: u32 = 20;

/// Drives a browser, writes the rows, and prints a summary.
///
/// # Errors
/// When bank or browser do not answer, the pages lack what the contract promises, or the file cannot be written.
pub async fn run(settings: &BrowserSettings, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
    let machine = Machine::now(&settings.place.scripts_dir);
    let bank = Bank::new(settings, machine.cores)?;
    let pace_before = bank.keep_pace().await?;
    let browser = Browser::start(&settings.addresses).await?;
    let out = settings.out(&machine.date);
    let cores = machine.cores;
    let header = header(settings, machine, browser.version()).await;
    let mut file = RowFile::create(&out)?;
    file.add(&Row::Header(header))?;
    let page = ready(settings, &browser, &bank, interrupt).await;
    // Not before: what the warm-up used is no part of the run.
    let recorder = Recorder::start(file, Bank::new(settings, cores)?);
    let ended = match page {
        Ok(page) => drive(&settings.run, page, &bank, &recorder, interrupt).await,
        Err(error) => Err(error),
    };
    browser.close().await;
    // Whatever becomes of the one, the other is done.
    let (calmed, written) = tokio::join!(pace_before.put_back(), recorder.finish());
    calmed?;
    written?;
    let summary = ended?;
    println!("{summary}\nrows: {}", out.display());
    interrupt.check()?;
    Ok(true)
}

/// The page of a client in a bank that is warm, where that is wanted, and that nobody else uses.
async fn ready<'a>(
    settings: &BrowserSettings,
    browser: &'a Browser,
    bank: &Bank,
    interrupt: &Interrupt,
) -> Result<Page<'a>, BenchmarkError> {
    let RunSettings { username, password, .. } = &settings.run;
    let log_in = async || Page::log_in(browser.client(), &settings.pages_url(), username, password).await;
    if settings.run.warm_up_seconds() > 0 {
        warm_up(&settings.run, bank, log_in().await?, interrupt).await?;
    }
    bank.set_pace(Pace { batch_size: 0, sleep_time_ms: settings.run.sleep_time_ms, beats: 0 }).await?;
    log_in().await
}

async fn drive(
    settings: &RunSettings,
    page: Page<'_>,
    bank: &Bank,
    recorder: &Recorder,
    interrupt: &Interrupt,
) -> Result<Summary, BenchmarkError> {
    let run = Run {
        settings,
        page,
        bank,
        recorder,
        interrupt,
        began: Instant::now(),
        open: BTreeMap::new(),
        timed_out: Vec::new(),
        timeouts: 0,
        number: 0,
        summary: Summary::new(settings),
    };
    match settings.protocol {
        Protocol::Original => run.original().await,
        Protocol::Geometric => run.geometric().await,
    }
}

/// Uses the bank for a while, one interaction after the other, so that the run does not measure how a broker starts.
async fn warm_up(run: &RunSettings, bank: &Bank, page: Page<'_>, interrupt: &Interrupt) -> Result<(), BenchmarkError> {
    let (seconds, load) = (run.warm_up_seconds(), run.warm_up_load);
    tracing::info!(seconds, load_per_s = load, "warming up");
    let batch_size = batch_size(f64::from(load), run.sleep_time_ms);
    bank.set_pace(Pace { batch_size, sleep_time_ms: run.sleep_time_ms, beats: 0 }).await?;
    let end = Instant::now() + Duration::from_secs(u64::from(seconds));
    let numbers = (1..).take_while(|_| Instant::now() < end && !interrupt.is_asked());
    for number in numbers {
        let interaction = Interaction::at(number);
        let Some(button) = page.prepare(interaction).await? else { continue };
        let newest = page.newest_box().await?;
        let began = Instant::now();
        page.click(number, interaction, &button).await?;
        page.poll(interaction, newest, began, began + Duration::from_millis(run.timeout_ms)).await?;
    }
    page.forget().await
}

async fn header(settings: &BrowserSettings, machine: Machine, browser_version: &str) -> Header {
    let run = &settings.run;
    let disk = settings.place.sync_times();
    let mut versions: BTreeMap<String, String> =
        [("benchmark", env!("CARGO_PKG_VERSION")), ("browser", browser_version)]
            .map(|(of, is)| (of.into(), is.into()))
            .into();
    versions.extend(settings.addresses.cluster_versions.iter().cloned());
    versions.extend(postgres_version(settings).await.map(|version| ("postgres".to_owned(), version)));
    Header {
        form: FORM,
        category: run.category.clone(),
        loop_number: run.loop_number,
        protocol: run.protocol,
        date: machine.date,
        commit: machine.commit,
        build: machine.build.to_owned(),
        machine: machine.model,
        cores: machine.cores,
        memory_mib: machine.memory_mib,
        load_average: machine.load,
        disk_sync_us: disk.map(|disk| [disk.p50_us, disk.p99_us]),
        versions,
        warm_up_s: run.warm_up_seconds(),
        warm_up_load_per_s: Some(run.warm_up_load),
        steps: (run.protocol == Protocol::Geometric).then_some(Steps {
            first_load_per_s: run.first_load,
            load_factor: run.load_factor,
            seconds: run.step_seconds,
            p99_max_ms: run.p99_max_ms,
        }),
        interval_ms: run.interval_ms(),
        timeout_ms: run.timeout_ms,
        sleep_time_ms: run.sleep_time_ms,
    }
}

/// Nothing where Postgres cannot be asked: another implementation may do without it.
async fn postgres_version(settings: &BrowserSettings) -> Option<String> {
    let (client, _) = postgres::connect(&settings.database, "postgres", "benchmark").await.ok()?;
    client.query_one("SHOW server_version", &[]).await.ok()?.try_get(0).ok()
}

/// How many beats and commands there ever were, as far as that is known.
struct Made {
    at: Instant,
    beats: Option<u64>,
    commands: Option<u64>,
}

impl Made {
    fn beats_per_s(&self, later: &Self) -> Option<f64> {
        self.per_s(later, |made| made.beats)
    }

    fn commands_per_s(&self, later: &Self) -> Option<f64> {
        self.per_s(later, |made| made.commands)
    }

    fn per_s(&self, later: &Self, what: impl Fn(&Self) -> Option<u64>) -> Option<f64> {
        let made = what(later)?.saturating_sub(what(self)?);
        #[allow(clippy::cast_precision_loss)] // of one step
        let made = made as f64;
        Some(made / (later.at - self.at).as_secs_f64())
    }
}

/// An interaction that was begun and is not answered yet.
struct Open {
    interaction: Interaction,
    /// When the driver was told to click.
    began: Instant,
    /// When it had; the page's own clock knows more exactly.
    clicked: Instant,
    /// By how much that was later than it was due.
    late: Duration,
    load_per_s: f64,
}

/// A run under way.
struct Run<'a> {
    settings: &'a RunSettings,
    page: Page<'a>,
    bank: &'a Bank,
    recorder: &'a Recorder,
    interrupt: &'a Interrupt,
    began: Instant,
    open: BTreeMap<u32, Open>,
    /// Those that timed out, whose answers may still come.
    timed_out: Vec<u32>,
    timeouts: u32,
    /// Of the interaction begun last.
    number: u32,
    summary: Summary,
}

impl Run<'_> {
    /// One interaction after the other.
    async fn original(mut self) -> Result<Summary, BenchmarkError> {
        let progress = Progress::new("interactions", u64::from(self.settings.interactions));
        let mut batch_size = 0;
        let mut reason = Reason::Finished;
        let mut highest_load = 0.0;
        let mut due = self.began;
        while self.number < self.settings.interactions {
            if self.is_to_end() {
                reason = Reason::Interrupted;
                break;
            }
            let wanted = original_batch_size(self.number + 1);
            if wanted != batch_size {
                highest_load = self.load_per_s(batch_size);
                batch_size = wanted;
                self.set_load(batch_size).await?;
            }
            // After one that took longer, the next comes at once, and then one a second again.
            due = due.max(Instant::now());
            let newest = self.page.newest_box().await?;
            let (began, clicked) = self.begin(due, self.load_per_s(batch_size)).await?;
            due += self.interval();
            let deadline = clicked + self.timeout();
            let polled_ms = self.page.poll(Interaction::at(self.number), newest, began, deadline).await?;
            // It took at least the time-out.
            self.collect(Some(polled_ms.unwrap_or(self.timeout().as_secs_f64() * 1_000.0))).await?;
            progress.to(u64::from(self.number));
            if self.timeouts >= TIMEOUTS_MAX {
                reason = Reason::TimeOuts;
                break;
            }
        }
        if reason == Reason::Finished {
            highest_load = self.load_per_s(batch_size);
        }
        Ok(self.end(reason, highest_load).await)
    }

    /// Each interaction when it is due, whatever became of those before.
    async fn geometric(mut self) -> Result<Summary, BenchmarkError> {
        let mut batch_size = 0;
        let mut highest_load = 0.0;
        for step in 0.. {
            let settings = self.settings;
            let wanted = geometric_batch_size(step, settings.first_load, settings.load_factor, settings.sleep_time_ms);
            batch_size = wanted.max(batch_size + 1);
            if batch_size > BATCH_SIZE_MAX {
                return Ok(self.end(Reason::LoadNotReached, highest_load).await);
            }
            let Some(step) = self.step(batch_size).await? else {
                return Ok(self.end(Reason::Interrupted, highest_load).await);
            };
            if !step.held {
                return Ok(self.end(Reason::NotHeld, highest_load).await);
            }
            highest_load = step.sent_per_s.unwrap_or(step.load_per_s);
            if !step.reached_its_load() {
                return Ok(self.end(Reason::LoadNotReached, highest_load).await);
            }
        }
        unreachable!("steps end with the load that can be asked for")
    }

    /// A step of the geometric protocol; nothing when interrupted.
    async fn step(&mut self, batch_size: u32) -> Result<Option<Step>, BenchmarkError> {
        let load_per_s = self.load_per_s(batch_size);
        let (timeouts_before, rows_before) = (self.timeouts, self.summary.count());
        self.set_load(batch_size).await?;
        let before = self.made().await;
        let began = Instant::now();
        let step = Duration::from_secs(u64::from(self.settings.step_seconds));
        let mut due = began;
        while due < began + step {
            if self.is_to_end() {
                return Ok(None);
            }
            self.begin(due, load_per_s).await?;
            self.collect(None).await?;
            due += self.interval();
        }
        sleep_until(began + step).await;
        let made = self.made().await;
        while !self.open.is_empty() {
            sleep(BETWEEN_LOOKS).await;
            self.collect(None).await?;
        }
        let (latencies, late) = self.summary.since(rows_before);
        let late_p99_ms = quantile(late, 0.99);
        let from_due: Vec<f64> = latencies.iter().zip(late).map(|(latency_ms, late_ms)| latency_ms + late_ms).collect();
        let from_due_p99_ms = quantile(&from_due, 0.99);
        let (p50_ms, p99_ms) =
            (quantile(latencies, 0.5).unwrap_or_default(), quantile(latencies, 0.99).unwrap_or_default());
        let timeouts = self.timeouts - timeouts_before;
        let interactions = u32::try_from(latencies.len()).unwrap_or(u32::MAX);
        let mut step = Step {
            load_per_s,
            sent_per_s: before.beats_per_s(&made),
            commands_per_s: before.commands_per_s(&made),
            interactions,
            timeouts,
            p50_ms,
            p99_ms,
            late_p99_ms,
            from_due_p99_ms,
            held: false,
        };
        step.held = step.holds(self.settings.p99_max_ms);
        tracing::info!(
            load_per_s,
            sent_per_s = step.sent_per_s,
            commands_per_s = step.commands_per_s,
            interactions,
            p50_ms,
            p99_ms,
            late_p99_ms,
            from_due_p99_ms,
            timeouts,
            held = step.held,
            "step"
        );
        self.recorder.row(Row::Step(step.clone())).await;
        Ok(Some(step))
    }

    /// Fills in what the next interaction needs, and clicks when it is due, or at once when that has passed; tells when the driver was
    /// told to click and when it had.
    async fn begin(&mut self, due: Instant, load_per_s: f64) -> Result<(Instant, Instant), BenchmarkError> {
        self.number += 1;
        let interaction = Interaction::at(self.number);
        let prepared = self.page.prepare(interaction).await;
        sleep_until(due).await;
        let began = Instant::now();
        let late = began.saturating_duration_since(due);
        // Without a button nobody gets an answer to it.
        if let Some(button) = prepared? {
            self.page.click(self.number, interaction, &button).await?;
        }
        let clicked = Instant::now();
        self.open.insert(self.number, Open { interaction, began, clicked, late, load_per_s });
        Ok((began, clicked))
    }

    /// Writes the rows of what was answered or has timed out.
    async fn collect(&mut self, polled_ms: Option<f64>) -> Result<(), BenchmarkError> {
        let asked: Vec<u32> = self.timed_out.iter().chain(self.open.keys()).copied().collect();
        for seen in self.page.take(&asked).await? {
            if let Some(open) = self.open.remove(&seen.number) {
                self.row(seen.number, &open, Some(&seen), polled_ms).await;
            } else {
                self.timed_out.retain(|number| *number != seen.number);
                self.recorder.row(Row::Late { interaction: seen.number, latency_ms: seen.latency_ms }).await;
            }
        }
        let now = Instant::now();
        let due: Vec<u32> = self
            .open
            .iter()
            .filter(|(_, open)| now >= open.clicked + self.timeout())
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            let Some(open) = self.open.remove(&number) else { continue };
            self.timed_out.push(number);
            self.row(number, &open, None, polled_ms).await;
        }
        Ok(())
    }

    async fn row(&mut self, number: u32, open: &Open, seen: Option<&Seen>, polled_ms: Option<f64>) {
        let timeout_ms = self.timeout().as_secs_f64() * 1_000.0;
        // One that came between the time-out and the look counts like one that came after both.
        let late_ms = seen.map(|seen| seen.latency_ms).filter(|latency_ms| *latency_ms > timeout_ms);
        let timed_out = seen.is_none() || late_ms.is_some();
        let latency_ms = seen.map_or(timeout_ms, |seen| seen.latency_ms.min(timeout_ms));
        self.timeouts += u32::from(timed_out);
        let is_followed = self.settings.journey_every > 0 && number.is_multiple_of(self.settings.journey_every);
        let journey = seen.filter(|_| is_followed).and_then(|seen| Some((seen.transaction_id()?, seen.clicked_at_ms)));
        let row = InteractionRow {
            interaction: number,
            time_s: (open.began - self.began).as_secs_f64(),
            late_ms: Some(open.late.as_secs_f64() * 1_000.0),
            load_per_s: open.load_per_s,
            what: open.interaction.name().to_owned(),
            cents: open.interaction.cents(),
            latency_ms,
            polled_ms: polled_ms.map(|polled_ms| polled_ms.min(timeout_ms)),
            timed_out,
            hops_ms: BTreeMap::new(),
            sample: None,
        };
        self.summary.add(&row);
        self.recorder.interaction(Draft { row, journey, sampled: number.is_multiple_of(SAMPLE_EVERY) }).await;
        if let Some(latency_ms) = late_ms {
            self.recorder.row(Row::Late { interaction: number, latency_ms }).await;
        }
    }

    fn is_to_end(&self) -> bool {
        self.interrupt.is_asked() || self.recorder.has_failed()
    }

    async fn end(mut self, reason: Reason, highest_load_per_s: f64) -> Summary {
        let end = End { reason, interactions: self.number, timeouts: self.timeouts, highest_load_per_s };
        self.recorder.row(Row::End(end.clone())).await;
        self.summary.end(end);
        self.summary
    }

    async fn set_load(&self, batch_size: u32) -> Result<(), BenchmarkError> {
        self.bank.set_pace(Pace { batch_size, sleep_time_ms: self.settings.sleep_time_ms, beats: 0 }).await
    }

    async fn made(&self) -> Made {
        let (pace, commands) = tokio::join!(self.bank.pace(), self.bank.commands());
        Made { at: Instant::now(), beats: pace.ok().map(|pace| pace.beats), commands }
    }

    fn load_per_s(&self, batch_size: u32) -> f64 {
        load_per_s(batch_size, self.settings.sleep_time_ms)
    }

    const fn interval(&self) -> Duration {
        Duration::from_millis(self.settings.interval_ms())
    }

    const fn timeout(&self) -> Duration {
        Duration::from_millis(self.settings.timeout_ms)
    }
}
