//! Compares the endpoint's rows with the books that the topics tell. No I/O.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use topology::{AccountType, Iban};

use super::TransactionRow;
use crate::books::{Books, Change, said};
use crate::check::{Check, Tally};

/// The comparison under way: transactions first, by partition and offset, then accounts.
pub struct Projection<'a> {
    books: &'a Books,
    /// How far each partition is projected.
    positions: &'a BTreeMap<i32, i64>,
    /// How many changes of each partition were compared.
    compared: BTreeMap<i32, usize>,
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
        let changes = self.books.changes.of_partition(row.partition);
        let compared = self.compared.entry(row.partition).or_default();
        // Changes of the topic that come before the row were left out.
        while let Some(missing) = changes.get(*compared).filter(|change| change.offset < row.offset) {
            *compared += 1;
            self.tally.fails(|| left_out(row.partition, missing));
        }
        let change = changes.get(*compared).filter(|change| change.offset == row.offset);
        let Some(change) = change else {
            self.tally
                .fails(|| format!("transaction {} is of {}@{}, where no change is", row.id, row.partition, row.offset));
            return;
        };
        *compared += 1;
        let has_id = change.id.map_or(row.id < 0, |id| id == row.id);
        self.tally.judge(has_id && change.said == said_by(row), || {
            format!("transaction {} is not what {}@{} says", row.id, row.partition, row.offset)
        });
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
            let rest = self.books.changes.of_partition(*partition).get(compared..).unwrap_or_default();
            for change in rest.iter().filter(|change| change.offset < *position) {
                self.tally.fails(|| left_out(*partition, change));
            }
        }
        for (iban, _) in self.books.accounts.iter().filter(|(_, account)| !account.late && !is_behind) {
            self.tally.judge(self.accounts.contains(&iban), || format!("account {iban} is missing"));
        }
        self.tally
    }
}

fn said_by(row: &TransactionRow) -> crate::digest::Digest {
    let seq = row.account_seq.and_then(|seq| u64::try_from(seq).ok());
    let account = u64::try_from(row.account).unwrap_or(u64::MAX);
    said(account, seq, row.new_balance, row.changed_by, &row.from_to, &row.descr)
}

fn left_out(partition: i32, change: &Change) -> String {
    format!("the change at {partition}@{} is not projected", change.offset)
}
