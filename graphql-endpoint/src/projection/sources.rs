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
use topology::{AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, Iban, Token};

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
        _topic: usize,
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

/// Reads `account_creation_confirmed` (topic 0) and `account_creation_failed` (topic 1).
pub struct Creations {
    confirmed: Decoder<AccountCreationConfirmed>,
    failed: Decoder<AccountCreationFailed>,
}

impl Creations {
    /// With the registry's schemas.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { confirmed: registry.decoder(), failed: registry.decoder() }
    }

    fn of_confirmed(confirmed: Taken<AccountCreationConfirmed>, headers: &OutcomeHeaders) -> Taken<Creation> {
        confirmed.and_then(|record| {
            let iban = Iban::parse(&record.iban).map_err(|error| error.to_string())?;
            let token = Token::parse(&record.token).map_err(|error| error.to_string())?;
            let created = Created { iban, token, a_type: record.a_type, booked_at_us: headers.booked_at_us };
            Ok(Creation { id: record.id, result: Ok(created), id_reused: headers.id_reused })
        })
    }

    fn of_failed(failed: Taken<AccountCreationFailed>, headers: &OutcomeHeaders) -> Taken<Creation> {
        failed.and_then(|record| {
            Ok(Creation { id: record.id, result: Err(storable(record.reason)), id_reused: headers.id_reused })
        })
    }
}

impl Decoding for Creations {
    type Item = Creation;

    fn take(
        &mut self,
        topic: usize,
        message: &BorrowedMessage<'_>,
        runtime: &Handle,
        is_stopped: &dyn Fn() -> bool,
    ) -> Taken<Creation> {
        let headers = OutcomeHeaders::read(readable_headers(message.headers()));
        if topic == 0 {
            Self::of_confirmed(record(&self.confirmed, message, runtime, is_stopped), &headers)
        } else {
            Self::of_failed(record(&self.failed, message, runtime, is_stopped), &headers)
        }
    }
}
