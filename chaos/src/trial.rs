//! One run: load, fault, heal, catch up, audit.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;

use crate::bank::{Bank, wait_for};
use crate::config::Settings;
use crate::error::ChaosError;
use crate::faults::{Fault, Scene};
use crate::load::{Load, People};
use crate::plan::Plan;
use crate::report::{Audited, Row};

/// What the auditor waits for what is not whole yet.
const AUDIT_DEADLINE_MS: u64 = 60_000;
/// What the auditor may take in all.
const AUDIT: Duration = Duration::from_mins(5);
/// What a fault may take beside the time that it is held.
const ACT: Duration = Duration::from_mins(2);
/// What a bank that failed may take to catch up, for the sake of its books.
const AFTER_FAILURE: Duration = Duration::from_secs(20);
/// What users may go without an answer once all is healed.
const SERVED: Duration = Duration::from_mins(1);

/// Runs a fault on a bank that is well, and tells how it went. A row whose verdict is not good means that the bank is not
/// to be used any more.
///
/// # Errors
/// When the load could not even begin.
pub async fn run(
    bank: &Bank,
    people: &mut People,
    fault: &Fault,
    plan: Plan,
    settings: &Settings,
) -> Result<Row, ChaosError> {
    let mut row = Row::new(fault, plan);
    let began = Instant::now();
    bank.all_ready().await?;
    let load = Load::begin(bank, people, settings.rate).await?;
    let catch_up = Duration::from_millis(settings.catch_up_ms);
    let happened = happen(bank, &load, people, fault, &row.plan).await;
    let verdict = match happened {
        Ok(evidence) => {
            row.evidence = evidence;
            finish(bank, load, people, catch_up, &mut row).await
        }
        Err(error) => {
            // The books are looked at all the same, but what went wrong first is what is told.
            let _ = finish(bank, load, people, catch_up.min(AFTER_FAILURE), &mut row).await;
            Err(error)
        }
    };
    row.failure = match verdict {
        Ok(()) => what_is_wrong(fault, &row),
        Err(error) => Some(service_kit::service::chain(&error)),
    };
    row.took_ms = milliseconds(began.elapsed());
    Ok(row)
}

async fn happen(
    bank: &Bank,
    load: &Load<'_>,
    people: &People,
    fault: &Fault,
    plan: &Plan,
) -> Result<String, ChaosError> {
    tokio::time::sleep(Duration::from_millis(plan.before_ms)).await;
    let scene = Scene { bank, plan, load, people };
    let limit = ACT + Duration::from_millis(plan.held_ms);
    let acted = tokio::time::timeout(limit, (fault.act)(&scene)).await;
    let late = |_| ChaosError::Late { what: format!("{} to be over", fault.name), timeout_ms: milliseconds(limit) };
    let evidence = acted.map_err(late)??;
    scene.served(SERVED).await?;
    tokio::time::sleep(Duration::from_millis(plan.after_ms)).await;
    Ok(evidence)
}

async fn finish(
    bank: &Bank,
    load: Load<'_>,
    people: &mut People,
    catch_up: Duration,
    row: &mut Row,
) -> Result<(), ChaosError> {
    let began = Instant::now();
    row.seen = load.end(people, catch_up).await?;
    bank.all_ready().await?;
    wait_for("lag 0", catch_up, async || bank.questions.lag().await == Some(0)).await?;
    row.caught_up_ms = milliseconds(began.elapsed());
    wait_for("the registry to answer", catch_up, async || bank.questions.registry_answers().await).await?;
    row.audit = audit(bank).await?;
    row.counts = bank.questions.counts().await?;
    people.check_balances(bank.questions.graphql_port).await
}

/// What does not hold of a run that went through.
fn what_is_wrong(fault: &Fault, row: &Row) -> Option<String> {
    let silence_max_ms = row.plan.held_ms + fault.silence_beyond_ms;
    let silence_ms = row.seen.longest_silence_ms;
    let silence = (silence_ms > silence_max_ms)
        .then(|| format!("a user waited {silence_ms} ms, and {silence_max_ms} ms are the most"));
    let audit = (!row.audit.holds).then(|| format!("the audit failed: {}", row.audit.failed.join("; ")));
    audit.or_else(|| row.seen.fault()).or_else(|| row.counts.fault()).or(silence)
}

/// Lets the auditor look at the bank.
async fn audit(bank: &Bank) -> Result<Audited, ChaosError> {
    let questions = &bank.questions;
    let mut command = Command::new(bank.program("audit"));
    command
        .arg("--json")
        .env("AUDIT_DEADLINE_MS", AUDIT_DEADLINE_MS.to_string())
        .env("KAFKA_BROKERS", &questions.kafka.brokers)
        .env("SCHEMA_REGISTRY_URL", &questions.registry.url)
        .env("DB_PORT", questions.database.port.to_string())
        .env("GRAPHQL_PORT", questions.graphql_port.to_string())
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let late = |_| ChaosError::Late { what: "the audit".to_owned(), timeout_ms: milliseconds(AUDIT) };
    let output = tokio::time::timeout(AUDIT, command.output()).await.map_err(late)?;
    let output = output.map_err(ChaosError::io("cannot run the audit"))?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|_| ChaosError::Nonsense {
        what: "the audit".to_owned(),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })?;
    Audited::of(&report)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
