//! The contract's headers, read leniently: one that is absent or wrong counts as absent, since another implementation
//! of the handler need not send any.

use super::change::{EventLeg, MAX_EVENT};
use topology::{Iban, header};

/// What the headers of a `BalanceChanged` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeHeaders {
    /// Which event and leg; only where both headers are right.
    pub event_leg: Option<EventLeg>,
    /// The account's own sequence.
    pub account_seq: Option<i64>,
    /// When it was decided, in microseconds since 1970 UTC.
    pub booked_at_us: Option<i64>,
}

/// A change that belongs to an outcome: the account, and that account's sequence after it.
pub type Leg = (Iban, i64);

/// What the headers of an outcome say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutcomeHeaders {
    /// The changes that belong to this outcome.
    pub legs: Vec<Leg>,
    /// When it was decided, in microseconds since 1970 UTC.
    pub booked_at_us: Option<i64>,
    /// Whether it answers a repeated command.
    pub repeat: bool,
    /// Whether the id came with other content than the first time.
    pub id_reused: bool,
}

impl ChangeHeaders {
    /// Reads them from names and values; of a name that comes twice, the last counts.
    pub fn read<'a>(headers: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>) -> Self {
        let mut read = Self::default();
        let (mut event, mut leg) = (None, None);
        for (name, value) in headers {
            match name {
                header::EVENT => event = number(value).filter(|event| *event <= MAX_EVENT),
                header::LEG => leg = number(value).filter(|leg| *leg <= 2),
                header::ACCOUNT_SEQ => read.account_seq = number(value),
                header::BOOKED_AT => read.booked_at_us = number(value),
                _ => {}
            }
        }
        read.event_leg =
            event.zip(leg.and_then(|leg| i16::try_from(leg).ok())).map(|(event, leg)| EventLeg { event, leg });
        read
    }
}

impl OutcomeHeaders {
    /// Reads them from names and values.
    pub fn read<'a>(headers: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            match name {
                header::LEGS => read.legs = legs(value),
                header::BOOKED_AT => read.booked_at_us = number(value),
                header::REPEAT => read.repeat = true,
                header::ID_REUSED => read.id_reused = true,
                _ => {}
            }
        }
        read
    }
}

fn number(value: Option<&[u8]>) -> Option<i64> {
    std::str::from_utf8(value?).ok()?.parse().ok().filter(|number| *number > 0)
}

fn legs(value: Option<&[u8]>) -> Vec<Leg> {
    let text = value.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    text.split(',').filter_map(leg).collect()
}

fn leg(text: &str) -> Option<Leg> {
    let (iban, seq) = text.split_once(':')?;
    Some((Iban::parse(iban).ok()?, number(Some(seq.as_bytes()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> {
        pairs.iter().map(|(name, value)| (*name, Some(value.as_bytes())))
    }

    #[test]
    fn a_change_is_known_by_event_and_leg_together() {
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<EventLeg>);
        let cases: [Case<'_>; 7] = [
            (&[("event", "7"), ("leg", "2")], Some(EventLeg { event: 7, leg: 2 })),
            (&[("event", "7")], None),
            (&[("leg", "1")], None),
            (&[("event", "0"), ("leg", "1")], None),
            (&[("event", "7"), ("leg", "3")], None),
            (&[("event", "-7"), ("leg", "1")], None),
            (&[("event", "4503599627370495"), ("leg", "1")], None),
        ];
        for (headers, expected) in cases {
            assert_eq!(ChangeHeaders::read(rows(headers)).event_leg, expected, "{headers:?}");
        }
    }

    #[test]
    fn the_rest_of_a_change_is_read_apart() {
        let read = ChangeHeaders::read(rows(&[("account-seq", "3"), ("booked-at", "1700000000000000"), ("x", "y")]));
        let booked_at_us = Some(1_700_000_000_000_000);
        assert_eq!(read, ChangeHeaders { event_leg: None, account_seq: Some(3), booked_at_us });
    }

    #[test]
    fn legs_that_are_wrong_are_left_out() {
        let company = Iban::COMPANY;
        let cases: [(&str, &[Leg]); 5] = [
            ("NL66OPEN0000000000:4", &[(company, 4)]),
            ("NL66OPEN0000000000:4,NL66OPEN0000000000:5", &[(company, 4), (company, 5)]),
            ("NL66OPEN0000000000:x,NL66OPEN0000000000:5", &[(company, 5)]),
            ("NL00OPEN0000000000:1", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(OutcomeHeaders::read(rows(&[("legs", text)])).legs, expected, "{text}");
        }
    }

    #[test]
    fn marks_count_whatever_their_value() {
        let read = OutcomeHeaders::read([("repeat", None), ("id-reused", Some(&b""[..]))].into_iter());
        assert!(read.repeat && read.id_reused);
    }
}
