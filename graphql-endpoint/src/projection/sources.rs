//! What the projection reads: changes of balances, and outcomes of account creations.

use super::change::{Change, Place, storable};
use super::headers::{ChangeHeaders, OutcomeHeaders};
use crate::consume::{Decoding, Taken, record};
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use service_kit::kafka::readable_headers;
use service_kit::registry::{Decoder, Registry};
use std::sync::Arc;
use tokio::runtime::Handle;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, Iban, Record, Token,
};

/// Reads `balance_changed`.
pub struct Changes(Decoder<BalanceChanged>);

impl Changes {
    /// With the registry's schemas.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self(registry.decoder())
    }
}

impl Decoding for Changes {
    type Item = Arc<Change>;

    fn take(
        &mut self,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Arc<Change>> {
        record(&self.0, message, runtime, is_stopped).and_then(|record| {
            let place = Place { partition: message.partition(), offset: message.offset() };
            let change = Change::from_record(record, ChangeHeaders::read(readable_headers(message.headers())), place);
            change.map(Arc::new).map_err(|error| error.to_string())
        })
    }
}

/// What became of a `ConfirmAccountCreation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// The command's id.
    pub id: CommandId,
    /// The account, or why there is none.
    pub result: Result<Created, String>,
    /// Whether the id came with other content than the first time; then it is nobody's answer.
    pub id_reused: bool,
}

/// An account that was made. `Debug` masks the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its number.
    pub iban: Iban,
    /// Its secret.
    pub token: Token,
    /// Who acts for it.
    pub a_type: AccountType,
    /// When it was decided, in microseconds since 1970 UTC.
    pub booked_at_us: Option<i64>,
}

/// Reads `account_creation_confirmed` or `account_creation_failed`.
pub struct Creations<R: Record> {
    decoder: Decoder<R>,
    creation: fn(R, OutcomeHeaders) -> Result<Creation, String>,
}

impl Creations<AccountCreationConfirmed> {
    /// Of accounts that were made, with the registry's schemas.
    #[must_use]
    pub fn confirmed(registry: &Registry) -> Self {
        let creation = |record: AccountCreationConfirmed, headers: OutcomeHeaders| {
            let iban = Iban::parse(&record.iban).map_err(|error| error.to_string())?;
            let token = Token::parse(&record.token).map_err(|error| error.to_string())?;
            let created = Created { iban, token, a_type: record.a_type, booked_at_us: headers.booked_at_us };
            Ok(Creation { id: record.id, result: Ok(created), id_reused: headers.id_reused })
        };
        Self { decoder: registry.decoder(), creation }
    }
}

impl Creations<AccountCreationFailed> {
    /// Of refusals, with the registry's schemas.
    #[must_use]
    pub fn failed(registry: &Registry) -> Self {
        let creation = |record: AccountCreationFailed, headers: OutcomeHeaders| {
            Ok(Creation { id: record.id, result: Err(storable(record.reason)), id_reused: headers.id_reused })
        };
        Self { decoder: registry.decoder(), creation }
    }
}

impl<R: Record> Decoding for Creations<R> {
    type Item = Creation;

    fn take(
        &mut self,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Creation> {
        record(&self.decoder, message, runtime, is_stopped)
            .and_then(|record| (self.creation)(record, OutcomeHeaders::read(readable_headers(message.headers()))))
    }
}
