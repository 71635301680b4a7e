//! Creations out; for each new account a deposit out; until all of both are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use service_kit::kafka::Metadata;
use service_kit::registry::Registry;
use topology::{AccountType, ConfirmAccountCreation, ConfirmMoneyTransfer};

use super::config::{AccountSettings, MakeAccountsSettings};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::load::{Answers, CreationReader, Heard, Outbox, OutcomeReader, Verdict, Waiting, ends};
use crate::plan::{IdForm, Ids, deposit};
use crate::progress::Progress;

const POLL: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(1);
/// The ids of the deposits are those of another run.
const SEEDS: [u64; 2] = [1, 2];

/// Makes accounts and prints how fast.
///
/// # Errors
/// When the bank does not answer, or refuses.
pub async fn run(settings: &MakeAccountsSettings, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
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
    let sending = tokio::task::spawn_blocking(move || sender.send_all());
    let listening = tokio::task::spawn_blocking(move || listener.listen());
    let (sent, heard) = tokio::try_join!(sending, listening).map_err(|_| BenchmarkError::Panicked)?;
    // What the listener found says more: without answers the sender only knows that it waits.
    heard.and(sent)?;
    let (count, seconds) = (accounts.count, started.elapsed().as_secs_f64());
    let per_second = f64::from(count) / seconds;
    if accounts.json {
        let balance_cents = accounts.balance_cents;
        println!(
            "{}",
            json!({ "accounts": count, "balance_cents": balance_cents, "seconds": seconds, "per_second": per_second })
        );
    } else {
        println!("{count} accounts in {seconds:.1} s: {per_second:.0} accounts/s");
    }
    Ok(true)
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
            if created.heard() < u64::from(count)
                && let Some(creation) = self.creations.next(if balance_cents > 0 { Duration::ZERO } else { POLL })?
                && let Some(place) = self.ids.place(creation.id)
            {
                heard = true;
                let account = creation.account.map_err(BenchmarkError::Refused)?;
                if created.hear(place, Verdict::Confirmed) == Some(Heard::First) {
                    if balance_cents > 0 {
                        self.deposits.send(&deposit(self.deposit_ids.id(place), account.iban, balance_cents))?;
                    } else {
                        done += 1;
                    }
                }
            }
            if balance_cents > 0
                && let Some(outcome) = self.transfers.next(if heard { Duration::ZERO } else { POLL })?
                && let Some(place) = self.deposit_ids.place(outcome.id)
            {
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
                if done.is_multiple_of(256) {
                    progress.to(u64::from(done));
                }
            } else {
                self.interrupt.check()?;
                if last_heard.elapsed() > patience {
                    return Err(BenchmarkError::Silence { what: "answers".to_owned(), seconds: patience.as_secs() });
                }
            }
        }
        self.deposits.flush()
    }
}
