//! The endpoint as its users see it: followed with interruptions, and asked right behind an outcome.

mod client;
mod config;
mod follow;
mod probe;

pub use config::EndpointSettings;

use std::time::Duration;

use client::Client;

use crate::books::Books;
use crate::check::{Check, Tally};

/// Why the endpoint could not be asked, in words.
pub type Unreachable = String;

/// Follows the watched accounts of the books, from their first transaction to the last that was kept, and is cut off and
/// comes again several times meanwhile.
///
/// # Errors
/// When the endpoint cannot be reached at all; what it answers wrongly, or not, is a failure of the check.
pub async fn follow_accounts(
    settings: &EndpointSettings,
    books: &Books,
    seed: u64,
    max_examples: usize,
) -> Result<Tally, Unreachable> {
    let mut tally = Tally::new(Check::Streams, max_examples);
    Client::connect(&settings.url(), timeout(settings)).await.map_err(|wrong| wrong.to_string())?;
    for (iban, history) in books.watch.histories() {
        follow::follow(settings, iban, history, seed, &mut tally).await;
    }
    Ok(tally)
}

/// Makes an account, deposits into it, and asks for each deposit as soon as its outcome is there.
///
/// # Errors
/// As [`follow_accounts`].
pub async fn probe(settings: &EndpointSettings, max_examples: usize) -> Result<Tally, Unreachable> {
    let mut tally = Tally::new(Check::Answers, max_examples);
    let mut client = Client::connect(&settings.url(), timeout(settings)).await.map_err(|wrong| wrong.to_string())?;
    if let Err(wrong) = probe::probe(&mut client, settings.probe, &mut tally).await {
        tally.fails(|| wrong.to_string());
    }
    Ok(tally)
}

fn timeout(settings: &EndpointSettings) -> Duration {
    Duration::from_millis(settings.endpoint_timeout_ms)
}
