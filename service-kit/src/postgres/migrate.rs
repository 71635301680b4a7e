//! Bringing a database to the schema that this program was built with.

use super::PostgresError;
use refinery::Runner;
use tokio_postgres::Client;

/// Key of the advisory lock that a migrating instance holds: the ASCII of `migrate`. Advisory locks are per database.
const MIGRATION_LOCK: i64 = 0x006d_6967_7261_7465;

/// Runs the embedded migrations that the database lacks; `runner` is `embedded::migrations::runner()` of refinery's
/// `embed_migrations!`. Instances that start together go one after another.
///
/// Gives the number of migrations that were run.
///
/// # Errors
/// When a migration fails, or one that was applied differs from what is embedded. The lock is gone in any case: it
/// is given back, or ends with the connection.
pub async fn migrate(client: &mut Client, runner: Runner) -> Result<usize, PostgresError> {
    // A migration, or waiting for another instance's, may take longer than a statement of the service.
    client.batch_execute("SET statement_timeout = 0").await?;
    client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let report = runner.set_abort_divergent(true).run_async(client).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    client.batch_execute("RESET statement_timeout").await?;
    let applied = report?.applied_migrations().len();
    if applied > 0 {
        tracing::info!(applied, "database migrated");
    }
    Ok(applied)
}
