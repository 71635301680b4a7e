//! Orders to build the projection again: given by a command, kept in the database, carried out by the running service.

use super::repo::Writer;
use crate::error::Fault;
use std::time::Duration;
use tokio_postgres::Client;

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub id: i64,
    /// Whether somebody began with it.
    pub is_started: bool,
    /// Whether the new projection is in place.
    pub is_finished: bool,
    /// Changes written so far.
    pub projected: i64,
}

/// Between two looks of the command at how its order stands.
const LOOK: Duration = Duration::from_millis(200);

/// Orders the projection to be built again; the order that waits already, if there is one.
pub async fn order_rebuild(client: &Client) -> Result<i64, Fault> {
    let waiting = client.query_opt("SELECT id FROM rebuild WHERE finished_at IS NULL ORDER BY id LIMIT 1", &[]).await?;
    if let Some(row) = waiting {
        return Ok(row.get(0));
    }
    Ok(client.query_one("INSERT INTO rebuild DEFAULT VALUES RETURNING id", &[]).await?.get(0))
}

/// Waits until the order is carried out, telling `progress` how it stands whenever that changed.
pub async fn await_order(client: &Client, id: i64, mut progress: impl FnMut(Order)) -> Result<(), Fault> {
    let mut told = None;
    loop {
        let sql = "SELECT started_at IS NOT NULL, finished_at IS NOT NULL, projected FROM rebuild WHERE id = $1";
        let row = client.query_one(sql, &[&id]).await?;
        let order = Order { id, is_started: row.get(0), is_finished: row.get(1), projected: row.get(2) };
        if told != Some(order) {
            progress(order);
            told = Some(order);
        }
        if order.is_finished {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Writer {
    /// The order to carry out, if any.
    pub async fn order(&mut self) -> Result<Option<i64>, Fault> {
        let sql = "SELECT id FROM rebuild WHERE finished_at IS NULL ORDER BY id LIMIT 1";
        Ok(self.client().query_opt(sql, &[]).await?.map(|row| row.get(0)))
    }

    pub(super) async fn order_started(&mut self, id: i64) -> Result<(), Fault> {
        let sql = "UPDATE rebuild SET started_at = now(), projected = 0 WHERE id = $1";
        self.client().execute(sql, &[&id]).await?;
        Ok(())
    }

    pub(super) async fn order_progressed(&mut self, id: i64, projected: i64) -> Result<(), Fault> {
        self.client().execute("UPDATE rebuild SET projected = $2 WHERE id = $1", &[&id, &projected]).await?;
        Ok(())
    }

    pub(super) async fn order_finished(&mut self, id: i64) -> Result<(), Fault> {
        let sql = "UPDATE rebuild SET started_at = coalesce(started_at, now()), finished_at = now() WHERE id = $1";
        self.client().execute(sql, &[&id]).await?;
        Ok(())
    }
}
