//! The floor from the first look at the machine to the report.

use super::config::{FloorOptions, FloorSettings, Part};
use super::kafka;
use super::report::FloorReport;
use super::tables::{self, Source};
use crate::bank::Machine;
use crate::error::BenchmarkError;
use crate::interrupt::Interrupt;
use crate::output;

/// Measures and prints.
///
/// # Errors
/// When it cannot be measured.
pub async fn run(settings: &FloorSettings, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
    let report = measure(settings, interrupt).await?;
    output::give(&report, settings.floor.json, settings.floor.out.as_deref())?;
    Ok(true)
}

/// Measures.
///
/// # Errors
/// When it cannot be measured.
pub async fn measure(settings: &FloorSettings, interrupt: &Interrupt) -> Result<FloorReport, BenchmarkError> {
    let FloorSettings { floor, place, connections } = settings;
    let machine = Machine::now(&place.scripts_dir);
    let mut report = FloorReport { machine, disk: place.sync_times(), copy: Vec::new(), kafka: None };
    for source in sources(floor) {
        report.copy.extend(tables::measure(&connections.database, source, floor, interrupt).await?);
    }
    if floor.parts.contains(&Part::Kafka) {
        let (kafka, topics) = (&connections.kafka, &connections.topics);
        report.kafka = Some(kafka::measure(kafka, topics, place.pid_dir(), floor.rows, interrupt).await?);
    }
    Ok(report)
}

fn sources(floor: &FloorOptions) -> Vec<Source<'_>> {
    let ledger = Source { database: &floor.balance_database, table: "public.event", asynchronous_commit: false };
    // As the endpoint's settings have it by default: what is lost is projected again.
    let projection =
        Source { database: &floor.transaction_database, table: "projection.transaction", asynchronous_commit: true };
    let wanted = [(Part::Ledger, ledger), (Part::Projection, projection)];
    wanted.into_iter().filter(|(part, _)| floor.parts.contains(part)).map(|(_, source)| source).collect()
}
