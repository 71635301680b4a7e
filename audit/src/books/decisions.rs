//! Whether an outcome is the contract's, by what can be told from outside: the command's content, who has an account and
//! which token. What the balance was is the chain's matter.

use topology::CommandId;

use super::accounts::Accounts;
use super::pairing::{Answer, Verdict};
use super::reason::Reason;
use super::transfer::{Side, Transfer};

/// A balance would leave the 64-bit range, for which the contract has the words of a wrong amount.
const OUT_OF_RANGE: Verdict = Verdict::Failed(Reason::InvalidAmount);

/// What is wrong with a transfer's outcome, if anything can be seen to be.
pub fn objection(id: CommandId, transfer: &Transfer, answer: &Answer, accounts: &Accounts) -> Option<String> {
    let allowed = outcomes(transfer, answer.event(), accounts);
    if allowed.contains(&answer.verdict) {
        return None;
    }
    let tell = |verdict: &Verdict| match verdict {
        Verdict::Confirmed => "confirmed".to_owned(),
        Verdict::Failed(reason) => format!("failed with `{}`", reason.words()),
    };
    let due: Vec<String> = allowed.iter().map(tell).collect();
    Some(format!("transfer {id} is {}; by the contract it should be {}", tell(&answer.verdict), due.join(" or ")))
}

/// The outcomes that the contract's table leaves open where the balances are not known.
fn outcomes(transfer: &Transfer, event: Option<u64>, accounts: &Accounts) -> Vec<Verdict> {
    if let Some(reason) = transfer.refusal() {
        return vec![Verdict::Failed(reason)];
    }
    let account =
        |side: Side| side.iban().and_then(|iban| accounts.get(iban)).filter(|account| account.exists_at(event));
    match (account(transfer.from), account(transfer.to)) {
        (Some(from), _) if from.token != transfer.token => vec![Verdict::Failed(Reason::InvalidToken)],
        (Some(_), _) => vec![Verdict::Confirmed, Verdict::Failed(Reason::InsufficientFunds), OUT_OF_RANGE],
        (None, Some(_)) => vec![Verdict::Confirmed, OUT_OF_RANGE],
        (None, None) => vec![Verdict::Failed(Reason::UnknownAccounts)],
    }
}
