//! Reads the outcomes of transfers, of which only those that somebody here asked for are handed over.

use crate::consume::{Decoding, Taken, record};
use crate::projection::{OutcomeHeaders, storable};
use rdkafka::message::{BorrowedMessage, Message};
use service_kit::kafka::readable_headers;
use service_kit::registry::{Decoder, Registry};
use tokio::runtime::Handle;
use topology::{CommandId, MoneyTransferConfirmed, MoneyTransferFailed, Record};

use super::answer::Outcome;

/// What became of a `ConfirmMoneyTransfer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The command's id.
    pub id: CommandId,
    /// The outcome.
    pub outcome: Outcome,
    /// What its headers say.
    pub headers: OutcomeHeaders,
}

/// Reads `money_transfer_confirmed` or `money_transfer_failed`.
pub struct Decisions<R: Record, F> {
    decoder: Decoder<R>,
    outcome: fn(R) -> (CommandId, Outcome),
    is_wanted: F,
}

impl<F> Decisions<MoneyTransferConfirmed, F> {
    /// With the registry's schemas; `is_wanted` says whether somebody asked for a command.
    pub fn confirmed(registry: &Registry, is_wanted: F) -> Self {
        Self { decoder: registry.decoder(), outcome: |record| (record.id, Outcome::Confirmed), is_wanted }
    }
}

impl<F> Decisions<MoneyTransferFailed, F> {
    /// Of refusals, as [`Decisions::confirmed`].
    pub fn failed(registry: &Registry, is_wanted: F) -> Self {
        let outcome = |record: MoneyTransferFailed| (record.id, Outcome::refused(Some(storable(record.reason))));
        Self { decoder: registry.decoder(), outcome, is_wanted }
    }
}

impl<R: Record, F: Fn(&CommandId) -> bool + Send + 'static> Decoding for Decisions<R, F> {
    type Item = Decision;

    fn take(
        &mut self,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Decision> {
        match record(&self.decoder, message, runtime, is_stopped).and_then(|record| Ok((self.outcome)(record))) {
            Taken::Item((id, _)) if !(self.is_wanted)(&id) => Taken::Ignored,
            Taken::Item((id, outcome)) => Taken::Item(Decision {
                id,
                outcome,
                headers: OutcomeHeaders::read(readable_headers(message.headers())),
            }),
            Taken::Ignored => Taken::Ignored,
            Taken::Poison(reason) => Taken::Poison(reason),
            Taken::Stopped => Taken::Stopped,
        }
    }
}
