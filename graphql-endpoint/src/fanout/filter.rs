//! Which changes a subscriber wants.

use crate::projection::Change;
use topology::{Cents, Iban};

/// Money out of, or into, the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Out of it.
    Debit,
    /// Into it.
    Credit,
}

impl Direction {
    /// The direction of a change.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        if change.is_debit() { Self::Debit } else { Self::Credit }
    }
}

/// Which changes a subscriber wants; what is `None` does not matter to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this account.
    pub account: Option<Iban>,
    /// The signed change is at least this.
    pub min_amount: Option<Cents>,
    /// The signed change is at most this.
    pub max_amount: Option<Cents>,
    /// In this direction.
    pub direction: Option<Direction>,
    /// With this text, in this case, in its description.
    pub descr_includes: Option<String>,
}

impl Filter {
    /// Whether the change is wanted.
    #[must_use]
    pub fn wants(&self, change: &Change) -> bool {
        self.account.is_none_or(|account| account == change.account)
            && self.min_amount.is_none_or(|least| change.changed_by >= least)
            && self.max_amount.is_none_or(|most| change.changed_by <= most)
            && self.direction.is_none_or(|direction| direction == Direction::of(change))
            && self.descr_includes.as_ref().is_none_or(|text| change.descr.contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::tests_support::change_at;

    #[test]
    fn every_condition_must_hold() {
        let other = Iban::from_number(1).expect("ten digits");
        let min_amount = |cents| Filter { min_amount: Some(Cents::new(cents)), ..Filter::default() };
        let max_amount = |cents| Filter { max_amount: Some(Cents::new(cents)), ..Filter::default() };
        let direction = |direction| Filter { direction: Some(direction), ..Filter::default() };
        let descr = |text: &str| Filter { descr_includes: Some(text.into()), ..Filter::default() };
        let account = |account| Filter { account: Some(account), ..Filter::default() };
        // filter; wants a credit of 100 for `salary`, wants a debit of 100 for `salary`
        let rows = [
            (Filter::default(), true, true),
            (account(Iban::COMPANY), true, true),
            (account(other), false, false),
            (min_amount(100), true, false),
            (min_amount(101), false, false),
            (min_amount(-100), true, true),
            (max_amount(100), true, true),
            (max_amount(-100), false, true),
            (max_amount(-101), false, false),
            (direction(Direction::Credit), true, false),
            (direction(Direction::Debit), false, true),
            (descr("alar"), true, true),
            (descr("Salary"), false, false),
            (Filter { direction: Some(Direction::Credit), ..descr("x") }, false, false),
        ];
        let credit = change_at(0, 0, 1, 1);
        let debit = Change { changed_by: Cents::new(-100), ..credit.clone() };
        for (filter, wants_credit, wants_debit) in rows {
            assert_eq!((filter.wants(&credit), filter.wants(&debit)), (wants_credit, wants_debit), "{filter:?}");
        }
    }
}
