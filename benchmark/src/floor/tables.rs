//! COPY alone: rows of the bank into a table like the bank's, in transactions of different sizes, and without each index.

use std::time::{Duration, Instant};

use serde::Serialize;
use service_kit::postgres::DatabaseSettings;

use super::config::FloorOptions;
use super::repo::{FloorRepo, Index};
use super::rows::Rows;
use crate::bank::{cpu_seconds, durations_us, microseconds};
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// A table of the bank.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its database.
    pub database: &'a str,
    /// Its name with its schema.
    pub table: &'static str,
    /// Whether its service commits without waiting for the disk.
    pub asynchronous_commit: bool,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct CopyFloor {
    /// The bank's table.
    pub table: &'static str,
    /// Which indexes there were.
    pub indexes: String,
    /// Rows per transaction.
    pub batch: u32,
    /// Rows written.
    pub rows: u64,
    /// Rows a second.
    pub rows_per_second: f64,
    /// Microseconds per row, from beginning to end.
    pub us_per_row: f64,
    /// Of the server's process, where it runs on this machine.
    pub server_cpu_us_per_row: Option<f64>,
    /// Bytes of log per row.
    pub wal_bytes_per_row: f64,
    /// Milliseconds of a transaction: the median.
    pub commit_p50_ms: f64,
    /// And all but one in a hundred.
    pub commit_p99_ms: f64,
}

/// Measures one table; leaves nothing behind, also after an error.
///
/// # Errors
/// When the table has no rows or the database fails.
pub async fn measure(
    settings: &DatabaseSettings,
    source: Source<'_>,
    options: &FloorOptions,
    interrupt: &Interrupt,
) -> Result<Vec<CopyFloor>, BenchmarkError> {
    let repo = FloorRepo::connect(settings, source.database, source.table, source.asynchronous_commit).await?;
    let rows = repo.rows(options.rows).await?;
    let measurer = Measurer { repo: &repo, rows: &rows, table: source.table, options, interrupt };
    let found = measurer.all().await;
    repo.drop_schema().await?;
    found
}

struct Measurer<'a> {
    repo: &'a FloorRepo,
    rows: &'a Rows,
    table: &'static str,
    options: &'a FloorOptions,
    interrupt: &'a Interrupt,
}

impl Measurer<'_> {
    async fn all(&self) -> Result<Vec<CopyFloor>, BenchmarkError> {
        let mut measured = Vec::new();
        for batch in &self.options.batches {
            self.repo.make_table().await?;
            measured.push(self.one("all".to_owned(), *batch).await?);
        }
        let batch = self.options.index_batch;
        self.repo.make_table().await?;
        let indexes = self.repo.indexes().await?;
        for left_out in &indexes {
            self.make_table_without(|index| index == left_out).await?;
            measured.push(self.one(format!("without {}", left_out.columns), batch).await?);
        }
        self.make_table_without(|_| true).await?;
        measured.push(self.one("none".to_owned(), batch).await?);
        Ok(measured)
    }

    async fn make_table_without(&self, left_out: impl Fn(&Index) -> bool) -> Result<(), BenchmarkError> {
        self.repo.make_table().await?;
        for index in self.repo.indexes().await?.iter().filter(|index| left_out(index)) {
            self.repo.drop_index(index).await?;
        }
        Ok(())
    }

    async fn one(&self, indexes: String, batch: u32) -> Result<CopyFloor, BenchmarkError> {
        let statement = self.repo.prepare_copy().await?;
        let progress = Progress::new(self.table, self.rows.len() as u64);
        let backend = self.repo.backend().await?;
        let mut commits_us = durations_us();
        let wal_before = self.repo.wal_bytes().await?;
        let cpu_before = backend.and_then(cpu_seconds);
        let deadline = Duration::from_secs(u64::from(self.options.seconds));
        let (started, mut written) = (Instant::now(), 0);
        while written < self.rows.len() && started.elapsed() < deadline {
            self.interrupt.check()?;
            let data = self.rows.batch(written, batch as usize);
            let begun = Instant::now();
            let copied = self.repo.copy(&statement, data).await?;
            commits_us.saturating_record(microseconds(begun.elapsed()));
            written += usize::try_from(copied).unwrap_or(usize::MAX);
            progress.to(written as u64);
        }
        let seconds = started.elapsed().as_secs_f64();
        let cpu_s = backend.and_then(cpu_seconds).zip(cpu_before).map(|(after, before)| after - before);
        let wal_bytes = self.repo.wal_bytes().await? - wal_before;
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let (rows, wal_bytes) = (written as f64, wal_bytes as f64);
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let ms = |quantile| commits_us.value_at_quantile(quantile) as f64 / 1_000.0;
        Ok(CopyFloor {
            table: self.table,
            indexes,
            batch,
            rows: written as u64,
            rows_per_second: rows / seconds,
            us_per_row: seconds * 1e6 / rows,
            server_cpu_us_per_row: cpu_s.map(|cpu_s| cpu_s * 1e6 / rows),
            wal_bytes_per_row: wal_bytes / rows,
            commit_p50_ms: ms(0.5),
            commit_p99_ms: ms(0.99),
        })
    }
}
