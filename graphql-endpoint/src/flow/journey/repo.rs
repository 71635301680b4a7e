//! SQL that tells when a transfer was asked for and answered.

use super::hops::Request;
use crate::error::Fault;
use deadpool_postgres::Pool;
use topology::CommandId;

/// What the endpoint's database says of a transfer; `None` when it was not asked for here.
pub async fn request_of(pool: &Pool, id: CommandId) -> Result<Option<Request>, Fault> {
    let client = pool.get().await?;
    let find = client
        .prepare_cached(
            "SELECT (extract(epoch FROM requested_at) * 1000000)::bigint,
                    (extract(epoch FROM answered_at) * 1000000)::bigint, success, reason
             FROM transfer_request WHERE id = $1",
        )
        .await?;
    let row = client.query_opt(&find, &[&id.uuid()]).await?;
    Ok(row.map(|row| Request {
        requested_us: row.get(0),
        answered_us: row.get(1),
        success: row.get(2),
        reason: row.get(3),
    }))
}
