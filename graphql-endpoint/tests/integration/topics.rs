//! Topics that are not the ones that the projection was made from.

use crate::bank::{Bank, credit, iban};
use graphql_endpoint::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn refuses_other_topics_until_a_rebuild_is_ordered() {
    let bank = Bank::new("gql-other").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    endpoint.projected(&database, 1).await;
    endpoint.stop().await;
    for wrong in [
        "UPDATE projection.position SET next_offset = 1000 WHERE next_offset > 0",
        "UPDATE projection.source SET cluster_id = 'another'",
    ] {
        database.batch_execute(wrong).await.expect("the table is there");
        let Err(Fault::OtherTopics { .. }) = bank.try_start(&[]).await.ended().await else { panic!("{wrong}: runs") };
        let sql = "INSERT INTO rebuild DEFAULT VALUES";
        database.batch_execute(sql).await.expect("the table is there");
        let endpoint = bank.start(&[]).await;
        endpoint.projected(&database, 1).await;
        let unfinished = database.query_one("SELECT count(*) FROM rebuild WHERE finished_at IS NULL", &[]).await;
        assert_eq!(unfinished.expect("a count").get::<_, i64>(0), 0);
        endpoint.stop().await;
    }
}
