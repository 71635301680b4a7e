//! A record as the flow page shows it: its fields as JSON, in the schema's order, without what only an owner may read.

use super::masking::{MASK, shown_text};
use serde_json::Value;
use service_kit::registry::{Decoded, Decoder, PoisonReason, Registry, RegistryError};
use std::future::Future;
use std::pin::Pin;
use topology::topic::{TopicSpec, names};
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Heartbeat, MoneyTransferConfirmed, MoneyTransferFailed, Record,
};

/// A field's name and what is shown of it.
type Field = (&'static str, Value);

/// A record that knows what may be shown of it. Each takes all its fields apart by name, so that a new field does not get
/// on the page before somebody thought of it.
trait Shown: Record {
    fn fields(self) -> Vec<Field>;
}

fn id(id: CommandId) -> Value {
    id.to_string().into()
}

fn text(text: &str) -> Value {
    shown_text(text).into()
}

fn a_type(a_type: AccountType) -> Value {
    a_type.symbol().into()
}

impl Shown for Heartbeat {
    fn fields(self) -> Vec<Field> {
        let Self { beat } = self;
        vec![("beat", beat.into())]
    }
}

impl Shown for ConfirmAccountCreation {
    fn fields(self) -> Vec<Field> {
        let Self { id: of, a_type: kind } = self;
        vec![("id", id(of)), ("a_type", a_type(kind))]
    }
}

impl Shown for AccountCreationConfirmed {
    fn fields(self) -> Vec<Field> {
        let Self { id: of, iban, token: _, a_type: kind } = self;
        vec![("id", id(of)), ("iban", text(&iban)), ("token", MASK.into()), ("a_type", a_type(kind))]
    }
}

impl Shown for AccountCreationFailed {
    fn fields(self) -> Vec<Field> {
        let Self { id: of, reason } = self;
        vec![("id", id(of)), ("reason", text(&reason))]
    }
}

impl Shown for ConfirmMoneyTransfer {
    fn fields(self) -> Vec<Field> {
        let Self { id: of, token: _, amount, from, to, description } = self;
        vec![
            ("id", id(of)),
            ("token", MASK.into()),
            ("amount", amount.into()),
            ("from", text(&from)),
            ("to", text(&to)),
            ("description", text(&description)),
        ]
    }
}

impl Shown for MoneyTransferConfirmed {
    fn fields(self) -> Vec<Field> {
        let Self { id: of } = self;
        vec![("id", id(of))]
    }
}

impl Shown for MoneyTransferFailed {
    fn fields(self) -> Vec<Field> {
        let Self { id: of, reason } = self;
        vec![("id", id(of)), ("reason", text(&reason))]
    }
}

impl Shown for BalanceChanged {
    fn fields(self) -> Vec<Field> {
        let Self { iban, new_balance, changed_by, from_to, description } = self;
        vec![
            ("iban", text(&iban)),
            ("new_balance", new_balance.into()),
            ("changed_by", changed_by.into()),
            ("from_to", text(&from_to)),
            ("description", text(&description)),
        ]
    }
}

/// An object with these fields in this order.
fn json(fields: &[Field]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// Reads the records of one topic for showing.
pub trait Reading: Send + Sync {
    /// The record as JSON, as far as it is known without asking the registry.
    fn read(&self, payload: Option<&[u8]>) -> Decoded<String>;

    /// Asks the registry for a schema.
    fn fetch_schema(&self, id: u32) -> Pin<Box<dyn Future<Output = Result<(), RegistryError>> + Send + '_>>;
}

struct Of<R>(Decoder<R>);

impl<R: Shown> Reading for Of<R> {
    fn read(&self, payload: Option<&[u8]>) -> Decoded<String> {
        match self.0.try_decode(payload) {
            Decoded::Record(record) => Decoded::Record(json(&record.fields())),
            Decoded::Poison(reason) => Decoded::Poison(reason),
            Decoded::UnknownSchema(id) => Decoded::UnknownSchema(id),
        }
    }

    fn fetch_schema(&self, id: u32) -> Pin<Box<dyn Future<Output = Result<(), RegistryError>> + Send + '_>> {
        Box::pin(self.0.fetch_schema(id))
    }
}

/// How a topic's records are read; `None` for a topic without a record that is known here.
#[must_use]
pub fn reading(topic: &TopicSpec, registry: &Registry) -> Option<Box<dyn Reading>> {
    Some(match topic.name {
        names::HEARTBEAT => Box::new(Of::<Heartbeat>(registry.decoder())),
        names::CONFIRM_ACCOUNT_CREATION => Box::new(Of::<ConfirmAccountCreation>(registry.decoder())),
        names::ACCOUNT_CREATION_CONFIRMED => Box::new(Of::<AccountCreationConfirmed>(registry.decoder())),
        names::ACCOUNT_CREATION_FAILED => Box::new(Of::<AccountCreationFailed>(registry.decoder())),
        names::CONFIRM_MONEY_TRANSFER => Box::new(Of::<ConfirmMoneyTransfer>(registry.decoder())),
        names::MONEY_TRANSFER_CONFIRMED => Box::new(Of::<MoneyTransferConfirmed>(registry.decoder())),
        names::MONEY_TRANSFER_FAILED => Box::new(Of::<MoneyTransferFailed>(registry.decoder())),
        names::BALANCE_CHANGED => Box::new(Of::<BalanceChanged>(registry.decoder())),
        _ => return None,
    })
}

/// Why a record cannot be read, without anything of its bytes: those may hold a token, and a decoder's words may quote them.
#[must_use]
pub fn why_not(reason: &PoisonReason) -> String {
    match reason {
        PoisonReason::Malformed { record, id, .. } => format!("the bytes are no {record} by schema id {id}"),
        PoisonReason::NotAvro { id, .. } => format!("schema id {id} is no Avro schema"),
        PoisonReason::Null => "the value is null".to_owned(),
        PoisonReason::NotWireFormat(_) => {
            "not in the registry's wire format: a zero byte and a 4-byte schema id must come first".to_owned()
        }
        PoisonReason::UnknownSchema(id) => format!("schema id {id} is unknown to the registry"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::topic::TOPICS;

    const ID: &str = "0189abcd-ef01-7234-8567-89abcdef0123";
    const TOKEN: &str = "12345678901234567890";

    fn command_id() -> CommandId {
        ID.parse().expect("a UUID")
    }

    #[test]
    fn tokens_are_masked_and_the_rest_is_shown_in_the_schemas_order() {
        let transfer = ConfirmMoneyTransfer {
            id: command_id(),
            token: TOKEN.into(),
            amount: 100_000_000_000_000_000,
            from: "NL66OPEN0000000000".into(),
            to: "Albert \"Heijn\" BV".into(),
            description: format!("my token is {TOKEN}!"),
        };
        let expected = format!(
            r#"{{"id":"{ID}","token":"***","amount":100000000000000000,"from":"NL66OPEN0000000000","to":"Albert \"Heijn\" BV","description":"my token is ***!"}}"#
        );
        assert_eq!(json(&transfer.fields()), expected);
        let iban = "NL66OPEN0000000000".to_owned();
        let account =
            AccountCreationConfirmed { id: command_id(), iban, token: "cash".into(), a_type: AccountType::Manual };
        let expected = format!(r#"{{"id":"{ID}","iban":"NL66OPEN0000000000","token":"***","a_type":"MANUAL"}}"#);
        assert_eq!(json(&account.fields()), expected);
    }

    #[test]
    fn every_topic_of_the_bank_can_be_read() {
        let registry = service_kit::settings::from_flags(&[]).expect("the defaults are right");
        let registry = Registry::new(&registry).expect("a client");
        for topic in TOPICS {
            assert!(reading(topic, &registry).is_some(), "{}", topic.name);
        }
    }

    #[test]
    fn why_a_record_cannot_be_read_quotes_nothing_of_it() {
        let reason = format!("expected a long, got {TOKEN}");
        let rows = [
            PoisonReason::Malformed { record: "ConfirmMoneyTransfer", id: 7, reason: reason.clone() },
            PoisonReason::NotAvro { id: 7, reason: reason.clone() },
            PoisonReason::NotWireFormat(reason),
        ];
        for reason in rows {
            assert!(!why_not(&reason).contains(TOKEN), "{reason:?}");
        }
    }
}
