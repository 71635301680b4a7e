//! How the schema registry and the database are, by a small question to each.

use super::part::{Kind, Part};
use crate::error::Fault;
use deadpool_postgres::Pool;
use service_kit::registry::{Registry, value_subject};
use std::time::Duration;
use tokio::time::timeout;

/// Asks the registry something that it has to look up.
pub async fn ask_registry(registry: &Registry, topic: &str, patience: Duration) -> Part {
    let part = Part::new(Kind::Registry, "registry", registry.url());
    let subject = value_subject(topic);
    match timeout(patience, registry.compatibility(&subject)).await {
        Ok(Ok(_)) => part,
        Ok(Err(error)) => part.down(error.to_string()),
        Err(_) => part.down("does not answer in time".to_owned()),
    }
}

/// Asks the database of the endpoint what it is.
pub async fn ask_database(pool: &Pool, address: &str, patience: Duration) -> Part {
    let part = Part::new(Kind::Database, "postgres", address);
    let asked = async {
        let row = pool.get().await?.query_one("SELECT pg_is_in_recovery()", &[]).await?;
        Ok::<bool, Fault>(row.get(0))
    };
    match timeout(patience, asked).await {
        Ok(Ok(is_standby)) => Part { role: Some(if is_standby { "standby" } else { "primary" }.to_owned()), ..part },
        Ok(Err(fault)) => part.down(fault.to_string()),
        Err(_) => part.down("does not answer in time".to_owned()),
    }
}
