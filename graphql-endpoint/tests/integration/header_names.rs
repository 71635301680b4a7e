//! Headers whose names are no UTF-8.

use crate::bank::{Bank, credit, iban};
use serde_json::json;
use topology::BalanceChanged;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_utf_8_ends_neither_the_projection_nor_a_reader() {
    let bank = Bank::new("gql-names").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    let account = iban(2).to_string();
    let record = BalanceChanged {
        iban: account.clone(),
        new_balance: 5,
        changed_by: 5,
        from_to: "cash".into(),
        description: "odd".into(),
    };
    bank.fixture.produce_with_odd_header(&bank.fixture.topics().bc, 9, &record).await;
    endpoint.projected(&database, 2).await;
    let mut socket = endpoint.web_socket().await;
    let fields = "records { key value headers { name value } }";
    socket
        .subscribe(&format!(
            "subscription {{ topic_records(topic: \"balance_changed\", max_items: 5) {{ {fields} }} }}"
        ))
        .await;
    let told = socket.next_data("topic_records").await;
    let odd = told["records"].as_array().expect("a list").iter().find(|record| record["key"] == account);
    assert_eq!(odd.expect("is shown")["headers"], json!([{ "name": "(a name that is not UTF-8)", "value": null }]));
    endpoint.stop().await;
}
