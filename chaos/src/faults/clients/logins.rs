//! Log-ins, each of which costs memory and time on purpose.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::super::Scene;
use crate::error::ChaosError;
use crate::load::{Socket, Trouble};

const AT_ONCE: usize = 150;
const ANSWERED_WITHIN: Duration = Duration::from_secs(40);
const LOG_IN: &str =
    "subscription($u: String!, $p: String!) { get_account(username: $u, password: $p) { iban token reason } }";

pub async fn flood(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let port = scene.bank.questions.graphql_port;
    let victim = format!("victim-{}", Uuid::new_v4().simple());
    let first = log_in(port, &victim, "right password").await;
    if first != "an account" {
        return Err(ChaosError::Broken(format!("a new user got {first}")));
    }
    let attempts = (0..AT_ONCE).map(|number| {
        let name = if number % 3 == 0 { format!("flood-{}", Uuid::new_v4().simple()) } else { victim.clone() };
        let victim = victim.clone();
        async move {
            let is_attack = name == victim;
            (is_attack, log_in(port, &name, if is_attack { "wrong password" } else { "new password" }).await)
        }
    });
    let mut answers = BTreeMap::<String, usize>::new();
    for (is_attack, answer) in join_all(attempts).await {
        if is_attack && answer == "an account" {
            return Err(ChaosError::Broken("a wrong password got an account".to_owned()));
        }
        *answers.entry(answer).or_default() += 1;
    }
    if !answers.contains_key("incorrect password") {
        return Err(ChaosError::DidNotHappen(format!("no password was found wrong: {answers:?}")));
    }
    scene.served(ANSWERED_WITHIN).await?;
    let told: Vec<String> = answers.iter().map(|(answer, count)| format!("{answer} {count}")).collect();
    Ok(format!("{AT_ONCE} log-ins at once: {}", told.join(", ")))
}

/// What a log-in came to, in few words.
async fn log_in(port: u16, name: &str, password: &str) -> String {
    let asked = async {
        let mut socket = Socket::open(port, ANSWERED_WITHIN).await?;
        socket.ask(LOG_IN, &json!({ "u": name, "p": password }), "get_account", ANSWERED_WITHIN).await
    };
    match asked.await {
        Ok(answer) if answer["token"].is_string() => "an account".to_owned(),
        Ok(answer) => answer["reason"].as_str().unwrap_or("no reason").to_owned(),
        Err(Trouble::Refused(_)) => "an error".to_owned(),
        Err(trouble) => trouble.to_string(),
    }
}
