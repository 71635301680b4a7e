//! Postgres: a bounded pool, single connections for whoever needs one of its own, and migrations.

pub mod config;
mod error;
mod migrate;
mod secret;

pub use config::{DatabaseSettings, Password};
pub use error::{PostgresError, is_retriable};
pub use migrate::migrate;
pub use secret::Secret;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

/// A pool of connections to a database, bounded in connections and in waiting. It connects when first used.
///
/// A connection that is known to be closed is not handed out again. It is not asked whether it lives: that would cost each use
/// a round trip, and says nothing about the next moment.
///
/// # Errors
/// When the pool cannot be built from these settings.
pub fn pool(settings: &DatabaseSettings, database: &str, application: &str) -> Result<Pool, PostgresError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(connection_config(settings, database, application), NoTls, recycling);
    let timeout = Some(Duration::from_millis(settings.connect_timeout_ms));
    let pool = Pool::builder(manager)
        .max_size(usize::try_from(settings.pool_max_connections).unwrap_or(usize::MAX))
        .wait_timeout(timeout)
        .create_timeout(timeout)
        .recycle_timeout(timeout)
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok(pool)
}

/// One connection of its own, and the task that drives it, which ends when the connection does: with the reason when
/// it was lost, and with `Ok` after the client was dropped.
///
/// # Errors
/// When Postgres cannot be reached in time or refuses the login.
pub async fn connect(
    settings: &DatabaseSettings,
    database: &str,
    application: &str,
) -> Result<(Client, JoinHandle<Result<(), tokio_postgres::Error>>), PostgresError> {
    let address = format!("{}:{}", settings.hostname, settings.port);
    let timeout_ms = settings.connect_timeout_ms;
    let config = connection_config(settings, database, application);
    let connected = tokio::time::timeout(Duration::from_millis(timeout_ms), config.connect(NoTls)).await;
    match connected {
        Ok(Ok((client, connection))) => Ok((client, tokio::spawn(connection))),
        Ok(Err(source)) => Err(PostgresError::Connect { database: database.to_owned(), address, source }),
        Err(_) => Err(PostgresError::Timeout { database: database.to_owned(), address, timeout_ms }),
    }
}

/// Linux counts keepalive times in whole seconds, and refuses 0.
const SECOND: Duration = Duration::from_secs(1);

/// How every connection is made: a lost one is noticed within `tcp_timeout_ms`, also when it is idle, on either side.
#[must_use]
pub fn connection_config(settings: &DatabaseSettings, database: &str, application: &str) -> Config {
    let tcp_timeout = Duration::from_millis(settings.tcp_timeout_ms);
    let mut config = Config::new();
    config
        .host(&settings.hostname)
        .port(settings.port)
        .user(&settings.user)
        .password(settings.password.reveal())
        .dbname(database)
        .application_name(application)
        .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
        .options(server_options(settings))
        .tcp_user_timeout(tcp_timeout)
        .keepalives(true)
        .keepalives_idle((tcp_timeout / 2).max(SECOND))
        .keepalives_interval((tcp_timeout / 4).max(SECOND))
        .keepalives_retries(2);
    config
}

/// The server's side of the same bounds: the locks of a client that is gone must not stay.
fn server_options(settings: &DatabaseSettings) -> String {
    let tcp_timeout_ms = settings.tcp_timeout_ms;
    // These two are counted in whole seconds, and 0 would be the system's default of hours.
    let idle_s = (tcp_timeout_ms / 2_000).max(1);
    let interval_s = (tcp_timeout_ms / 4_000).max(1);
    [
        format!("statement_timeout={}", settings.statement_timeout_ms),
        format!("tcp_user_timeout={tcp_timeout_ms}"),
        format!("tcp_keepalives_idle={idle_s}"),
        format!("tcp_keepalives_interval={interval_s}"),
        "tcp_keepalives_count=2".to_owned(),
        // While a statement runs, the server looks this often whether anyone still waits for it.
        format!("client_connection_check_interval={}", tcp_timeout_ms / 2),
    ]
    .map(|option| format!("-c {option}"))
    .join(" ")
}
