//! What is under the bank, for people and for machines.

use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::kafka::KafkaFloor;
use super::tables::CopyFloor;
use crate::bank::{Machine, SyncTimes};

/// All that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct FloorReport {
    /// On what it ran.
    pub machine: Machine,
    /// The disk's own times, where its place is known.
    pub disk: Option<SyncTimes>,
    /// Postgres alone.
    pub copy: Vec<CopyFloor>,
    /// Kafka alone.
    pub kafka: Option<KafkaFloor>,
}

impl fmt::Display for FloorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        if let Some(disk) = self.disk {
            writeln!(f, "disk: {disk}")?;
        }
        if !self.copy.is_empty() {
            writeln!(f, "{}", copies(&self.copy))?;
        }
        if let Some(kafka) = &self.kafka {
            let KafkaFloor { commands, commands_per_second, us_per_command, .. } = kafka;
            write!(f, "Kafka alone, a command read and three events written: {commands_per_second:.0} commands/s, ")?;
            write!(f, "{us_per_command:.2} us per command; CPU us per command: ")?;
            write!(f, "client {:.2}, ", kafka.client_cpu_us_per_command)?;
            write!(f, "broker {:.2} (of {commands} commands)", kafka.broker_cpu_us_per_command)?;
        }
        Ok(())
    }
}

fn copies(copies: &[CopyFloor]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header([
        "table",
        "indexes",
        "rows per commit",
        "rows/s",
        "us/row",
        "server CPU us/row",
        "WAL bytes/row",
        "commit p50 ms",
        "p99 ms",
    ]);
    for copy in copies {
        table.add_row([
            copy.table.to_owned(),
            copy.indexes.clone(),
            copy.batch.to_string(),
            format!("{:.0}", copy.rows_per_second),
            format!("{:.2}", copy.us_per_row),
            copy.server_cpu_us_per_row.map_or("?".to_owned(), |us| format!("{us:.2}")),
            format!("{:.0}", copy.wal_bytes_per_row),
            format!("{:.2}", copy.commit_p50_ms),
            format!("{:.2}", copy.commit_p99_ms),
        ]);
    }
    for column in 2..=8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
