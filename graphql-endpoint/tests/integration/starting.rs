//! What `/readyz` says before the endpoint serves.

use crate::bank::{Bank, DEADLINE};
use graphql_endpoint::build;
use service_kit::fixture::eventually;
use service_kit::service::Kit;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_ready_until_the_last_part_is() {
    let bank = Bank::new("gql-starting").await;
    let mut settings = bank.settings(&[]);
    settings.database.port = 1;
    let kit = Kit::detached();
    let building = tokio::spawn(build(settings, kit.clone()));
    let missing = eventually("the database is waited for", DEADLINE, async || {
        let missing = kit.health.readiness().missing;
        missing.iter().any(|missing| missing.reason.contains("waiting")).then_some(missing)
    });
    let names: Vec<String> = missing.await.into_iter().map(|missing| missing.part).collect();
    assert_eq!(names, ["kafka", "postgres", "projection", "registry"]);
    kit.shutdown.cancel();
    assert!(building.await.expect("does not panic").expect("is told to stop").is_none());
}
