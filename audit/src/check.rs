//! What is checked, and how each check went.

/// A promise of the bank. The order is that of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Records can be read, and lie where their key says.
    Records,
    /// Each command has one outcome.
    Outcomes,
    /// Created accounts are as the contract wants them.
    Accounts,
    /// Outcomes agree with the contract's table.
    Decisions,
    /// Money moves in the direction and by the amounts that it should.
    Amounts,
    /// Balances follow from one another.
    Chain,
    /// No debit went under the limit.
    Limits,
    /// Confirmed transfers and changes of balances belong together.
    Legs,
    /// The total of money is constant.
    Money,
    /// Event numbers have no gap, and changes belong to the outcome of their event.
    Events,
    /// An account's changes are numbered 1, 2, 3.
    Sequences,
    /// Ids that came with other content were answered with the first outcome and a mark.
    Reuse,
    /// A model of the contract comes to the same outcomes and balances.
    Model,
    /// What the handler decided is in the topics by the deadline.
    Published,
    /// The handler's event rows are what the topics say.
    Ledger,
    /// The sum over all accounts and counter-accounts is the same after every event.
    Sum,
    /// The handler's balances are those of its last events, and sum up to zero.
    Balances,
    /// Commands that cannot be read are kept as poison.
    Poison,
    /// The endpoint's projection is what the topics say.
    Projection,
    /// Whoever follows an account at the endpoint, and is cut off at times, sees each of its transactions once.
    Streams,
    /// What an outcome said, a query right behind it shows.
    Answers,
}

impl Check {
    /// The checks that need neither our headers nor our tables.
    pub const OF_TOPICS: [Self; 9] = [
        Self::Records,
        Self::Outcomes,
        Self::Accounts,
        Self::Decisions,
        Self::Amounts,
        Self::Chain,
        Self::Limits,
        Self::Legs,
        Self::Money,
    ];

    /// The others: of headers, of tables, and of the endpoint.
    pub const BEYOND_TOPICS: [Self; 12] = [
        Self::Events,
        Self::Sequences,
        Self::Reuse,
        Self::Model,
        Self::Published,
        Self::Ledger,
        Self::Sum,
        Self::Balances,
        Self::Poison,
        Self::Projection,
        Self::Streams,
        Self::Answers,
    ];

    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Outcomes => "outcomes",
            Self::Accounts => "accounts",
            Self::Decisions => "decisions",
            Self::Amounts => "amounts",
            Self::Chain => "chain",
            Self::Limits => "limits",
            Self::Legs => "legs",
            Self::Money => "money",
            Self::Events => "events",
            Self::Sequences => "sequences",
            Self::Reuse => "reuse",
            Self::Model => "model",
            Self::Published => "published",
            Self::Ledger => "ledger",
            Self::Sum => "sum",
            Self::Balances => "balances",
            Self::Poison => "poison",
            Self::Projection => "projection",
            Self::Streams => "streams",
            Self::Answers => "answers",
        }
    }

    /// What must hold.
    #[must_use]
    pub const fn promise(self) -> &'static str {
        match self {
            Self::Records => "every outcome and change can be read and lies in the partition of its key",
            Self::Outcomes => "each command has exactly one outcome, the same bytes when repeated",
            Self::Accounts => "each account has an IBAN of its own, a token, and the type asked for",
            Self::Decisions => "outcomes are those of the contract, as far as content, tokens and accounts tell",
            Self::Amounts => "confirmed amounts are above zero, debits take and credits give",
            Self::Chain => "each balance is the one before plus the change",
            Self::Limits => "no debit takes a balance under its limit",
            Self::Legs => "a confirmed transfer has its changes, a failed one none, and no change comes from nowhere",
            Self::Money => "the balances' sum moves only by what confirmed transfers bring in or take out",
            Self::Events => "events are numbered without a gap, and their changes and outcome name one another",
            Self::Sequences => "an account's changes are numbered without a gap, and repeats repeat",
            Self::Reuse => {
                "an id with other content is answered with the first outcome, marked, and nothing else is marked"
            }
            Self::Model => "replayed in event order, a model of the contract gives the same outcomes and balances",
            Self::Published => "all that the handler has decided is in the topics by the deadline",
            Self::Ledger => "the handler's events are what the topics say",
            Self::Sum => "after every event all accounts and counter-accounts sum up to zero",
            Self::Balances => "the handler's balances are those of its events, and sum up to zero",
            Self::Poison => "each command that cannot be read is kept with its place",
            Self::Projection => "the endpoint's transactions and accounts are what the topics say",
            Self::Streams => "a subscriber that reconnects with `after` sees each transaction of its account once",
            Self::Answers => "a query right after an outcome shows its transaction and balance",
        }
    }
}

/// How a check went: how many things were looked at, and which of them do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What was checked.
    pub check: Check,
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them do not hold.
    pub failed: u64,
    /// The first of those, in words, with the ids; no more than the report shows.
    pub examples: Vec<String>,
    max_examples: usize,
}

impl Tally {
    /// Nothing checked yet. Of the failures, `max_examples` are kept in words and the others counted.
    #[must_use]
    pub const fn new(check: Check, max_examples: usize) -> Self {
        Self { check, checked: 0, failed: 0, examples: Vec::new(), max_examples }
    }

    /// Counts a thing that holds.
    pub fn holds(&mut self) {
        self.checked += 1;
    }

    /// Counts a thing that does not hold.
    pub fn fails(&mut self, example: impl FnOnce() -> String) {
        self.checked += 1;
        self.failed += 1;
        if self.examples.len() < self.max_examples {
            self.examples.push(example());
        }
    }

    /// Counts a thing, in words where it does not hold.
    pub fn judge(&mut self, holds: bool, example: impl FnOnce() -> String) {
        if holds { self.holds() } else { self.fails(example) }
    }
}
