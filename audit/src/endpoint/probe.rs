//! Deposits that are asked for as soon as their outcome is there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, Wrong};
use crate::check::Tally;

/// Between two questions after a deposit of which the outcome is not known. An endpoint that is only slow answers late by itself.
const PENDING_PAUSE: Duration = Duration::from_millis(100);

/// A deposit that was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Deposit {
    /// Its id.
    uuid: Uuid,
    /// Euro cents.
    amount: i64,
    /// The balance behind it, in euro cents.
    balance: i64,
    /// What it was for.
    descr: String,
}

/// What the endpoint shows of an account: its newest transaction, and its balance.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    /// What the newest transaction was for.
    descr: Option<String>,
    /// By how much it changed the balance, in euro cents.
    changed_by: Option<i64>,
    /// The balance behind it, in euro cents.
    new_balance: Option<i64>,
    /// The account's balance, in euro cents.
    balance: Option<i64>,
}

impl Shown {
    fn of(data: &Value) -> Self {
        let newest = &data["transactions_by_iban"][0];
        let cents = |value: &Value| value.as_str().and_then(|cents| cents.parse().ok());
        Self {
            descr: newest["descr"].as_str().map(str::to_owned),
            changed_by: cents(&newest["changed_by_cents"]),
            new_balance: cents(&newest["new_balance_cents"]),
            balance: cents(&data["account"]["balance_cents"]),
        }
    }
}

impl Deposit {
    /// What is wrong with what was shown right behind the outcome, if anything is.
    fn objection(&self, shown: &Shown) -> Option<String> {
        let due = Shown {
            descr: Some(self.descr.clone()),
            changed_by: Some(self.amount),
            new_balance: Some(self.balance),
            balance: Some(self.balance),
        };
        (*shown != due)
            .then(|| format!("right behind the outcome of {} the query shows {shown:?}, not {due:?}", self.uuid))
    }
}

/// An account made for the audit.
struct Account {
    iban: String,
    balance: i64,
}

/// Logs in as somebody new, deposits so many times, and asks for each.
pub async fn probe(client: &mut Client, deposits: u32, tally: &mut Tally) -> Result<(), Wrong> {
    let mut account = log_in(client).await?;
    let mut last = None;
    for number in 1..=deposits {
        let amount = i64::from(number);
        let deposit = Deposit {
            uuid: Uuid::new_v4(),
            amount,
            balance: account.balance + amount,
            descr: format!("audit {number}"),
        };
        confirm(client, &account, &deposit).await?;
        let shown = show(client, &account).await?;
        let objection = deposit.objection(&shown);
        tally.judge(objection.is_none(), || objection.unwrap_or_default());
        account.balance = deposit.balance;
        last = Some(deposit);
    }
    // The same again has the same result, and moves nothing.
    if let Some(deposit) = last {
        confirm(client, &account, &deposit).await?;
        let objection = deposit.objection(&show(client, &account).await?);
        tally.judge(objection.is_none(), || format!("asked for twice: {}", objection.unwrap_or_default()));
    }
    Ok(())
}

async fn log_in(client: &mut Client) -> Result<Account, Wrong> {
    const QUERY: &str = "subscription($u: String!, $p: String!) {
        get_account(username: $u, password: $p) { iban reason } }";
    let (username, password) = (format!("audit-{}", Uuid::new_v4().simple()), Uuid::new_v4().simple().to_string());
    let data = client.ask(QUERY, &json!({ "u": username, "p": password })).await?;
    let found = &data["get_account"];
    let Some(iban) = found["iban"].as_str() else {
        return Err(Wrong::Refused(format!("no account for the new user {username}: {}", found["reason"])));
    };
    let account = Account { iban: iban.to_owned(), balance: 0 };
    match show(client, &account).await?.balance {
        Some(0) => Ok(account),
        other => Err(Wrong::Refused(format!("{iban}, right behind its creation, has the balance {other:?}, not 0"))),
    }
}

/// Sends the deposit and waits until it is confirmed, asking again as long as it is pending.
async fn confirm(client: &mut Client, account: &Account, deposit: &Deposit) -> Result<(), Wrong> {
    const QUERY: &str = "subscription($uuid: String!, $amount: Int!, $to: String!, $descr: String!) {
        money_transfer(uuid: $uuid, token: \"cash\", amount: $amount, from: \"cash\", to: $to, descr: $descr) {
            success reason } }";
    let Deposit { uuid, amount, descr, .. } = deposit;
    let variables = json!({ "uuid": uuid, "amount": amount, "to": account.iban, "descr": descr });
    let started = Instant::now();
    loop {
        let id = client.begin(QUERY, &variables).await?;
        let data = client.next(&id).await?;
        let result = &data["money_transfer"];
        match result["success"].as_bool() {
            Some(true) => return Ok(()),
            None if started.elapsed() < client.timeout() => tokio::time::sleep(PENDING_PAUSE).await,
            _ => return Err(Wrong::Refused(format!("deposit {uuid} is not confirmed: {}", result["reason"]))),
        }
    }
}

async fn show(client: &mut Client, account: &Account) -> Result<Shown, Wrong> {
    const QUERY: &str = "query($iban: String!) {
        transactions_by_iban(iban: $iban, max_items: 1) { descr changed_by_cents new_balance_cents }
        account(iban: $iban) { balance_cents } }";
    Ok(Shown::of(&client.ask(QUERY, &json!({ "iban": account.iban })).await?))
}
