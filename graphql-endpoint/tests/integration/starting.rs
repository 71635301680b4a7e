//! What `/readyz` says before the endpoint serves.

use crate::bank::{Bank, DEADLINE, credit, iban};
use graphql_endpoint::{build, order};
use service_kit::fixture::eventually;
use service_kit::service::Kit;
use std::process::ExitCode;

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

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_catches_up_with_topics_that_end_with_transactions_markers() {
    let bank = Bank::new("gql-markers").await;
    let topics = bank.fixture.topics();
    bank.publish(credit(1, 1, iban(7), 500, 500)).await;
    for topic in [&topics.bc, &topics.acc, &topics.acf] {
        bank.fixture.leave_markers(topic).await;
    }
    // Which waits until it is ready.
    let endpoint = bank.start(&[]).await;
    let database = bank.database().await;
    endpoint.projected(&database, 1).await;
    // What comes behind a marker is still taken in, once.
    bank.publish(credit(2, 2, iban(7), 300, 800)).await;
    endpoint.projected(&database, 2).await;
    let settings = bank.settings(&[]);
    let ordered = tokio::task::spawn_blocking(move || order::run(&settings, true)).await.expect("no panic");
    assert_eq!(format!("{ordered:?}"), format!("{:?}", ExitCode::SUCCESS), "built again from the beginning");
    endpoint.projected(&database, 2).await;
    endpoint.stop().await;
    let endpoint = bank.start(&[]).await;
    endpoint.projected(&database, 2).await;
    endpoint.stop().await;
}
