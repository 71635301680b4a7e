//! A subscriber of one account that is cut off now and then, and goes on with `after`.

use std::time::Duration;

use serde_json::{Value, json};
use topology::Iban;

use super::EndpointSettings;
use super::client::{Client, Wrong};
use crate::books::{LegSeen, Watched, place_in_account, signature_of};
use crate::check::Tally;
use crate::digest::Digest;

const FIELDS: &str = "id iban new_balance_cents changed_by_cents from_to descr account_seq";

/// A transaction as the endpoint tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Streamed {
    /// The endpoint's id.
    id: i64,
    /// The account.
    iban: String,
    /// Euro cents.
    new_balance: i64,
    /// Euro cents, negative for a debit.
    changed_by: i64,
    /// The other side.
    from_to: String,
    /// What it was for.
    descr: String,
    /// The account's own numbering.
    account_seq: Option<u64>,
}

impl Streamed {
    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let cents = |name: &str| value[name].as_str()?.parse().ok();
        Some(Self {
            id: value["id"].as_i64()?,
            iban: text("iban")?,
            new_balance: cents("new_balance_cents")?,
            changed_by: cents("changed_by_cents")?,
            from_to: text("from_to")?,
            descr: text("descr")?,
            account_seq: value["account_seq"].as_u64(),
        })
    }

    fn said(&self, iban: Iban) -> Option<LegSeen> {
        let signature = signature_of(iban, self.changed_by, &self.from_to, &self.descr);
        let seen = LegSeen::new(signature, place_in_account(iban, self.account_seq?, self.new_balance));
        (Iban::parse(&self.iban) == Ok(iban)).then_some(seen)
    }
}

/// How far the history of an account was seen.
struct Following<'a> {
    iban: Iban,
    rest: &'a [Watched],
    last_id: Option<i64>,
}

impl<'a> Following<'a> {
    fn new(iban: Iban, history: &'a [Watched]) -> Self {
        // What another program wrote before this bank took over has no number by which it could be asked for.
        let numbered = history.iter().position(|change| change.id.is_some()).unwrap_or(history.len());
        Self { iban, rest: &history[numbered..], last_id: None }
    }

    /// How many transactions are still to come.
    fn rest(&self) -> usize {
        self.rest.len()
    }

    /// Takes the next transaction that was seen; an error where it is not the next one of the topics.
    fn see(&mut self, streamed: &Streamed) -> Result<(), String> {
        let (iban, id) = (self.iban, streamed.id);
        let Some((next, rest)) = self.rest.split_first() else {
            return Ok(());
        };
        if next.id != Some(id) {
            let (due, last) = (next.id.unwrap_or_default(), self.last_id.unwrap_or_default());
            return Err(format!("{iban}: transaction {id} came behind {last}, and {due} should have"));
        }
        if streamed.said(iban) != Some(next.said) {
            return Err(format!("{iban}: transaction {id} is not what the topic says"));
        }
        (self.rest, self.last_id) = (rest, Some(id));
        Ok(())
    }
}

/// Follows one account from its first transaction to the last that was kept.
pub async fn follow(settings: &EndpointSettings, iban: Iban, history: &[Watched], seed: u64, tally: &mut Tally) {
    let mut following = Following::new(iban, history);
    let share = following.rest() / (settings.watch_cuts as usize + 1);
    let mut connections = 0_u32;
    while following.rest() > 0 {
        // About as many as make the wanted number of cuts, and never twice the same.
        let drawn = Digest::of((seed, iban.number(), connections)).get();
        let wanted = share / 2 + 1 + usize::try_from(drawn).unwrap_or(usize::MAX) % share.max(1);
        let is_last = connections >= settings.watch_cuts;
        connections += 1;
        let wanted = if is_last { following.rest() } else { wanted.min(following.rest()) };
        if let Err(wrong) = see_some(settings, &mut following, wanted, tally).await {
            let (rest, all) = (following.rest(), history.len());
            tally.fails(|| format!("{wrong} ({iban}: {rest} of {all} transactions to come, connection {connections})"));
            return;
        }
    }
}

/// A connection that is dropped, without a word, after some transactions.
async fn see_some(
    settings: &EndpointSettings,
    following: &mut Following<'_>,
    wanted: usize,
    tally: &mut Tally,
) -> Result<(), Wrong> {
    let timeout = Duration::from_millis(settings.endpoint_timeout_ms);
    let mut client = Client::connect(&settings.url(), timeout).await?;
    let mut left = wanted;
    let after = match (following.last_id, following.rest.first().and_then(|first| first.id)) {
        (Some(last), _) => last,
        (None, Some(first)) => {
            // The first one of an account comes behind none, so it is asked for.
            let query = format!("query($id: Int!) {{ transaction_by_id(id: $id) {{ {FIELDS} }} }}");
            let data = client.ask(&query, &json!({ "id": first })).await?;
            see(following, &data["transaction_by_id"], tally)?;
            left -= 1;
            first
        }
        (None, None) => return Ok(()),
    };
    if left == 0 {
        return Ok(());
    }
    let query = format!(
        "subscription($iban: String, $after: Int) {{ stream_transactions(iban: $iban, after: $after) {{ {FIELDS} }} }}"
    );
    let id = client.begin(&query, &json!({ "iban": following.iban.to_string(), "after": after })).await?;
    for _ in 0..left {
        let data = client.next(&id).await?;
        see(following, &data["stream_transactions"], tally)?;
    }
    Ok(())
}

fn see(following: &mut Following<'_>, found: &Value, tally: &mut Tally) -> Result<(), Wrong> {
    let streamed = Streamed::of(found).ok_or_else(|| Wrong::Unexpected(found.to_string()))?;
    following.see(&streamed).map_err(Wrong::Refused)?;
    tally.holds();
    Ok(())
}
