//! Whether an outcome is the contract's, by what can be told from outside: the command's content, who has an account and
//! which token. What the balance was is the chain's matter.

use topology::CommandId;

use super::accounts::Accounts;
use super::pairing::{Answer, Verdict};
use super::transfer::{Refusal, Side, Transfer};
use crate::digest::Digest;

const INVALID_AMOUNT: &str = "invalid amount";
const FROM_IS_INVALID: &str = "from is invalid";
const SAME_ACCOUNT: &str = "from and to can't be same for transfer";
const INVALID_TOKEN: &str = "invalid token";
const INSUFFICIENT_FUNDS: &str = "insufficient funds";
const UNKNOWN_ACCOUNTS: &str = "both to and from not known at this bank";
/// A balance would leave the 64-bit range, for which the contract has the words of a wrong amount.
const OUT_OF_RANGE: &str = INVALID_AMOUNT;

/// The only reason for which the contract refuses to create an account.
pub const NO_FREE_IBAN: &str = "generated iban already exists, try again";

/// What is wrong with a transfer's outcome, if anything can be seen to be.
pub fn objection(id: CommandId, transfer: &Transfer, answer: &Answer, accounts: &Accounts) -> Option<String> {
    let allowed = outcomes(transfer, answer.event(), accounts);
    let (fits, found) = match answer.verdict {
        Verdict::Confirmed => (allowed.contains(&Outcome::Confirmed), "confirmed".to_owned()),
        Verdict::Failed(reason) => {
            let known =
                [INVALID_AMOUNT, FROM_IS_INVALID, SAME_ACCOUNT, INVALID_TOKEN, INSUFFICIENT_FUNDS, UNKNOWN_ACCOUNTS];
            let words = known.into_iter().find(|known| Digest::of(known) == reason);
            let fits = words.is_some_and(|words| allowed.contains(&Outcome::Failed(words)));
            (fits, words.map_or("failed for a reason that the contract does not have".to_owned(), failed))
        }
    };
    if fits {
        return None;
    }
    let allowed: Vec<String> = allowed.iter().map(Outcome::to_string).collect();
    Some(format!("transfer {id} is {found}; by the contract it should be {}", allowed.join(" or ")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Confirmed,
    Failed(&'static str),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Confirmed => f.write_str("confirmed"),
            Self::Failed(reason) => f.write_str(&failed(reason)),
        }
    }
}

fn failed(reason: &str) -> String {
    format!("failed with `{reason}`")
}

/// The outcomes that the contract's table leaves open where the balances are not known.
fn outcomes(transfer: &Transfer, event: Option<u64>, accounts: &Accounts) -> Vec<Outcome> {
    match transfer.refusal {
        Some(Refusal::InvalidAmount) => return vec![Outcome::Failed(INVALID_AMOUNT)],
        Some(Refusal::FromIsInvalid) => return vec![Outcome::Failed(FROM_IS_INVALID)],
        Some(Refusal::SameAccount) => return vec![Outcome::Failed(SAME_ACCOUNT)],
        None => {}
    }
    let account = |side| match side {
        Side::Form(iban, _) => accounts.get(iban).filter(|account| account.exists_at(event)),
        Side::Outside => None,
    };
    match (account(transfer.from), account(transfer.to)) {
        (Some(from), _) if from.token != transfer.token => vec![Outcome::Failed(INVALID_TOKEN)],
        (Some(_), _) => {
            vec![Outcome::Confirmed, Outcome::Failed(INSUFFICIENT_FUNDS), Outcome::Failed(OUT_OF_RANGE)]
        }
        (None, Some(_)) => vec![Outcome::Confirmed, Outcome::Failed(OUT_OF_RANGE)],
        (None, None) => vec![Outcome::Failed(UNKNOWN_ACCOUNTS)],
    }
}
