//! A change of a balance, as the projection keeps it and as subscribers get it.

use super::headers::ChangeHeaders;
use topology::{BalanceChanged, Cents, Iban, InvalidIban};

/// A record's place in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The partition.
    pub partition: i32,
    /// The offset in that partition.
    pub offset: i64,
}

/// The place of a change among all changes: which event, and which of its legs. Ordered as the handler publishes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct EventLeg {
    /// The event's number, from 1.
    pub event: i64,
    /// 1 for the debit, 2 for the credit.
    pub leg: i16,
}

/// One `BalanceChanged`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Stable over a rebuild: event * 2 + leg, or [`id_of_place`] for a record without headers.
    pub id: i64,
    /// The account whose balance changed.
    pub account: Iban,
    /// Where the record is. Within an account, the offset is the order.
    pub place: Place,
    /// Which event and leg; unknown for a record without headers.
    pub event_leg: Option<EventLeg>,
    /// The account's own count of its changes, from 1; unknown for a record without headers.
    pub account_seq: Option<i64>,
    /// When it was decided, in microseconds since 1970 UTC; unknown for a record without headers.
    pub booked_at_us: Option<i64>,
    /// The balance after it.
    pub new_balance: Cents,
    /// Negative for a debit.
    pub changed_by: Cents,
    /// The other side.
    pub from_to: String,
    /// What it was for.
    pub descr: String,
}

impl Change {
    /// A change from a record and its headers.
    ///
    /// # Errors
    /// When the record's IBAN is not of this bank's form: there is no account to book it on.
    pub fn from_record(record: BalanceChanged, headers: ChangeHeaders, place: Place) -> Result<Self, InvalidIban> {
        Ok(Self {
            id: headers.event_leg.map_or_else(|| id_of_place(place), id_of_event),
            account: Iban::parse(&record.iban)?,
            place,
            event_leg: headers.event_leg,
            account_seq: headers.account_seq,
            booked_at_us: headers.booked_at_us,
            new_balance: Cents::new(record.new_balance),
            changed_by: Cents::new(record.changed_by),
            from_to: storable(record.from_to),
            descr: storable(record.description),
        })
    }

    /// Whether money left the account.
    #[must_use]
    pub fn is_debit(&self) -> bool {
        self.changed_by < Cents::ZERO
    }
}

/// The highest event number whose ids stay below 2^53, where JavaScript's numbers are exact.
pub const MAX_EVENT: i64 = (1 << 52) - 2;

/// The id of a change that says which event it is of.
#[must_use]
pub fn id_of_event(of: EventLeg) -> i64 {
    of.event * 2 + i64::from(of.leg)
}

/// The event of a change with this id; `None` for the id of one that only has a place.
#[must_use]
pub fn event_of(id: i64) -> Option<i64> {
    (id > 2).then(|| (id - 1) / 2)
}

/// The id of a change that only has a place: negative, so that it is never an event's. Exact in JavaScript for up to
/// 8,191 partitions of up to 2^40 records.
#[must_use]
pub fn id_of_place(place: Place) -> i64 {
    -1 - ((i64::from(place.partition) << 40) | place.offset)
}

/// Postgres has no place for a zero byte in a text, which Avro allows.
#[must_use]
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// Changes for the tests of what takes changes.
#[cfg(test)]
pub(crate) mod tests_support {
    use super::*;

    /// A credit of 100 on the company's account, with 100 after it; event 0 is none.
    pub(crate) fn change_at(partition: i32, offset: i64, event: i64, leg: i16) -> Change {
        let place = Place { partition, offset };
        let event_leg = (event > 0).then_some(EventLeg { event, leg });
        Change {
            id: event_leg.map_or_else(|| id_of_place(place), id_of_event),
            account: Iban::COMPANY,
            place,
            event_leg,
            account_seq: None,
            booked_at_us: None,
            new_balance: Cents::new(100),
            changed_by: Cents::new(100),
            from_to: "cash".into(),
            descr: "salary".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_apart_and_exact_in_javascript() {
        let event = |event, leg| id_of_event(EventLeg { event, leg });
        let place = |partition, offset| id_of_place(Place { partition, offset });
        let rows = [
            (event(1, 1), 3),
            (event(1, 2), 4),
            (event(2, 1), 5),
            (event(MAX_EVENT, 2), (1 << 53) - 2),
            (place(0, 0), -1),
            (place(0, 1), -2),
            (place(1, 0), -1 - (1 << 40)),
            (place(8_191, (1 << 40) - 1), -(1 << 53)),
        ];
        for (id, expected) in rows {
            assert_eq!(id, expected);
        }
        let events =
            [(-1, None), (2, None), (3, Some(1)), (4, Some(1)), (5, Some(2)), (event(MAX_EVENT, 2), Some(MAX_EVENT))];
        for (id, event) in events {
            assert_eq!(event_of(id), event, "{id}");
        }
    }

    #[test]
    fn a_zero_byte_never_reaches_the_database() {
        let record = BalanceChanged {
            iban: "NL66OPEN0000000000".into(),
            new_balance: 1,
            changed_by: -1,
            from_to: "a\0b".into(),
            description: "\0".into(),
        };
        let place = Place { partition: 0, offset: 7 };
        let change = Change::from_record(record, ChangeHeaders::default(), place).expect("the company's IBAN");
        assert_eq!((change.from_to.as_str(), change.descr.as_str(), change.id), ("a\u{FFFD}b", "\u{FFFD}", -8));
        assert!(change.is_debit());
    }

    #[test]
    fn an_iban_of_no_account_is_refused() {
        let record = BalanceChanged {
            iban: "NL00OPEN0000000000".into(),
            new_balance: 1,
            changed_by: 1,
            from_to: String::new(),
            description: String::new(),
        };
        let place = Place { partition: 0, offset: 7 };
        assert_eq!(Change::from_record(record, ChangeHeaders::default(), place), Err(InvalidIban));
    }
}
