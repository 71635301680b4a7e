//! Logging in, and the accounts that come of it.

use crate::bank::{Bank, iban};
use serde_json::{Value, json};

const TOKEN: &str = "01234567890123456789";

fn log_in(username: &str, password: &str) -> String {
    format!(
        "subscription {{ get_account(username: \"{username}\", password: \"{password}\") {{ iban token reason }} }}"
    )
}

fn account(number: u64) -> Value {
    json!({ "data": { "get_account": { "iban": iban(number).to_string(), "token": TOKEN, "reason": null } } })
}

fn refused(reason: &str) -> Value {
    json!({ "data": { "get_account": { "iban": null, "token": null, "reason": reason } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_gets_an_account_and_a_known_one_needs_its_password() {
    let bank = Bank::new("gql-login").await;
    let endpoint = bank.start(&[]).await;
    let mut socket = endpoint.web_socket().await;
    let mut same = endpoint.web_socket().await;
    socket.subscribe(&log_in("testuser", "password")).await;
    same.subscribe(&log_in("testuser", "password")).await;
    let sent = bank.creation_sent(0).await;
    assert_eq!(sent.a_type, topology::AccountType::Manual);
    bank.confirm_creation(sent.id, iban(42), TOKEN).await;
    for socket in [&mut socket, &mut same] {
        assert_eq!(socket.hear().await["payload"], account(42));
        assert_eq!(socket.hear().await["type"], "complete");
    }
    assert_eq!(socket.ask(&log_in("testuser", "passwork")).await, refused("incorrect password"));
    assert_eq!(socket.ask(&log_in("testuser", "password")).await, account(42));
    let asked = format!("{{ account(iban: \"{}\") {{ balance a_type created_at last_activity }} }}", iban(42));
    let found = json!({ "balance": "€0,00", "a_type": "MANUAL", "created_at": "2023-11-14T22:13:20.000000Z", "last_activity": null });
    endpoint.eventually(&asked, json!({ "account": found })).await;
    endpoint.stop().await;

    let endpoint = bank.start(&[]).await;
    assert_eq!(endpoint.web_socket().await.ask(&log_in("testuser", "password")).await, account(42));
    assert_eq!(bank.fixture.consume_all(&bank.fixture.topics().cac).await.len(), 1, "one account for one name");
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_existed_is_drawn_again_with_a_new_id() {
    let bank = Bank::new("gql-again").await;
    let endpoint = bank.start(&["--creation-attempts-max", "2"]).await;
    let mut socket = endpoint.web_socket().await;
    let exists = "generated iban already exists, try again";
    socket.subscribe(&log_in("anna1234", "password")).await;
    let first = bank.creation_sent(0).await;
    bank.refuse_creation(first.id, exists).await;
    let second = bank.creation_sent(1).await;
    assert_ne!(first.id, second.id);
    bank.refuse_creation(second.id, exists).await;
    assert_eq!(socket.hear().await["payload"], refused(exists), "not for ever");
    assert_eq!(socket.hear().await["type"], "complete");
    socket.subscribe(&log_in("anna1234", "password")).await;
    let third = bank.creation_sent(2).await;
    bank.confirm_creation(third.id, iban(7), TOKEN).await;
    assert_eq!(socket.hear().await["payload"], account(7));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_pending_at_a_stop_is_asked_for_again() {
    let bank = Bank::new("gql-unfinished").await;
    let endpoint = bank.start(&["--outcome-timeout-ms", "100"]).await;
    assert_eq!(
        endpoint.web_socket().await.ask(&log_in("anna1234", "password")).await,
        refused("pending, log in again")
    );
    let first = bank.creation_sent(0).await;
    endpoint.stop().await;

    let endpoint = bank.start(&[]).await;
    assert_eq!(bank.creation_sent(1).await, first);
    let mut socket = endpoint.web_socket().await;
    socket.subscribe(&log_in("anna1234", "password")).await;
    bank.confirm_creation(first.id, iban(8), TOKEN).await;
    assert_eq!(socket.hear().await["payload"], account(8));
    endpoint.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_stopped() {
    let bank = Bank::new("gql-guess").await;
    let endpoint =
        bank.start(&["--login-attempts-max", "2", "--outcome-timeout-ms", "50", "--password-max-bytes", "20"]).await;
    let mut socket = endpoint.web_socket().await;
    assert_eq!(socket.ask(&log_in("anna1234", "password")).await, refused("pending, log in again"));
    for _ in 0..2 {
        assert_eq!(socket.ask(&log_in("anna1234", "guess123")).await, refused("incorrect password"));
    }
    let stopped = refused("too many attempts, try again later");
    assert_eq!(socket.ask(&log_in("anna1234", "guess123")).await, stopped);
    assert_eq!(socket.ask(&log_in("anna1234", "password")).await, stopped);
    let long = "x".repeat(21);
    let invalid = refused("username and password must not be empty or too long");
    for (username, password) in [("bert1234", &*long), ("bert1234", ""), ("", "password")] {
        assert_eq!(socket.ask(&log_in(username, password)).await, invalid);
    }
    endpoint.stop().await;
}
