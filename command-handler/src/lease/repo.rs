use tokio_postgres::{Client, Error};

/// Key of the advisory lock that the active handler holds: the ASCII of `handler`. Advisory locks are per database.
const HANDLER_LOCK: i64 = 0x0068_616e_646c_6572;

/// A process of the server. Numbers are used again, so the time it started belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its process id.
    pub pid: i32,
    started: String,
}

impl Backend {
    /// The one that serves this connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(client: &Client) -> Result<Self, Error> {
        let row = client
            .query_one("SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()", &[])
            .await?;
        Ok(Self { pid: row.try_get(0)?, started: row.try_get(1)? })
    }
}

pub async fn try_lock(client: &Client) -> Result<bool, Error> {
    client.query_one("SELECT pg_try_advisory_lock($1)", &[&HANDLER_LOCK]).await?.try_get(0)
}

/// The backend that holds the lock, and whether the server is at work for it: then its handler waits for an answer,
/// however long, and can show no sign of life. A handler that is stopped leaves a backend that waits for its client.
pub async fn holder(client: &Client) -> Result<Option<(Backend, bool)>, Error> {
    let row = client
        .query_opt(
            "SELECT a.pid, a.backend_start::text, \
             coalesce(a.state = 'active' AND a.wait_event_type IS DISTINCT FROM 'Client', false) \
             FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND l.classid::bigint << 32 | l.objid::bigint = $1",
            &[&HANDLER_LOCK],
        )
        .await?;
    row.map(|row| Ok((Backend { pid: row.try_get(0)?, started: row.try_get(1)? }, row.try_get(2)?))).transpose()
}

pub async fn counter(client: &Client) -> Result<i64, Error> {
    client.query_one("SELECT counter FROM lease", &[]).await?.try_get(0)
}

pub async fn set_holder(client: &Client, holder: &str) -> Result<(), Error> {
    client.execute("UPDATE lease SET holder = $1, counter = counter + 1", &[&holder]).await?;
    Ok(())
}

/// Ends the backend if it is still the same one.
pub async fn terminate(client: &Client, backend: &Backend) -> Result<(), Error> {
    client
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2",
            &[&backend.pid, &backend.started],
        )
        .await?;
    Ok(())
}
