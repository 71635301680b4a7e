//! The active generator: beats and new accounts in, commands out, for as long as the heartbeat topic is ours.

use std::thread;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use rdkafka::Message as _;
use rdkafka::message::BorrowedMessage;
use service_kit::admin::Part;
use service_kit::kafka::Metadata;
use service_kit::local_time::LocalTime;
use service_kit::registry::Decoder;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use topology::{AccountCreationConfirmed, Heartbeat, header};

use crate::account_feed::{AccountFeed, created_at_ms, telling};
use crate::accounts::{Accounts, Learned};
use crate::command::{Command, command_of, first_salary};
use crate::config::Settings;
use crate::decode::decode;
use crate::draw::Seed;
use crate::error::Interruption;
use crate::group::{Member, Tenure};
use crate::outbox::{Destinations, Outbox};
use crate::progress::{Done, Progress, Source};
use crate::promise::{Promise, Span};
use crate::reservation::Reservation;
use crate::trace::{header_text, traceparent};

/// How long a beat is waited for before the rest is looked after.
const IDLE_WAIT: Duration = Duration::from_millis(5);
/// How long a full queue is left alone.
const FULL_WAIT: Duration = Duration::from_millis(1);
/// Beats and outcomes taken before the rest is looked after.
const BEATS_PER_TURN: usize = 512;
const ACCOUNTS_PER_TURN: usize = 64;
/// While accounts are loaded, the group is told that we live after so many.
const ACCOUNTS_PER_SIGN_OF_LIFE: usize = 10_000;
/// How long the end of the heartbeat topic, for the metric, is waited for.
const LAG_TIMEOUT: Duration = Duration::from_secs(2);
/// After this long without Kafka's word about commands that were sent, the service is not ready.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// What an active generator stands on.
pub struct Surroundings<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Our place in the group.
    pub member: &'a Member,
    /// Reads beats.
    pub beat_decoder: &'a Decoder<Heartbeat>,
    /// Reads created accounts.
    pub account_decoder: &'a Decoder<AccountCreationConfirmed>,
    /// Asks where the heartbeat topic ends: the consumer itself would have the question wait behind its own fetch.
    pub metadata: &'a Metadata,
    /// For the few questions to the registry and to Kafka.
    pub runtime: &'a Handle,
    /// Cancelled when the service is to stop.
    pub stop: &'a CancellationToken,
    /// Down until the accounts are loaded.
    pub generating: &'a Part,
}

/// A generator in one tenure; the next one starts anew.
pub struct Active<'a> {
    around: Surroundings<'a>,
    tenure: Tenure,
    feed: AccountFeed,
    accounts: Accounts,
    next_account: i64,
    /// Accounts before this offset have had their salary.
    salaries_from: i64,
    outbox: Outbox,
    progress: Progress,
    reservation: Reservation,
    last_beat: Option<i64>,
    next_offset: Option<i64>,
    stored: (Done, Promise),
    next_look: Instant,
    /// When Kafka last acknowledged something, or had nothing to acknowledge.
    heard: Instant,
    time: LocalTime,
    tickets: Vec<usize>,
}

impl<'a> Active<'a> {
    /// Takes up where the group is.
    ///
    /// # Errors
    /// When Kafka does not say where, or refuses a client.
    pub fn new(around: Surroundings<'a>, tenure: Tenure, destinations: Destinations) -> Result<Self, Interruption> {
        let (done, promise) = around.member.committed()?;
        tracing::info!(?done, %promise, "active");
        Ok(Self {
            tenure,
            feed: AccountFeed::from_beginning(around.settings)?,
            accounts: Accounts::new(around.settings.max_accounts),
            next_account: 0,
            salaries_from: done.account_offset.unwrap_or(0),
            outbox: Outbox::new(around.settings, destinations)?,
            progress: Progress::starting_at(done),
            reservation: Reservation::inheriting(promise.clone(), Seed(around.settings.seed)),
            last_beat: done.last_beat,
            next_offset: done.beat_offset,
            stored: (done, promise),
            next_look: Instant::now(),
            heard: Instant::now(),
            time: LocalTime::of_process(),
            tickets: Vec::new(),
            around,
        })
    }

    /// Generates until asked to stop, then waits for what is on its way and stores the place.
    ///
    /// # Errors
    /// An [`Interruption`]: the next tenure repeats what was not stored.
    pub fn run(mut self, flush_timeout: Duration) -> Result<(), Interruption> {
        self.load_accounts()?;
        while !self.around.stop.is_cancelled() {
            self.check_tenure()?;
            self.learn_accounts()?;
            self.take_beats()?;
            self.collect()?;
            if Instant::now() >= self.next_look {
                self.look_after()?;
            }
        }
        self.outbox.flush(flush_timeout)?;
        self.collect()?;
        if let Some(next_offset) = self.next_offset {
            self.reservation.renew_from(next_offset);
        }
        self.store_place()
    }

    /// Learns all accounts there are. Beats wait, since the promise found may be about any of them.
    fn load_accounts(&mut self) -> Result<(), Interruption> {
        let start = Instant::now();
        self.around.member.set_paused(true)?;
        let mut loaded = 0_usize;
        while !self.feed.is_past_start(self.next_account) && !self.around.stop.is_cancelled() {
            loaded += usize::from(self.feed_one(IDLE_WAIT)?);
            if loaded.is_multiple_of(ACCOUNTS_PER_SIGN_OF_LIFE) {
                // Paused, so this gives no beat; it only keeps our place in the group.
                self.around.member.poll(Duration::ZERO)?;
                self.check_tenure()?;
            }
        }
        self.around.member.set_paused(false)?;
        let known = self.accounts.known();
        let promised = self.reservation.accounts().unwrap_or(0);
        if known < promised {
            tracing::warn!(known, promised, "fewer accounts than were promised; beats in doubt may repeat differently");
        }
        tracing::info!(known, outcomes = loaded, ms = start.elapsed().as_millis(), "accounts loaded");
        self.look_after()
    }

    fn check_tenure(&self) -> Result<(), Interruption> {
        if self.around.member.tenure() == Some(self.tenure) { Ok(()) } else { Err(Interruption::Revoked) }
    }

    fn learn_accounts(&mut self) -> Result<(), Interruption> {
        for _ in 0..ACCOUNTS_PER_TURN {
            if !self.feed_one(Duration::ZERO)? {
                break;
            }
        }
        // Few accounts are soon many: the first thousands of transfers should not all be the company's.
        let known = self.accounts.known();
        let doubled = self.reservation.accounts().is_some_and(|promised| known > 0 && known >= 2 * promised);
        if let (true, Some(next_offset)) = (doubled, self.next_offset) {
            self.reservation.renew_from(next_offset);
        }
        Ok(())
    }

    fn feed_one(&mut self, wait: Duration) -> Result<bool, Interruption> {
        while self.is_full() {
            self.wait_for_acknowledgements()?;
        }
        let Some(outcome) = self.feed.poll(wait)? else { return Ok(false) };
        let offset = outcome.offset();
        let created = decode(self.around.account_decoder, self.around.runtime, &outcome)?;
        let learned =
            created.as_ref().map_or(Learned::Malformed, |created| self.accounts.learn(created, telling(&outcome)));
        let at_ms = created_at_ms(&outcome);
        let trace = header_text(outcome.headers(), header::TRACEPARENT).map(str::to_owned);
        drop(outcome);
        self.next_account = offset + 1;
        if learned == Learned::Malformed {
            tracing::warn!(offset, "an account that has not the contract's form takes no part");
        }
        if offset < self.salaries_from {
            return Ok(true);
        }
        let source = Source::Account { offset };
        match (learned, created) {
            (Learned::New(iban) | Learned::Surplus(iban), Some(created)) => {
                let salary = first_salary(created.id, &iban.text(), self.time.text(at_ms));
                self.send(source, &salary, trace.as_deref())?;
            }
            _ => self.progress.skipped(source),
        }
        Ok(true)
    }

    fn take_beats(&mut self) -> Result<(), Interruption> {
        let mut wait = IDLE_WAIT;
        for _ in 0..BEATS_PER_TURN {
            if self.is_full() {
                thread::sleep(FULL_WAIT);
                return Ok(());
            }
            let member = self.around.member;
            let Some(record) = member.poll(wait)? else { return Ok(()) };
            self.check_tenure()?;
            self.take_beat(&record)?;
            wait = Duration::ZERO;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.progress.waiting() >= self.around.settings.max_unacknowledged as usize
    }

    fn take_beat(&mut self, record: &BorrowedMessage<'_>) -> Result<(), Interruption> {
        let offset = record.offset();
        self.note_gap(offset);
        self.next_offset = Some(offset + 1);
        let beat = decode(self.around.beat_decoder, self.around.runtime, record)?.map(|Heartbeat { beat }| beat);
        let repeated = beat.is_some_and(|beat| self.last_beat.is_some_and(|last| beat <= last));
        let Some(beat) = beat.filter(|_| !repeated) else {
            let reason = if repeated { "repeated" } else { "malformed" };
            counter!("command_generator_skipped_beats_total", "reason" => reason).increment(1);
            self.progress.skipped(Source::Beat { offset, last_beat: self.last_beat });
            return Ok(());
        };
        let Span { accounts, seed, .. } = self.promised(offset)?;
        let at_ms = record.timestamp().to_millis().unwrap_or_default();
        let command = command_of(seed, beat, self.accounts.first(accounts), self.time.text(at_ms));
        let trace = header_text(record.headers(), header::TRACEPARENT);
        self.last_beat = Some(beat);
        self.send(Source::Beat { offset, last_beat: self.last_beat }, &command, trace)?;
        self.reservation.count_beat();
        Ok(())
    }

    /// Retention may take beats that nobody has read: they are counted, and never become commands.
    fn note_gap(&self, offset: i64) {
        let lost = self.next_offset.map_or(0, |next| offset.saturating_sub(next));
        if let (1.., Ok(lost)) = (lost, u64::try_from(lost)) {
            counter!("command_generator_lost_beats_total").increment(lost);
            tracing::warn!(lost, offset, "beats were removed from the topic before they were read");
        }
    }

    /// What the beat at this offset draws from; stored first where it is not yet.
    fn promised(&mut self, offset: i64) -> Result<Span, Interruption> {
        loop {
            if let Some(span) = self.reservation.at(offset) {
                return Ok(span);
            }
            // Beats that retention took are done with as soon as those before them are: promises for them make room.
            self.progress.begin_beats_at(offset);
            let done = self.progress.done();
            let proposal = self.reservation.proposal(offset, self.accounts.known(), done);
            if proposal.fits() {
                self.store(done, proposal)?;
            } else {
                self.wait_for_acknowledgements()?;
            }
        }
    }

    fn send(&mut self, source: Source, command: &Command, trace: Option<&str>) -> Result<(), Interruption> {
        let trace = traceparent(trace, command.id());
        let ticket = self.progress.sent(source);
        while !self.outbox.send(command, &trace, ticket)? {
            self.wait_for_acknowledgements()?;
        }
        Ok(())
    }

    fn wait_for_acknowledgements(&mut self) -> Result<(), Interruption> {
        if self.around.stop.is_cancelled() {
            return Err(Interruption::Stopping);
        }
        thread::sleep(FULL_WAIT);
        self.collect()?;
        if self.is_unheard() {
            self.show_silence();
        }
        Ok(())
    }

    fn is_unheard(&self) -> bool {
        self.heard.elapsed() > SILENCE_MAX
    }

    fn show_silence(&self) {
        let topics = &self.around.settings.topics;
        let reason =
            format!("Kafka has acknowledged no command for {SILENCE_MAX:?}: see {} and {}", topics.cmt, topics.cac);
        self.around.generating.down(reason);
    }

    fn collect(&mut self) -> Result<(), Interruption> {
        self.outbox.take_acknowledged(&mut self.tickets)?;
        if !self.tickets.is_empty() || self.progress.waiting() == 0 {
            self.heard = Instant::now();
        }
        for ticket in self.tickets.drain(..) {
            self.progress.acknowledged(ticket);
        }
        Ok(())
    }

    /// Once per interval: lets new accounts take part, stores the place, shows how it goes.
    fn look_after(&mut self) -> Result<(), Interruption> {
        self.next_look = Instant::now() + Duration::from_millis(self.around.settings.commit_interval_ms);
        self.reservation.begin_interval();
        if let (true, Some(next_offset)) =
            (self.reservation.accounts() != Some(self.accounts.known()), self.next_offset)
        {
            self.reservation.renew_from(next_offset);
        }
        self.store_place()?;
        #[expect(clippy::cast_precision_loss, reason = "shown, not counted with")]
        gauge!("command_generator_accounts").set(self.accounts.known() as f64);
        self.show_lag();
        Ok(())
    }

    /// A Kafka that does not answer here shows on `/readyz`.
    fn show_lag(&self) {
        let Surroundings { settings, metadata, runtime, .. } = &self.around;
        match runtime.block_on(tokio::time::timeout(LAG_TIMEOUT, metadata.watermarks(&settings.topics.heartbeat))) {
            Ok(Ok(ends)) => {
                let end = ends.iter().map(|of_partition| of_partition.high).sum::<i64>();
                if self.is_unheard() {
                    self.show_silence();
                } else {
                    self.around.generating.up();
                }
                let lag = end - self.next_offset.unwrap_or(end);
                #[expect(clippy::cast_precision_loss, reason = "shown, not counted with")]
                gauge!("command_generator_lag").set(lag as f64);
            }
            Ok(Err(error)) => self.around.generating.down(format!("waiting for Kafka: {error}")),
            Err(_) => self.around.generating.down(format!("waiting for Kafka: no answer for {LAG_TIMEOUT:?}")),
        }
    }

    fn store_place(&mut self) -> Result<(), Interruption> {
        let done = self.progress.done();
        let promise = self.reservation.current(done);
        self.store(done, promise)
    }

    fn store(&mut self, done: Done, promise: Promise) -> Result<(), Interruption> {
        if self.stored != (done, promise.clone()) {
            self.around.member.commit(done, &promise)?;
            self.stored = (done, promise.clone());
        }
        self.reservation.stored(promise);
        Ok(())
    }
}
