//! A bank small enough to read, which keeps the contract: what it sends and what it stores is what an audit should accept.

use std::collections::BTreeMap;

use audit::handler_tables::{AccountRow, EventRow};
use audit::observation::{Observation, Source};
use topology::command_hash::command_hash;
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Iban, Keyed, MoneyTransferConfirmed, MoneyTransferFailed, header,
};

pub const LIMIT: i64 = -50_000;

/// A record as it is sent.
#[derive(Clone)]
pub struct Sent {
    pub source: Source,
    pub key: String,
    pub headers: Vec<(&'static str, String)>,
    pub record: Observation,
}

#[derive(Clone)]
struct Account {
    a_type: AccountType,
    token: String,
    balance: i64,
    seq: i64,
}

#[derive(Clone)]
pub struct Bank {
    pub sent: Vec<Sent>,
    pub events: Vec<EventRow>,
    accounts: BTreeMap<Iban, Account>,
    /// What the outside has, by counter-account.
    counters: BTreeMap<&'static str, i128>,
    next_id: u128,
    /// Off, to see what happens to a bank that lets customers owe too much.
    pub keeps_limits: bool,
}

impl Bank {
    pub fn new() -> Self {
        let company = Account { a_type: AccountType::Auto, token: "0".repeat(20), balance: 10_i64.pow(17), seq: 0 };
        Self {
            sent: Vec::new(),
            events: Vec::new(),
            counters: [("capital", -i128::from(company.balance))].into(),
            accounts: [(Iban::COMPANY, company)].into(),
            next_id: 1,
            keeps_limits: true,
        }
    }

    /// A day of this bank: accounts, salaries, payments to all sides, every refusal, and repeats of everything.
    pub fn after_a_day() -> Self {
        let mut bank = Self::new();
        let customers: Vec<Iban> = (1..=4).map(|n| bank.creates(n * 111_111_111 / 7, AccountType::Auto)).collect();
        bank.fails_to_create();
        let company = Iban::COMPANY.text();
        for (n, customer) in customers.iter().enumerate() {
            let amount = 220_000 + i64::try_from(n).unwrap();
            bank.transfers("00000000000000000000", amount, &company, &customer.text(), "salary");
        }
        let ibans: Vec<String> = customers.iter().map(Iban::to_string).collect();
        for round in 0..5 {
            for from in 0..4 {
                let (payer, other) = (&ibans[from], &ibans[(from + 1 + round % 3) % 4]);
                let token = token_of(customers[from]);
                bank.transfers(&token, 1000 + i64::try_from(round).unwrap(), payer, other, "transfer");
                bank.transfers(&token, 500, payer, "Albert Heijn BV", "ah pin 🥖");
                bank.transfers("cash", 2000, "cash", payer, "deposit");
                bank.transfers(&token, 2000, payer, "cash", "withdraw");
            }
        }
        let (token, iban) = (token_of(customers[0]), &ibans[0]);
        bank.transfers(&token, -5, iban, &ibans[1], "steal");
        bank.transfers("cash", 5, "Albert Heijn BV", iban, "gift");
        bank.transfers(&token, 5, iban, iban, "to myself");
        bank.transfers("1", 5, iban, &ibans[1], "guess");
        bank.transfers(&token, 5_000_000, iban, &ibans[1], "yacht");
        bank.transfers("cash", 5, "cash", "Albert Heijn BV", "nobody here");
        bank.transfers(&token, 5, iban, "NL12OPEN1234567890", "to a number that is no account");
        bank.transfers(&token, 5, iban, "a\0b\u{E000}", "zero \0 byte");
        bank.answers_a_repeat();
        bank.answers_a_reused_id();
        bank.repeats_last_change();
        bank
    }

    fn next_id(&mut self) -> CommandId {
        self.next_id += 1;
        // Spread over the partitions, and the same in each run.
        CommandId::from_bytes((self.next_id.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_be_bytes())
    }

    pub fn creates(&mut self, number: u64, a_type: AccountType) -> Iban {
        let iban = Iban::from_number(number).unwrap();
        let command = ConfirmAccountCreation { id: self.next_id(), a_type };
        self.send(Source::CreationCommands, &command, Observation::CreationCommand(command), vec![]);
        let event = self.next_event();
        let token = token_of(iban);
        let headers = outcome_headers(event, command_hash(&command).to_string());
        let created = AccountCreationConfirmed { id: command.id, iban: iban.to_string(), token: token.clone(), a_type };
        self.send(Source::CreationsConfirmed, &created.clone(), Observation::CreationConfirmed(created), headers);
        self.accounts.insert(iban, Account { a_type, token, balance: 0, seq: 0 });
        let row = self.row(1, command.id, command_hash(&command).to_bytes());
        self.events.push(EventRow { to_account: Some(iban.to_string()), ..row });
        iban
    }

    fn fails_to_create(&mut self) {
        let command = ConfirmAccountCreation { id: self.next_id(), a_type: AccountType::Manual };
        self.send(Source::CreationCommands, &command, Observation::CreationCommand(command), vec![]);
        let headers = outcome_headers(self.next_event(), command_hash(&command).to_string());
        let reason = "generated iban already exists, try again".to_owned();
        let failed = AccountCreationFailed { id: command.id, reason: reason.clone() };
        self.send(Source::CreationsFailed, &failed.clone(), Observation::CreationFailed(failed), headers);
        let row = self.row(1, command.id, command_hash(&command).to_bytes());
        self.events.push(EventRow { refusal: Some(reason), ..row });
    }

    pub fn transfers(&mut self, token: &str, amount: i64, from: &str, to: &str, description: &str) {
        let command = ConfirmMoneyTransfer {
            id: self.next_id(),
            token: token.to_owned(),
            amount,
            from: from.to_owned(),
            to: to.to_owned(),
            description: description.to_owned(),
        };
        self.send(Source::TransferCommands, &command.clone(), Observation::TransferCommand(command.clone()), vec![]);
        let event = self.next_event();
        let mut headers = outcome_headers(event, command_hash(&command).to_string());
        let mut row = self.row(2, command.id, command_hash(&command).to_bytes());
        (row.from_account, row.to_account) = (Some(from.to_owned()), Some(to.to_owned()));
        (row.amount, row.description) = (Some(amount), Some(description.to_owned()));
        if let Some(reason) = self.refusal(&command) {
            row.refusal = Some(reason.to_owned());
            self.events.push(row);
            let failed = MoneyTransferFailed { id: command.id, reason: reason.to_owned() };
            self.send(Source::TransfersFailed, &failed.clone(), Observation::TransferFailed(failed), headers);
            return;
        }
        row.from = self.books(event, 1, from, -amount, to, description);
        row.to = self.books(event, 2, to, amount, from, description);
        let outside = [(from, row.from, -amount), (to, row.to, amount)];
        for (side, _, cents) in outside.into_iter().filter(|(_, after, _)| after.is_none()) {
            let name = if side == "cash" { "cash" } else { "other-party" };
            let balance = self.counters.entry(name).or_default();
            *balance += i128::from(cents);
            row.counter = Some((name.to_owned(), *balance));
        }
        let legs: Vec<String> = [(from, row.from), (to, row.to)]
            .into_iter()
            .filter_map(|(iban, after)| Some(format!("{iban}:{}", after?.1)))
            .collect();
        headers.push((header::LEGS, legs.join(",")));
        self.events.push(row);
        let confirmed = MoneyTransferConfirmed { id: command.id };
        self.send(Source::TransfersConfirmed, &confirmed, Observation::TransferConfirmed(confirmed), headers);
    }

    fn refusal(&self, command: &ConfirmMoneyTransfer) -> Option<&'static str> {
        let account = |text: &str| self.accounts.get(&Iban::parse(text).ok()?);
        let (from, to) = (account(&command.from), account(&command.to));
        if command.amount <= 0 {
            Some("invalid amount")
        } else if command.from != "cash" && Iban::parse(&command.from).is_err() {
            Some("from is invalid")
        } else if command.from == command.to {
            Some("from and to can't be same for transfer")
        } else if from.is_some_and(|from| from.token != command.token) {
            Some("invalid token")
        } else if from.is_some_and(|from| self.keeps_limits && from.balance - command.amount < LIMIT) {
            Some("insufficient funds")
        } else if from.is_none() && to.is_none() {
            Some("both to and from not known at this bank")
        } else {
            None
        }
    }

    /// Changes the balance of a side, of an account here with a record of it. Gives balance and sequence after it.
    fn books(&mut self, event: i64, leg: u8, side: &str, cents: i64, other: &str, what: &str) -> Option<(i64, i64)> {
        let account = Iban::parse(side).ok().and_then(|iban| self.accounts.get_mut(&iban))?;
        account.balance += cents;
        account.seq += 1;
        let after = (account.balance, account.seq);
        let changed = BalanceChanged {
            iban: side.to_owned(),
            new_balance: after.0,
            changed_by: cents,
            from_to: other.to_owned(),
            description: what.to_owned(),
        };
        let headers = vec![
            (header::EVENT, event.to_string()),
            (header::LEG, leg.to_string()),
            (header::ACCOUNT_SEQ, after.1.to_string()),
        ];
        self.send(Source::Changes, &changed.clone(), Observation::Changed(changed), headers);
        Some(after)
    }

    /// The last transfer that was confirmed comes again, and is answered again.
    fn answers_a_repeat(&mut self) {
        let (command, mut outcome) = self.last_confirmed();
        outcome.headers.push((header::REPEAT, "1".to_owned()));
        self.sent.extend([command, outcome]);
    }

    /// Its id comes with other content, and gets the outcome that the first content had.
    fn answers_a_reused_id(&mut self) {
        let (mut command, mut outcome) = self.last_confirmed();
        let Observation::TransferCommand(content) = &mut command.record else { panic!("no command") };
        content.amount = 1_000_000;
        outcome.headers.push((header::REPEAT, "1".to_owned()));
        outcome.headers.push((header::ID_REUSED, "1".to_owned()));
        self.sent.extend([command, outcome]);
    }

    fn last_confirmed(&self) -> (Sent, Sent) {
        let outcome = self.sent.iter().rfind(|sent| sent.source == Source::TransfersConfirmed).unwrap();
        let is_its_command = |sent: &&Sent| sent.source == Source::TransferCommands && sent.key == outcome.key;
        (self.sent.iter().find(is_its_command).unwrap().clone(), outcome.clone())
    }

    fn repeats_last_change(&mut self) {
        let last = self.sent.iter().rfind(|sent| sent.source == Source::Changes).unwrap();
        self.sent.push(last.clone());
    }

    fn next_event(&self) -> i64 {
        i64::try_from(self.events.len()).unwrap() + 1
    }

    fn row(&self, kind: i16, id: CommandId, hash: [u8; 16]) -> EventRow {
        EventRow {
            event: self.next_event(),
            kind,
            id: id.uuid(),
            command_hash: hash.to_vec(),
            refusal: None,
            from_account: None,
            to_account: None,
            amount: None,
            description: None,
            from: None,
            to: None,
            counter: None,
        }
    }

    fn send<R: Keyed>(&mut self, source: Source, keyed: &R, record: Observation, headers: Vec<(&'static str, String)>) {
        self.sent.push(Sent { source, key: keyed.key().to_string(), headers, record });
    }

    pub fn account_rows(&self) -> Vec<AccountRow> {
        let row = |(iban, account): (&Iban, &Account)| AccountRow {
            iban: iban.to_string(),
            a_type: i16::from(account.a_type.ordinal()),
            balance_limit: LIMIT,
            balance: account.balance,
            seq: account.seq,
        };
        self.accounts.iter().map(row).collect()
    }

    pub fn tokens(&self) -> impl Iterator<Item = (Iban, &str)> {
        self.accounts.iter().map(|(iban, account)| (*iban, account.token.as_str()))
    }

    pub fn sum_cents(&self) -> i128 {
        self.counters.values().sum::<i128>()
            + self.accounts.values().map(|account| i128::from(account.balance)).sum::<i128>()
    }

    pub fn counters(&self) -> &BTreeMap<&'static str, i128> {
        &self.counters
    }
}

fn token_of(iban: Iban) -> String {
    format!("{:020}", iban.number() + 7)
}

fn outcome_headers(event: i64, hash: String) -> Vec<(&'static str, String)> {
    vec![(header::EVENT, event.to_string()), (header::COMMAND_HASH, hash), (header::BOOKED_AT, "1".to_owned())]
}
