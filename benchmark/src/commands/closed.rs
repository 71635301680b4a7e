//! A backlog, and how fast it is worked off.
//!
//! While the bank works, only the ends of the topics of outcomes are looked at, so that the measuring takes next to nothing from
//! it. The outcomes are read and checked afterwards; when each was written is in its record.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use service_kit::kafka::Metadata;
use topology::ConfirmMoneyTransfer;

use super::service::Run;
use crate::bank::Stopped;
use crate::error::BenchmarkError;
use crate::load::{Answers, Outbox, OutcomeReader, Starts, ends};
use crate::plan::Writer;
use crate::progress::Progress;
use crate::thread::on_thread;

const LOOK_INTERVAL: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(100);

/// How fast it went.
#[derive(Debug, Clone, Serialize)]
pub struct Throughput {
    /// Commands a second that were sent into Kafka.
    pub sent_per_second: f64,
    /// Outcomes a second, from the first to the last.
    pub per_second: f64,
    /// Seconds from the first outcome to the last.
    pub seconds: f64,
    /// Seconds from the start of the part that was stopped, or of sending, to the first outcome.
    pub seconds_to_first: f64,
    /// Outcomes in each second after the first one.
    pub outcomes_of_second: Vec<u64>,
}

/// Sends everything; gives how many a second.
pub async fn send(run: &Run, mut outbox: Outbox<ConfirmMoneyTransfer>) -> Result<f64, BenchmarkError> {
    let Run { plan, ids, count, interrupt, .. } = run.clone();
    let accounts = run.accounts.clone();
    let send = move || {
        let mut writer = Writer::new(&accounts);
        let progress = Progress::new("sending", u64::from(count));
        let started = Instant::now();
        for position in 0..count {
            let original = plan.original(position);
            outbox.send(writer.write(ids.id(original), plan.transfer(original)))?;
            if position.is_multiple_of(1_024) {
                interrupt.check()?;
                progress.to(u64::from(position));
            }
        }
        outbox.flush()?;
        Ok(f64::from(count) / started.elapsed().as_secs_f64())
    };
    on_thread("sender", send).await
}

/// Starts what was stopped and waits until the topics hold as many new outcomes as commands were sent, or none came for long.
pub async fn work_off(
    run: &Run,
    metadata: &Metadata,
    starts: &Starts,
    stopped: Option<Stopped>,
) -> Result<(), BenchmarkError> {
    let starting = async { on_thread("starter", move || stopped.map_or(Ok(()), Stopped::start)).await };
    let (started, watched) = tokio::join!(starting, watch(run, metadata, starts));
    started.and(watched)
}

async fn watch(run: &Run, metadata: &Metadata, starts: &Starts) -> Result<(), BenchmarkError> {
    let progress = Progress::new("outcomes", u64::from(run.count));
    let (mut seen, mut last_change) = (0, Instant::now());
    let (confirmed, failed) = (run.topics.mtc.as_str(), run.topics.mtf.as_str());
    while seen < u64::from(run.count) {
        run.interrupt.check()?;
        tokio::time::sleep(LOOK_INTERVAL).await;
        let now = between(starts, &ends(metadata, &[confirmed, failed]).await?);
        if now != seen {
            (seen, last_change) = (now, Instant::now());
            progress.to(seen);
        }
        if last_change.elapsed() > run.patience {
            tracing::warn!("{seen} outcomes of {}, and none came for {} s", run.count, run.patience.as_secs());
            break;
        }
    }
    Ok(())
}

fn between(starts: &Starts, ends: &Starts) -> u64 {
    let records: i64 = starts.iter().zip(ends).map(|(start, end)| end.2 - start.2).sum();
    u64::try_from(records).unwrap_or_default()
}

/// Reads all outcomes, until every command is answered or no more come.
pub async fn read(
    run: &Run,
    reader: OutcomeReader,
    began_ms: i64,
    sent_per_second: f64,
) -> Result<(Answers, Throughput, u64), BenchmarkError> {
    let Run { ids, count, patience, interrupt, .. } = run.clone();
    let read = move || {
        let (mut answers, mut foreign) = (Answers::new(count), 0);
        let mut written: BTreeMap<i64, u64> = BTreeMap::new();
        let progress = Progress::new("checking", u64::from(count));
        let mut last_heard = Instant::now();
        while answers.heard() < u64::from(count) && last_heard.elapsed() < patience {
            let Some(outcome) = reader.next(POLL)? else {
                interrupt.check()?;
                continue;
            };
            match ids.place(outcome.id).and_then(|position| answers.hear(position, outcome.verdict)) {
                Some(_) => {
                    last_heard = Instant::now();
                    *written.entry(outcome.written_ms).or_default() += 1;
                    if answers.heard().is_multiple_of(4_096) {
                        interrupt.check()?;
                        progress.to(answers.heard());
                    }
                }
                None => foreign += 1,
            }
        }
        let throughput = Throughput::of(&written, began_ms, sent_per_second);
        Ok((answers, throughput, foreign))
    };
    on_thread("listener", read).await
}

impl Throughput {
    /// By how many outcomes were written in each millisecond.
    fn of(written: &BTreeMap<i64, u64>, began_ms: i64, sent_per_second: f64) -> Self {
        let first = written.keys().next().copied().unwrap_or_default();
        let last = written.keys().next_back().copied().unwrap_or_default();
        let seconds = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or_default()).as_secs_f64();
        let mut outcomes_of_second = Vec::new();
        for (ms, outcomes) in written {
            let second = usize::try_from((ms - first) / 1_000).unwrap_or_default();
            outcomes_of_second.resize(outcomes_of_second.len().max(second + 1), 0);
            outcomes_of_second[second] += outcomes;
        }
        let outcomes: u64 = written.values().sum();
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let outcomes = outcomes as f64;
        Self {
            sent_per_second,
            // A run so short that all outcomes share a millisecond took at least that.
            per_second: outcomes / seconds((last - first).max(1)),
            seconds: seconds(last - first),
            seconds_to_first: seconds(first - began_ms),
            outcomes_of_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throughput_counts_from_the_first_outcome_to_the_last() {
        let written = [(10_000, 5), (10_500, 10), (12_000, 5)].into();
        let found = Throughput::of(&written, 9_000, 1.0);
        assert!((found.per_second - 10.0).abs() < 1e-9, "{found:?}");
        assert!((found.seconds - 2.0).abs() < 1e-9 && (found.seconds_to_first - 1.0).abs() < 1e-9, "{found:?}");
        assert_eq!(found.outcomes_of_second, [15, 0, 5]);
    }
}
