//! What nobody but its owner may read: in no log line, at whatever level.

use crate::bank::{Bank, iban};
use serde_json::json;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_or_token_is_logged_at_any_level() {
    let captured = Captured::default();
    // Takes what libraries log too. It is the whole process's, so other tests are in it; their secrets are others.
    let levels = "trace,rdkafka=off,hyper=off,h2=off,tokio_tungstenite=off,tungstenite=off";
    tracing_subscriber::fmt().with_env_filter(levels).with_writer(captured.clone()).init();
    let bank = Bank::new("gql-secrets").await;
    let endpoint = bank.start(&[]).await;
    let (password, token) = ("aVerySecretPassword", "84736291048473629104");
    let mut socket = endpoint.web_socket().await;
    let log_in =
        format!("subscription {{ get_account(username: \"anna1234\", password: \"{password}\") {{ iban token }} }}");
    socket.subscribe(&log_in).await;
    let sent = bank.creation_sent(0).await;
    bank.confirm_creation(sent.id, iban(42), token).await;
    assert_eq!(socket.hear().await["payload"]["data"]["get_account"]["token"], token);
    socket.hear().await;
    let transfer = format!(
        "subscription {{ money_transfer(uuid: \"{}\", token: \"{token}\", amount: 5, from: \"{}\", to: \"x\", descr: \"y\") {{ success }} }}",
        uuid::Uuid::new_v4(),
        iban(42)
    );
    socket.subscribe(&transfer).await;
    let sent = bank.transfer_sent(0).await;
    bank.refuse_transfer(sent.id, "invalid token", &[]).await;
    assert_eq!(socket.hear().await["payload"], json!({ "data": { "money_transfer": { "success": false } } }));
    endpoint.stop().await;
    let logged = captured.text();
    assert!(logged.contains("executing statement"), "what the driver logs about parameters is captured");
    for secret in [password, token, "$argon2id$"] {
        assert!(!logged.contains(secret), "{secret} is in the log");
    }
}
