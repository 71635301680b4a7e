//! Writes the rows down beside the clicking: what the bank is asked for some of them must not hold up the next click.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::bank::Bank;
use super::rows::{InteractionRow, Row, RowFile};
use crate::error::BenchmarkError;

/// A row that lacks what the bank has to say.
#[derive(Debug)]
pub struct Draft {
    /// Without hops and sample.
    pub row: InteractionRow,
    /// The transaction to ask the way of, and when it was clicked for, in milliseconds since 1970.
    pub journey: Option<(i64, f64)>,
    /// Whether to look at what the bank is doing.
    pub sampled: bool,
}

/// Rows that may wait for the bank's answers about those before them; with more, the clicking waits too.
const WAITING_MAX: usize = 1_000;

/// What is to be written.
enum Entry {
    Draft(Box<Draft>),
    Row(Box<Row>),
}

/// Writes what it is given, in that order.
pub struct Recorder {
    entries: mpsc::Sender<Entry>,
    writing: JoinHandle<Result<(), BenchmarkError>>,
}

impl Recorder {
    /// Begins to write into this file; the bank is asked for journeys and samples alone.
    #[must_use]
    pub fn start(mut file: RowFile, mut bank: Bank) -> Self {
        let (entries, mut given) = mpsc::channel(WAITING_MAX);
        let writing = tokio::spawn(async move {
            while let Some(entry) = given.recv().await {
                match entry {
                    Entry::Draft(draft) => file.add(&Row::Interaction(complete(*draft, &mut bank).await))?,
                    Entry::Row(row) => file.add(&row)?,
                }
            }
            Ok(())
        });
        Self { entries, writing }
    }

    /// An interaction. What cannot be written any more is told at the end.
    pub async fn interaction(&self, draft: Draft) {
        let _ = self.entries.send(Entry::Draft(Box::new(draft))).await;
    }

    /// Another row.
    pub async fn row(&self, row: Row) {
        let _ = self.entries.send(Entry::Row(Box::new(row))).await;
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// When it could not be.
    pub async fn finish(self) -> Result<(), BenchmarkError> {
        drop(self.entries);
        self.writing.await.map_err(|_| BenchmarkError::Panicked)?
    }

    /// Whether writing has failed, and going on makes no sense.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.writing.is_finished()
    }
}

async fn complete(draft: Draft, bank: &mut Bank) -> InteractionRow {
    let Draft { mut row, journey, sampled } = draft;
    if let Some((transaction, clicked_at_ms)) = journey {
        row.hops_ms = bank.journey(transaction, clicked_at_ms).await;
        row.hops_ms.insert("shown".to_owned(), row.latency_ms);
    }
    if sampled {
        row.sample = Some(bank.sample().await);
    }
    row
}
