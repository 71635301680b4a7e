//! Reads the outcomes of transfers, of which only those that somebody here asked for are handed over.

use crate::consume::{Decoding, Taken, record};
use crate::projection::{OutcomeHeaders, storable};
use rdkafka::message::{BorrowedMessage, Message};
use service_kit::kafka::readable_headers;
use service_kit::registry::{Decoder, Registry};
use tokio::runtime::Handle;
use topology::{CommandId, MoneyTransferConfirmed, MoneyTransferFailed};

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

/// Reads `money_transfer_confirmed` (topic 0) and `money_transfer_failed` (topic 1).
pub struct Decisions<F> {
    confirmed: Decoder<MoneyTransferConfirmed>,
    failed: Decoder<MoneyTransferFailed>,
    is_wanted: F,
}

impl<F: Fn(&CommandId) -> bool + Send + 'static> Decisions<F> {
    /// With the registry's schemas; `is_wanted` says whether somebody asked for a command.
    pub fn new(registry: &Registry, is_wanted: F) -> Self {
        Self { confirmed: registry.decoder(), failed: registry.decoder(), is_wanted }
    }

    fn decision(&self, id: CommandId, outcome: Outcome, message: &BorrowedMessage<'_>) -> Taken<Decision> {
        if !(self.is_wanted)(&id) {
            return Taken::Ignored;
        }
        Taken::Item(Decision { id, outcome, headers: OutcomeHeaders::read(readable_headers(message.headers())) })
    }
}

impl<F: Fn(&CommandId) -> bool + Send + 'static> Decoding for Decisions<F> {
    type Item = Decision;

    fn take(
        &mut self,
        topic: usize,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Decision> {
        let decided = if topic == 0 {
            record(&self.confirmed, message, runtime, is_stopped).and_then(|record| Ok((record.id, Outcome::Confirmed)))
        } else {
            record(&self.failed, message, runtime, is_stopped)
                .and_then(|record| Ok((record.id, Outcome::refused(Some(storable(record.reason))))))
        };
        match decided {
            Taken::Item((id, outcome)) => self.decision(id, outcome, message),
            Taken::Ignored => Taken::Ignored,
            Taken::Poison(reason) => Taken::Poison(reason),
            Taken::Stopped => Taken::Stopped,
        }
    }
}
