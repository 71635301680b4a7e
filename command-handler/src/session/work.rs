use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::{FxHashMap, FxHashSet};
use service_kit::fault;
use service_kit::trace::TraceParent;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use topology::CommandId;

use super::{Session, draw};
use crate::error::HandlerError;
use crate::intake::{Poison, Received};
use crate::ledger::{Body, Candidates, Command, Firsts, Kind};
use crate::relay::Job;
use crate::store::{StoreError, Write};

/// A batch, sorted out.
#[derive(Default)]
struct Batch {
    commands: Vec<Command>,
    traces: Vec<TraceParent>,
    poison: Vec<Poison>,
    /// By topic and partition: the offset behind the last record of the batch.
    next: FxHashMap<(Kind, i32), i64>,
    memory: Option<OwnedSemaphorePermit>,
}

impl Batch {
    fn of(received: Vec<Received>) -> Self {
        let mut batch = Self { commands: Vec::with_capacity(received.len()), ..Self::default() };
        for Received { place, trace, content, memory } in received {
            match &mut batch.memory {
                Some(all) => all.merge(memory),
                None => batch.memory = Some(memory),
            }
            batch.next.insert((place.topic, place.partition), place.offset + 1);
            match content {
                Ok(command) => {
                    batch.commands.push(command);
                    batch.traces.push(trace);
                }
                Err(poison) => {
                    tracing::warn!(
                        topic = poison.topic,
                        partition = poison.partition,
                        offset = poison.offset,
                        reason = poison.reason,
                        "a record that is no command is kept in the table poison"
                    );
                    batch.poison.push(*poison);
                }
            }
        }
        batch
    }
}

impl Session {
    /// Decides a batch, makes it durable, and hands it over to be published.
    pub(super) async fn work(&mut self, received: Vec<Received>) -> Result<(), HandlerError> {
        fault::failpoint("after-reading");
        let began = Instant::now();
        let batch = Batch::of(received);
        if fault::mutant("offsets-first") {
            self.intake.commit(&batch.next)?;
        }
        let ids: Vec<CommandId> = batch.commands.iter().map(|command| command.id).collect();
        let firsts = self.store.firsts(&ids).await?;
        let candidates = self.draw(&batch.commands, &firsts).await?;
        self.load(&batch.commands, &firsts, candidates.len()).await?;

        let decided = self.ledger.decide(batch.commands, &firsts, &candidates, micros_since_1970());
        let flush = self.ledger.flush(self.settings.flush_behind_max(), self.flush_max());
        let write = Write {
            answers: &decided.answers,
            opened: &decided.opened,
            flush,
            poison: &batch.poison,
            published: None,
            renew_lease: self.housekeeping.renew_lease(began),
        };
        let written = self.store.write(write).await;
        if !fault::mutant("state-kept") {
            written?;
        }
        fault::failpoint("after-commit");

        self.measures.batch(&decided.answers, batch.poison.len(), began.elapsed());
        self.housekeeping.worked();
        if self.settings.one_by_one {
            self.ledger.forget();
        }
        self.publisher.publish(Job {
            answers: decided.answers.into_iter().zip(batch.traces).collect(),
            last_event: self.ledger.last_event(),
            next: batch.next,
            there_already: None,
            memory: batch.memory,
        })?;
        Ok(())
    }

    /// Draws numbers for the new accounts of a batch, and leaves out those that are taken.
    async fn draw(&self, commands: &[Command], firsts: &Firsts) -> Result<Candidates, StoreError> {
        let ids = commands
            .iter()
            .filter(|command| matches!(command.body, Body::Creation(_)))
            .filter(|command| !firsts.contains_key(&(Kind::AccountCreation, command.id)))
            .map(|command| command.id);
        let mut candidates = draw::candidates(ids, &mut rand::rng());
        let mut ibans: Vec<_> = candidates.values().flatten().map(|(iban, _)| *iban).collect();
        ibans.sort_unstable();
        let taken: FxHashSet<i64> = self.store.taken(&ibans).await?.into_iter().collect();
        if !taken.is_empty() {
            for drawn in candidates.values_mut() {
                drawn.retain(|(iban, _)| i64::try_from(iban.number()).is_ok_and(|number| !taken.contains(&number)));
            }
        }
        Ok(candidates)
    }

    /// Loads the accounts that the batch names and memory lacks; at the cache's bound, after making place for them.
    async fn load(&mut self, commands: &[Command], firsts: &Firsts, opened: usize) -> Result<(), StoreError> {
        let missing = self.ledger.missing(commands, firsts);
        if !self.ledger.make_room(missing.len() + opened) {
            // What is dirty can't leave, so it is written first.
            let flush = self.ledger.flush(0, usize::MAX);
            self.store.write(Write { flush, ..Write::default() }).await?;
            self.ledger.make_room(missing.len() + opened);
        }
        for account in self.store.accounts(&missing).await? {
            self.ledger.admit(account);
        }
        Ok(())
    }

    /// Accounts to write with one batch: a little more than a batch can dirty, so that the snapshot never falls
    /// further behind than its bound.
    fn flush_max(&self) -> usize {
        3 * self.settings.batch_max()
    }
}

fn micros_since_1970() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}
