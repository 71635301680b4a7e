//! Compares the endpoint's rows with the books that the topics tell. No I/O.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use topology::{AccountType, Iban};

use super::TransactionRow;
use crate::books::{Books, Change, LegSeen, place_in_account, signature_of};
use crate::check::{Check, Tally};

/// The comparison under way: transactions first, by partition and offset, then accounts.
pub struct Projection<'a> {
    books: &'a Books,
    /// How far each partition is projected.
    positions: &'a BTreeMap<i32, i64>,
    /// The offset in each partition behind what was compared.
    compared: BTreeMap<i32, i64>,
    accounts: FxHashSet<Iban>,
    tally: Tally,
}

impl<'a> Projection<'a> {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(books: &'a Books, positions: &'a BTreeMap<i32, i64>, max_examples: usize) -> Self {
        Self {
            books,
            positions,
            compared: BTreeMap::new(),
            accounts: FxHashSet::default(),
            tally: Tally::new(Check::Projection, max_examples),
        }
    }

    /// The next transaction by partition and offset.
    pub fn transaction(&mut self, row: &TransactionRow) {
        let (partition, offset) = (row.partition, row.offset);
        let compared = self.compared.entry(partition).or_default();
        // Changes of the topic that come before the row were left out.
        for missing in self.books.changes.between(partition, *compared, offset) {
            self.tally.fails(|| left_out(partition, missing));
        }
        let change = self.books.changes.at(partition, offset).filter(|_| offset >= *compared);
        *compared = (*compared).max(offset + 1);
        let Some(change) = change else {
            self.tally.fails(|| {
                format!("transaction {} is of {partition}@{offset}, where no change is, or is there twice", row.id)
            });
            return;
        };
        let is_same = match change {
            Change::Numbered { id, event, leg } => {
                let said = self.books.events.get(event).and_then(|event| event.leg(leg));
                id == row.id && said.is_some() && said == said_by(row)
            }
            Change::Unnumbered(said) => row.id < 0 && Some(said) == said_by(row),
        };
        self.tally.judge(is_same, || format!("transaction {} is not what {partition}@{offset} says", row.id));
    }

    /// An account, of which the type is known where its creation was seen.
    pub fn account(&mut self, number: i64, a_type: Option<i16>) {
        let iban = u64::try_from(number).ok().and_then(|number| Iban::from_number(number).ok());
        let created = iban.and_then(|iban| self.books.accounts.get(iban));
        let a_type = a_type.and_then(|ordinal| AccountType::from_ordinal(i64::from(ordinal)));
        self.tally.judge(created.is_some_and(|account| a_type.is_none_or(|a_type| a_type == account.a_type)), || {
            format!("account {number:010} is none, or of another type, in the topics")
        });
        self.accounts.extend(iban);
    }

    /// What is left is missing. `behind` says which partitions should be further, in words.
    #[must_use]
    pub fn finish(mut self, behind: Vec<String>) -> Tally {
        let is_behind = !behind.is_empty();
        for partition in behind {
            self.tally.fails(|| partition);
        }
        for (partition, position) in self.positions {
            let compared = self.compared.get(partition).copied().unwrap_or_default();
            for missing in self.books.changes.between(*partition, compared, *position) {
                self.tally.fails(|| left_out(*partition, missing));
            }
        }
        for (iban, _) in self.books.accounts.iter().filter(|(_, account)| !account.late && !is_behind) {
            self.tally.judge(self.accounts.contains(&iban), || format!("account {iban} is missing"));
        }
        self.tally
    }
}

fn said_by(row: &TransactionRow) -> Option<LegSeen> {
    let iban = Iban::from_number(u64::try_from(row.account).ok()?).ok()?;
    let seq = row.account_seq.map_or(Some(0), |seq| u64::try_from(seq).ok())?;
    let signature = signature_of(iban, row.changed_by, &row.from_to, &row.descr);
    Some(LegSeen::new(signature, place_in_account(iban, seq, row.new_balance)))
}

fn left_out(partition: i32, offset: i64) -> String {
    format!("the change at {partition}@{offset} is not projected")
}
