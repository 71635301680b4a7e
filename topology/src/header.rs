//! Names of the headers on the topics' records. Values are ASCII text, numbers in decimal. A consumer that knows none of
//! them still works.

/// On outcomes and `balance_changed`: the event number, gap-free, one per decided command.
pub const EVENT: &str = "event";
/// On `balance_changed`: 1 debit, 2 credit.
pub const LEG: &str = "leg";
/// On `balance_changed`: the account's own sequence, 1, 2, 3 and so on.
pub const ACCOUNT_SEQ: &str = "account-seq";
/// On `money_transfer_confirmed`: `IBAN:account-seq`, comma-separated, the changes that belong to the outcome.
pub const LEGS: &str = "legs";
/// On outcomes and `balance_changed`: when it was decided, in microseconds since 1970 UTC.
pub const BOOKED_AT: &str = "booked-at";
/// On outcomes: the hash of the command's decoded fields, see [`CommandHash`](crate::CommandHash).
pub const COMMAND_HASH: &str = "command-hash";
/// On outcomes: present when this answers a repeated command.
pub const REPEAT: &str = "repeat";
/// On outcomes: present when the id came with other content than the first time.
pub const ID_REUSED: &str = "id-reused";
/// On everything: W3C trace context.
pub const TRACEPARENT: &str = "traceparent";
