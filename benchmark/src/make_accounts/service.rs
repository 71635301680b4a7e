//! Creations out; for each new account a deposit out; until all of both are answered.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use service_kit::kafka::Metadata;
use service_kit::registry::Registry;
use topology::{AccountType, ConfirmAccountCreation, ConfirmMoneyTransfer};

use super::config::{AccountSettings, MakeAccountsSettings};
use crate::bank::Machine;
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::load::{Answers, CreationReader, Heard, Outbox, OutcomeReader, Verdict, Waiting, ends};
use crate::output;
use crate::plan::{IdForm, Ids, deposit};
use crate::progress::Progress;
use crate::thread::on_thread;

/// Where there is nothing to do.
const PAUSE: Duration = Duration::from_millis(1);
/// Answers of one kind that are read before those of the other are looked for.
const TURN_MAX: u32 = 1_000;
/// The ids of the deposits are those of another run.
const SEEDS: [u64; 2] = [1, 2];

/// How fast accounts were made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// On what it ran.
    pub machine: Machine,
    /// New accounts.
    pub accounts: u32,
    /// Cash on each of them.
    pub balance_cents: i64,
    /// From the first command to the last answer.
    pub seconds: f64,
    /// Accounts a second.
    pub accounts_per_second: f64,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, accounts, seconds, accounts_per_second, .. } = self;
        writeln!(f, "{machine}")?;
        write!(f, "{accounts} accounts in {seconds:.1} s: {accounts_per_second:.0} accounts/s")
    }
}

/// Makes accounts and prints how fast.
///
/// # Errors
/// When the bank does not answer, or refuses.
pub async fn run(settings: &MakeAccountsSettings, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
    let made = make(settings, interrupt).await?;
    output::give(&made, settings.accounts.json, settings.accounts.out.as_deref())?;
    Ok(true)
}

/// Makes accounts.
///
/// # Errors
/// When the bank does not answer, or refuses.
pub async fn make(settings: &MakeAccountsSettings, interrupt: &Interrupt) -> Result<Made, BenchmarkError> {
    let machine = Machine::now(Path::new("."));
    let MakeAccountsSettings { accounts, connections } = settings;
    let (kafka, topics) = (&connections.kafka, &connections.topics);
    let registry = Registry::new(&connections.registry)?;
    let metadata = Metadata::new(kafka)?;
    let creations = ends(&metadata, &[&topics.acc, &topics.acf]).await?;
    let transfers = ends(&metadata, &[&topics.mtc, &topics.mtf]).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let started_ms = u64::try_from(now.as_millis()).unwrap_or_default();
    let [ids, deposit_ids] = SEEDS.map(|seed| Ids::new(IdForm::V4, seed, started_ms));
    let answered = Arc::new(AtomicU32::new(0));
    let sender = Sender {
        outbox: Outbox::new(kafka, &registry, &topics.cac, Waiting::ForOthers).await?,
        ids,
        settings: accounts.clone(),
        answered: Arc::clone(&answered),
        interrupt: interrupt.clone(),
    };
    let listener = Listener {
        creations: CreationReader::new(kafka, topics, &registry, &creations)?,
        transfers: OutcomeReader::new(kafka, topics, &registry, &transfers)?,
        deposits: Outbox::new(kafka, &registry, &topics.cmt, Waiting::ForOthers).await?,
        ids,
        deposit_ids,
        settings: accounts.clone(),
        answered,
        interrupt: interrupt.clone(),
    };
    let started = Instant::now();
    let sending = on_thread("sender", move || sender.send_all());
    let listening = on_thread("listener", move || listener.listen());
    let (sent, heard) = tokio::join!(sending, listening);
    // What the listener found says more: without answers the sender only knows that it waits.
    heard.and(sent)?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Made {
        machine,
        accounts: accounts.count,
        balance_cents: accounts.balance_cents,
        seconds,
        accounts_per_second: f64::from(accounts.count) / seconds,
    })
}

struct Sender {
    outbox: Outbox<ConfirmAccountCreation>,
    ids: Ids,
    settings: AccountSettings,
    answered: Arc<AtomicU32>,
    interrupt: Interrupt,
}

impl Sender {
    fn send_all(mut self) -> Result<(), BenchmarkError> {
        let patience = Duration::from_secs(u64::from(self.settings.patience_seconds));
        let (mut last_answered, mut last_change) = (0, Instant::now());
        for place in 0..self.settings.count {
            loop {
                let answered = self.answered.load(Ordering::Relaxed);
                if answered != last_answered {
                    (last_answered, last_change) = (answered, Instant::now());
                }
                if place.saturating_sub(answered) < self.settings.unanswered_max {
                    break;
                }
                self.interrupt.check()?;
                if last_change.elapsed() > patience {
                    return Err(BenchmarkError::Silence { what: "answers".to_owned(), seconds: patience.as_secs() });
                }
                std::thread::sleep(PAUSE);
            }
            self.outbox.send(&ConfirmAccountCreation { id: self.ids.id(place), a_type: AccountType::Manual })?;
        }
        self.outbox.flush()
    }
}

struct Listener {
    creations: CreationReader,
    transfers: OutcomeReader,
    deposits: Outbox<ConfirmMoneyTransfer>,
    ids: Ids,
    deposit_ids: Ids,
    settings: AccountSettings,
    /// Accounts of which everything is answered.
    answered: Arc<AtomicU32>,
    interrupt: Interrupt,
}

impl Listener {
    fn listen(mut self) -> Result<(), BenchmarkError> {
        let AccountSettings { count, balance_cents, .. } = self.settings;
        let patience = Duration::from_secs(u64::from(self.settings.patience_seconds));
        let (mut created, mut paid) = (Answers::new(count), Answers::new(count));
        let progress = Progress::new("accounts", u64::from(count));
        let (mut done, mut last_heard) = (0, Instant::now());
        while done < count {
            let mut heard = false;
            for _ in 0..TURN_MAX {
                let Some(creation) = self.creations.next(Duration::ZERO)? else { break };
                let Some(place) = self.ids.place(creation.id) else { continue };
                heard = true;
                let account = creation.account.map_err(BenchmarkError::Refused)?;
                if created.hear(place, Verdict::Confirmed) != Some(Heard::First) {
                    continue;
                }
                if balance_cents > 0 {
                    self.deposits.send(&deposit(self.deposit_ids.id(place), account.iban, balance_cents))?;
                } else {
                    done += 1;
                }
            }
            for _ in 0..TURN_MAX {
                let Some(outcome) = self.transfers.next(Duration::ZERO)? else { break };
                let Some(place) = self.deposit_ids.place(outcome.id) else { continue };
                heard = true;
                if let Verdict::Refused(refusal) = outcome.verdict {
                    return Err(BenchmarkError::Refused(refusal.reason().to_owned()));
                }
                if paid.hear(place, outcome.verdict) == Some(Heard::First) {
                    done += 1;
                }
            }
            if heard {
                last_heard = Instant::now();
                self.answered.store(done, Ordering::Relaxed);
                progress.to(u64::from(done));
            } else {
                std::thread::sleep(PAUSE);
                self.interrupt.check()?;
                if last_heard.elapsed() > patience {
                    return Err(BenchmarkError::Silence { what: "answers".to_owned(), seconds: patience.as_secs() });
                }
            }
        }
        self.deposits.flush()
    }
}
