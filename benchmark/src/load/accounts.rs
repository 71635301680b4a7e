//! The accounts that a bank has, by the topic that says so.

use std::time::{Duration, Instant};

use rdkafka::message::Message;
use service_kit::kafka::{KafkaSettings, Metadata, TopicSettings, header_value};
use service_kit::registry::Registry;
use topology::{AccountCreationConfirmed, AccountCreationFailed, CommandId, Iban, Token, header};

use super::reader::{PairReader, Starts};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::plan::{Account, Accounts};
use crate::progress::Progress;
use crate::thread::on_thread;

/// Kafka that says nothing for so long has nothing, or is not there.
const SILENCE_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// What became of a command to create an account.
#[derive(Debug)]
pub struct Created {
    /// Of the command.
    pub id: CommandId,
    /// The number of its event, where the bank has such numbers.
    pub event: Option<u64>,
    /// The account, or why there is none.
    pub account: Result<Account, String>,
}

/// Reads the outcomes of creations from given places on.
pub struct CreationReader(PairReader<AccountCreationConfirmed, AccountCreationFailed>);

impl CreationReader {
    /// A reader; call it within a runtime, and use it on a thread of its own.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        kafka: &KafkaSettings,
        topics: &TopicSettings,
        registry: &Registry,
        starts: &Starts,
    ) -> Result<Self, BenchmarkError> {
        Ok(Self(PairReader::new(kafka, &topics.acc, registry, starts)?))
    }

    /// The next outcome; `None` when none came in time.
    ///
    /// # Errors
    /// When Kafka or the registry fails, or a record in these topics is none.
    pub fn next(&self, timeout: Duration) -> Result<Option<Created>, BenchmarkError> {
        let Some((message, record)) = self.0.next(timeout)? else { return Ok(None) };
        let event = header_value(message.headers(), header::EVENT);
        let event = event.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let confirmed = match record {
            Ok(confirmed) => confirmed,
            Err(failed) => return Ok(Some(Created { id: failed.id, event, account: Err(failed.reason) })),
        };
        match (Iban::parse(&confirmed.iban), Token::parse(&confirmed.token)) {
            (Ok(iban), Ok(token)) => {
                Ok(Some(Created { id: confirmed.id, event, account: Ok(Account { iban, token }) }))
            }
            _ => Err(BenchmarkError::NoRecord {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
                reason: "its IBAN or token is none".to_owned(),
            }),
        }
    }
}

/// The first accounts that were created, in the topic's order; repeats of one outcome count once.
///
/// # Errors
/// [`BenchmarkError::TooFewAccounts`] when the bank has fewer.
pub async fn read_accounts(
    kafka: &KafkaSettings,
    topics: &TopicSettings,
    registry: &Registry,
    wanted: u32,
    interrupt: &Interrupt,
) -> Result<Accounts, BenchmarkError> {
    let marks = Metadata::new(kafka)?.watermarks(&topics.acc).await?;
    let there: i64 = marks.iter().map(|mark| mark.high - mark.low).sum();
    let there = u64::try_from(there).unwrap_or_default();
    if there < u64::from(wanted) {
        return Err(BenchmarkError::TooFewAccounts { there, wanted });
    }
    let starts = marks.iter().map(|mark| (topics.acc.clone(), mark.partition, mark.low)).collect();
    let reader = CreationReader::new(kafka, topics, registry, &starts)?;
    let interrupt = interrupt.clone();
    let read = move || {
        let progress = Progress::new("reading accounts", u64::from(wanted));
        let mut accounts = Accounts::default();
        let (mut read, mut last_event) = (0_u64, 0);
        let mut last_heard = Instant::now();
        while accounts.len() < wanted && read < there {
            interrupt.check()?;
            match reader.next(POLL)? {
                Some(Created { account, event, .. }) => {
                    read += 1;
                    last_heard = Instant::now();
                    // What is not above the last event was there before.
                    let is_new = event.is_none_or(|event| event > last_event);
                    last_event = event.unwrap_or_default().max(last_event);
                    if let Ok(account) = account
                        && is_new
                        && accounts.push(account)
                    {
                        progress.to(u64::from(accounts.len()));
                    }
                }
                None if last_heard.elapsed() > SILENCE_MAX => {
                    return Err(BenchmarkError::Silence {
                        what: "accounts".to_owned(),
                        seconds: SILENCE_MAX.as_secs(),
                    });
                }
                None => {}
            }
        }
        if accounts.len() < wanted {
            return Err(BenchmarkError::TooFewAccounts { there: u64::from(accounts.len()), wanted });
        }
        Ok(accounts)
    };
    on_thread("accounts", read).await
}
