//! A fixed rate, and how long each outcome takes. The sender does not wait for answers: what the bank holds up is counted, not
//! avoided.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use service_kit::kafka::Metadata;
use topology::ConfirmMoneyTransfer;

use super::latency::Latencies;
use super::service::Run;
use crate::error::BenchmarkError;
use crate::load::{Answers, Heard, Outbox, OutcomeReader, Pace};
use crate::plan::Writer;
use crate::progress::Progress;
use crate::thread::on_thread;

const POLL: Duration = Duration::from_millis(100);
/// Between the first question about the topic and the first command, for clients to connect.
const RUN_UP: Duration = Duration::from_millis(500);
/// Where answers may come twice, no more are expected after this long without one.
const QUIET: Duration = Duration::from_secs(1);

/// What came of an open run.
pub struct Measured {
    pub answers: Answers,
    pub latencies: Latencies,
    /// Commands that were sent: all of them, unless it was interrupted.
    pub sent: u32,
    /// Outcomes of others.
    pub foreign: u64,
    /// From the first command that was due to the last outcome.
    pub elapsed: Duration,
}

/// Sends at a rate on one thread and reads on another.
pub async fn run(
    run: &Run,
    metadata: &Metadata,
    outbox: Outbox<ConfirmMoneyTransfer>,
    reader: OutcomeReader,
    per_second: f64,
    warm_up: u32,
    handler_killed: bool,
) -> Result<Measured, BenchmarkError> {
    metadata.partition_count(&run.topics.cmt).await?;
    let pace = Pace::new(Instant::now() + RUN_UP, per_second);
    let sent = Arc::new(Sent::default());
    let sender = Sender { run: run.clone(), pace, sent: Arc::clone(&sent) };
    let listener = Listener { run: run.clone(), pace, sent, warm_up, handler_killed };
    let sending = on_thread("sender", move || {
        let result = sender.send_all(outbox);
        sender.sent.is_all.store(true, Ordering::Relaxed);
        result
    });
    let listening = on_thread("listener", move || listener.listen(&reader));
    let (sending, listening) = tokio::join!(sending, listening);
    sending?;
    listening
}

/// What the listener must know of the sender.
#[derive(Default)]
struct Sent {
    count: AtomicU32,
    /// Without repeats.
    distinct: AtomicU32,
    /// There will be no more.
    is_all: AtomicBool,
}

struct Sender {
    run: Run,
    pace: Pace,
    sent: Arc<Sent>,
}

struct Listener {
    run: Run,
    pace: Pace,
    sent: Arc<Sent>,
    warm_up: u32,
    /// What it answered last is answered again.
    handler_killed: bool,
}

impl Sender {
    fn send_all(&self, mut outbox: Outbox<ConfirmMoneyTransfer>) -> Result<(), BenchmarkError> {
        let Self { run, pace, sent } = self;
        let mut writer = Writer::new(&run.accounts);
        'sending: for position in 0..run.count {
            while let Some(wait) = pace.wait(position, Instant::now()) {
                if run.interrupt.is_asked() {
                    break 'sending;
                }
                std::thread::sleep(wait.min(POLL));
            }
            // One that is behind never waits, and must hear of it too.
            if position.is_multiple_of(1_024) && run.interrupt.is_asked() {
                break;
            }
            let original = run.plan.original(position);
            outbox.send(writer.write(run.ids.id(original), run.plan.transfer(original)))?;
            if original == position {
                sent.distinct.fetch_add(1, Ordering::Relaxed);
            }
            sent.count.store(position + 1, Ordering::Relaxed);
        }
        outbox.flush()
    }
}

impl Listener {
    /// Until every command has its answer. After an interruption, those that were sent until then.
    fn listen(self, reader: &OutcomeReader) -> Result<Measured, BenchmarkError> {
        let Self { run, pace, sent, warm_up, handler_killed } = self;
        let mut answers = Answers::new(run.count);
        let (mut latencies, mut foreign) = (Latencies::default(), 0);
        let progress = Progress::new("outcomes", u64::from(run.count));
        let mut last_heard = Instant::now();
        loop {
            let is_all = sent.is_all.load(Ordering::Relaxed);
            let sent_now = sent.count.load(Ordering::Relaxed);
            let is_answered = answers.heard() >= u64::from(sent_now)
                && answers.answered() >= u64::from(sent.distinct.load(Ordering::Relaxed));
            if is_all && is_answered && (!handler_killed || last_heard.elapsed() > QUIET) {
                break;
            }
            let outcome = reader.next(POLL)?;
            let now = Instant::now();
            let Some(outcome) = outcome else {
                progress.to(answers.heard());
                if !is_answered && now - last_heard > run.patience {
                    tracing::warn!("{} outcomes of {sent_now}, and none came for long", answers.heard());
                    break;
                }
                continue;
            };
            let Some(position) = run.ids.place(outcome.id) else {
                foreign += 1;
                continue;
            };
            match answers.hear(position, outcome.verdict) {
                // A repeat has its first command's id, so by when it should have been answered cannot be told.
                Some(Heard::First) if position >= warm_up => latencies.add(pace.latency(position, now), now),
                Some(_) => {}
                None => foreign += 1,
            }
            last_heard = now;
            if answers.heard().is_multiple_of(1_024) {
                progress.to(answers.heard());
            }
        }
        let elapsed = last_heard.saturating_duration_since(pace.due(0));
        Ok(Measured { answers, latencies, sent: sent.count.load(Ordering::Relaxed), foreign, elapsed })
    }
}
