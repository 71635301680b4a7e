//! The links of the handler and of the users.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::Scene;
use crate::error::ChaosError;
use crate::proxy::{Mode, Proxy};

const SERVED: Duration = Duration::from_secs(30);

/// What tells a module that its database is at this port.
pub fn database_at(port: &str) -> [(&str, &str); 2] {
    [("DB_HOSTNAME", "127.0.0.1"), ("DB_PORT", port)]
}

pub async fn to_postgres(scene: &Scene<'_>, mode: Mode) -> Result<String, ChaosError> {
    let proxy = Proxy::to(scene.bank.place.port("POSTGRES_PORT")?).await?;
    let port = proxy.port.to_string();
    of_handler(scene, &proxy, mode, &database_at(&port)).await
}

pub async fn to_kafka(scene: &Scene<'_>, mode: Mode) -> Result<String, ChaosError> {
    let proxy = &scene.bank.detour;
    let address = format!("127.0.0.1:{}", proxy.port);
    of_handler(scene, proxy, mode, &[("KAFKA_BROKERS", &address)]).await
}

async fn of_handler(
    scene: &Scene<'_>,
    proxy: &Proxy,
    mode: Mode,
    changes: &[(&str, &str)],
) -> Result<String, ChaosError> {
    let own = scene.instead("command-handler", changes).await?;
    scene.served(SERVED).await?;
    let connections = proxy.seen.connections.load(Ordering::Relaxed);
    if connections == 0 {
        return Err(ChaosError::DidNotHappen("the handler does not go through the proxy".to_owned()));
    }
    let before = scene.load.answers();
    let held = proxy.while_held(mode);
    scene.hold().await;
    if !own.process.is_running() {
        return Err(ChaosError::Broken(format!("the handler ended; its log: {}", own.log.display())));
    }
    let meanwhile = scene.load.answers() - before;
    drop(held);
    scene.served(SERVED).await?;
    scene.ready("command-handler").await?;
    scene.as_before("command-handler", own).await?;
    Ok(format!("{connections} connections, {mode:?} for {} ms, {meanwhile} answers meanwhile", scene.plan.held_ms))
}

pub async fn to_users(scene: &Scene<'_>, mode: Mode) -> Result<String, ChaosError> {
    let before = scene.load.answers();
    let held = scene.bank.door.while_held(mode);
    scene.hold().await;
    let meanwhile = scene.load.answers() - before;
    drop(held);
    // Each user may have had one answer under way.
    let under_way = scene.people.accounts.len() as u64;
    if mode == Mode::Cut && meanwhile > under_way {
        return Err(ChaosError::DidNotHappen(format!("{meanwhile} answers came over links that were cut")));
    }
    Ok(format!("{mode:?} for {} ms, {meanwhile} answers meanwhile", scene.plan.held_ms))
}
