//! The hops of a journey, from what was found of it.

use crate::projection::{Place, Times};
use topology::Iban;
use topology::topic::names;

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The endpoint kept the request.
    Requested,
    /// The command's record.
    Produced,
    /// The handler decided.
    Decided,
    /// A record of the handler.
    Published,
    /// A change was committed in the projection.
    Projected,
    /// A change was handed to those who follow.
    Delivered,
    /// The outcome was kept.
    Answered,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: Kind,
    /// When, in microseconds since 1970 UTC, or why that is not known.
    pub at_us: Result<i64, String>,
    /// How exact that is.
    pub resolution_us: i32,
    /// The record, where it is one that was found.
    pub spot: Option<Spot>,
    /// The account, where the hop is of one change.
    pub account: Option<Iban>,
    /// The transaction, likewise.
    pub transaction_id: Option<i64>,
}

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The contract's name of its topic.
    pub topic: &'static str,
    /// Its place in it.
    pub place: Place,
}

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Where.
    pub spot: Spot,
    /// When it was written, in milliseconds since 1970 UTC.
    pub timestamp_ms: Option<i64>,
}

/// What the endpoint's database says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When it was kept, in microseconds since 1970 UTC.
    pub requested_us: i64,
    /// When its outcome was kept.
    pub answered_us: Option<i64>,
    /// Whether the money has moved; `None` without an outcome.
    pub success: Option<bool>,
    /// Why not.
    pub reason: Option<String>,
}

/// What was found of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTrace {
    /// The account.
    pub account: Iban,
    /// Its transaction; `None` where the projection does not have it.
    pub transaction_id: Option<i64>,
    /// The record, or why it was not found.
    pub published: Result<Record, String>,
    /// When it was taken in; `None` where that is not remembered.
    pub times: Option<Times>,
}

/// What was found of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// What the endpoint's database says.
    pub request: Option<Request>,
    /// The command's record, or why it was not found.
    pub command: Result<Record, String>,
    /// When it was decided, in microseconds since 1970 UTC, or why that is not known.
    pub decided_us: Result<i64, String>,
    /// The outcome's record, or why it was not found.
    pub outcome: Result<Record, String>,
    /// The changes, the debit first.
    pub changes: Vec<ChangeTrace>,
}

const NOT_REMEMBERED: &str = "this endpoint does not remember it any more, or did not take it in";

impl Traces {
    /// Nothing, for this reason.
    #[must_use]
    pub fn nothing(reason: &str) -> Self {
        let missing = || reason.to_owned();
        let (command, outcome, decided_us) = (Err(missing()), Err(missing()), Err(missing()));
        Self { request: None, command, decided_us, outcome, changes: Vec::new() }
    }

    /// The hops, in the order of the way.
    #[must_use]
    pub fn hops(&self) -> Vec<Hop> {
        let mut hops = Vec::new();
        if let Some(request) = &self.request {
            hops.push(moment(Kind::Requested, Ok(request.requested_us)));
        }
        hops.push(recorded(Kind::Produced, &self.command));
        hops.push(moment(Kind::Decided, self.decided_us.clone()));
        hops.push(recorded(Kind::Published, &self.outcome));
        for kind in [Kind::Published, Kind::Projected, Kind::Delivered] {
            hops.extend(self.changes.iter().map(|change| change.hop(kind)));
        }
        if let Some(request) = &self.request {
            let answered = request.answered_us.ok_or_else(|| "there is no outcome yet".to_owned());
            hops.push(moment(Kind::Answered, answered));
        }
        hops
    }
}

impl ChangeTrace {
    fn hop(&self, kind: Kind) -> Hop {
        let remembered = |us: fn(Times) -> i64| self.times.map(us).ok_or_else(|| NOT_REMEMBERED.to_owned());
        let hop = match kind {
            Kind::Projected => moment(kind, remembered(|times| times.projected_us)),
            Kind::Delivered => moment(kind, remembered(|times| times.delivered_us)),
            _ => recorded(kind, &self.published),
        };
        let spot = hop.spot.or_else(|| self.published.as_ref().ok().map(|record| record.spot));
        Hop { account: Some(self.account), transaction_id: self.transaction_id, spot, ..hop }
    }
}

fn moment(kind: Kind, at_us: Result<i64, String>) -> Hop {
    Hop { kind, at_us, resolution_us: 1, spot: None, account: None, transaction_id: None }
}

fn recorded(kind: Kind, record: &Result<Record, String>) -> Hop {
    let at_us = match record {
        Ok(Record { timestamp_ms: Some(ms), .. }) => Ok(ms * 1_000),
        Ok(_) => Err("the record has no time".to_owned()),
        Err(reason) => Err(reason.clone()),
    };
    let spot = record.as_ref().ok().map(|record| record.spot);
    Hop { resolution_us: 1_000, spot, ..moment(kind, at_us) }
}

/// Whether an outcome is of a transfer that was booked.
#[must_use]
pub fn is_confirmed(outcome: &Record) -> bool {
    outcome.spot.topic == names::MONEY_TRANSFER_CONFIRMED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(topic: &'static str, offset: i64, timestamp_ms: Option<i64>) -> Record {
        Record { spot: Spot { topic, place: Place { partition: 3, offset } }, timestamp_ms }
    }

    /// Each hop as: kind, microseconds or why not, offset of its record.
    fn told(traces: &Traces) -> Vec<(Kind, Result<i64, String>, Option<i64>)> {
        let hops = traces.hops().into_iter();
        hops.map(|hop| (hop.kind, hop.at_us, hop.spot.map(|spot| spot.place.offset))).collect()
    }

    #[test]
    fn a_transfer_goes_all_the_way() {
        let change = |account, offset| ChangeTrace {
            account,
            transaction_id: Some(offset),
            published: Ok(record(names::BALANCE_CHANGED, offset, Some(1_003))),
            times: Some(Times { projected_us: 1_004_500, delivered_us: 1_004_600 }),
        };
        let other = Iban::from_number(5).expect("ten digits");
        let traces = Traces {
            request: Some(Request {
                requested_us: 1_000_100,
                answered_us: Some(1_005_000),
                success: Some(true),
                reason: None,
            }),
            command: Ok(record(names::CONFIRM_MONEY_TRANSFER, 7, Some(1_001))),
            decided_us: Ok(1_002_300),
            outcome: Ok(record(names::MONEY_TRANSFER_CONFIRMED, 8, Some(1_003))),
            changes: vec![change(Iban::COMPANY, 20), change(other, 21)],
        };
        let expected = [
            (Kind::Requested, Ok(1_000_100), None),
            (Kind::Produced, Ok(1_001_000), Some(7)),
            (Kind::Decided, Ok(1_002_300), None),
            (Kind::Published, Ok(1_003_000), Some(8)),
            (Kind::Published, Ok(1_003_000), Some(20)),
            (Kind::Published, Ok(1_003_000), Some(21)),
            (Kind::Projected, Ok(1_004_500), Some(20)),
            (Kind::Projected, Ok(1_004_500), Some(21)),
            (Kind::Delivered, Ok(1_004_600), Some(20)),
            (Kind::Delivered, Ok(1_004_600), Some(21)),
            (Kind::Answered, Ok(1_005_000), None),
        ];
        assert_eq!(told(&traces), expected);
        let accounts: Vec<_> = traces.hops().iter().filter_map(|hop| hop.account).collect();
        assert_eq!(accounts, [Iban::COMPANY, other].repeat(3));
    }

    #[test]
    fn what_was_not_found_is_a_hop_that_says_why() {
        let why = |text: &str| Err(text.to_owned());
        let unknown =
            [(Kind::Produced, why("x"), None), (Kind::Decided, why("x"), None), (Kind::Published, why("x"), None)];
        assert_eq!(told(&Traces::nothing("x")), unknown);
        let change = ChangeTrace {
            account: Iban::COMPANY,
            transaction_id: None,
            published: Ok(record(names::BALANCE_CHANGED, 1, None)),
            times: None,
        };
        let traces = Traces { changes: vec![change], ..Traces::nothing("x") };
        let rest = [
            (Kind::Published, why("the record has no time"), Some(1)),
            (Kind::Projected, why(NOT_REMEMBERED), Some(1)),
            (Kind::Delivered, why(NOT_REMEMBERED), Some(1)),
        ];
        assert_eq!(told(&traces)[3..], rest);
    }
}
