//! A specimen: a copy of all that an audit reads of a bank, to be corrupted, and the audit of it without any I/O.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use audit::Short;
use audit::books::{Books, Examples, WatchSettings};
use audit::handler_tables::{AccountRow, EventRow, HandlerTables, PoisonRow};
use audit::model;
use audit::observation::{Headers, Observation, Observed, Place, Source};
use audit::projection::{Projection, TransactionRow};
use audit::report::Report;
use topology::partition::murmur2_partition;
use topology::topic::TOPICS;
use topology::{Iban, Record, header};

use crate::bank::{Bank, LIMIT, Sent};

#[derive(Clone)]
pub struct Specimen {
    pub seen: Vec<Observed>,
    pub events: Vec<EventRow>,
    pub accounts: Vec<AccountRow>,
    pub tokens: Vec<(i64, String)>,
    pub sum: String,
    pub counters: Vec<(String, i128)>,
    pub poison: Vec<PoisonRow>,
    pub transactions: Vec<TransactionRow>,
    pub positions: BTreeMap<i32, i64>,
    pub projected_accounts: Vec<(i64, Option<i16>)>,
    pub behind: Vec<String>,
}

impl Specimen {
    pub fn of(bank: &Bank) -> Self {
        let mut seen = laid_out(&bank.sent);
        let place = Place { source: Source::TransferCommands, partition: 3, offset: 1_000 };
        seen.push(Observed {
            place,
            in_its_place: true,
            headers: Headers::default(),
            value: Short::of("garbage"),
            observation: Observation::Unreadable("not in the registry's wire format".to_owned()),
        });
        let topic = place.source.topic().to_owned();
        Self {
            transactions: transactions(&seen),
            positions: (0..9).map(|partition| (partition, 1_000)).collect(),
            projected_accounts: bank.account_rows().iter().map(|row| (number(&row.iban), Some(row.a_type))).collect(),
            events: bank.events.clone(),
            accounts: bank.account_rows(),
            tokens: bank.tokens().map(|(iban, token)| (number(&iban.to_string()), token.to_owned())).collect(),
            sum: bank.sum_cents().to_string(),
            counters: bank.counters().iter().map(|(name, cents)| ((*name).to_owned(), *cents)).collect(),
            poison: vec![PoisonRow { topic, partition: place.partition, offset: place.offset }],
            behind: Vec::new(),
            seen,
        }
    }

    pub fn audit(&self) -> Report {
        let mut books = books();
        for seen in &self.seen {
            books.observe(seen.clone());
        }
        let mut tables = HandlerTables::new(&books, 3);
        self.events.iter().for_each(|row| tables.event(row));
        self.accounts.iter().for_each(|row| tables.account(row));
        self.tokens.iter().for_each(|(number, token)| tables.token(*number, token));
        self.counters.iter().for_each(|(name, cents)| tables.counter(name, *cents));
        let mut of_handler = tables.finish(&self.sum, &self.poison, |source| source.topic().to_owned());
        let limit = |iban| of_handler.limits.of(iban);
        let mut tallies = books.finish(limit);
        tallies.extend(books.finish_headers());
        tallies.push(model::replay(&books, limit, 3));
        tallies.append(&mut of_handler.tallies);
        let mut projection = Projection::new(&books, &self.positions, 3);
        self.transactions.iter().for_each(|row| projection.transaction(row));
        self.projected_accounts.iter().for_each(|(number, a_type)| projection.account(*number, *a_type));
        tallies.push(projection.finish(self.behind.clone()));
        Report::new(tallies, Vec::new(), Duration::ZERO)
    }

    /// As another implementation's bank would look: no headers, no tables.
    pub fn audit_of_topics(&self) -> Report {
        let without_headers =
            self.seen.iter().map(|seen| Observed { headers: Headers::default(), ..seen.clone() }).collect();
        Self { seen: without_headers, ..self.clone() }.audit_of_topics_with_headers()
    }

    /// As another implementation's bank would look that sends our headers.
    pub fn audit_of_topics_with_headers(&self) -> Report {
        let mut books = books();
        for seen in &self.seen {
            books.observe(seen.clone());
        }
        Report::new(books.finish(|_| LIMIT), Vec::new(), Duration::ZERO)
    }

    /// The index of the nth record of a source that is like this.
    pub fn nth(&self, source: Source, n: usize, is_like: impl Fn(&Observation) -> bool) -> usize {
        let found =
            self.seen.iter().enumerate().filter(|(_, seen)| seen.place.source == source && is_like(&seen.observation));
        found.map(|(index, _)| index).nth(n).expect("the bank has had one")
    }
}

/// Nothing seen yet; three failures of each check are told.
pub fn books() -> Books {
    Books::new(Examples(3), WatchSettings { accounts: 3, transactions: 100, seed: 1 })
}

/// Puts records where Kafka would: by key, in the order in which they were sent.
pub fn laid_out(sent: &[Sent]) -> Vec<Observed> {
    let mut ends: HashMap<(Source, i32), i64> = HashMap::new();
    sent.iter()
        .map(|sent| {
            let topic = TOPICS.iter().find(|topic| topic.name == sent.source.topic()).unwrap();
            let partition = murmur2_partition(sent.key.as_bytes(), topic.partitions);
            let end = ends.entry((sent.source, partition)).or_default();
            let place = Place { source: sent.source, partition, offset: *end };
            *end += 1;
            let mut headers = Headers::default();
            for (name, value) in &sent.headers {
                headers.add(name, value.as_bytes());
            }
            let value = Short::of(avro(&sent.record));
            Observed { place, in_its_place: true, headers, value, observation: sent.record.clone() }
        })
        .collect()
}

pub fn avro(record: &Observation) -> Vec<u8> {
    let mut bytes = Vec::new();
    match record {
        Observation::CreationCommand(record) => record.encode(&mut bytes),
        Observation::CreationConfirmed(record) => record.encode(&mut bytes),
        Observation::CreationFailed(record) => record.encode(&mut bytes),
        Observation::TransferCommand(record) => record.encode(&mut bytes),
        Observation::TransferConfirmed(record) => record.encode(&mut bytes),
        Observation::TransferFailed(record) => record.encode(&mut bytes),
        Observation::Changed(record) => record.encode(&mut bytes),
        Observation::Unreadable(text) => bytes.extend_from_slice(text.as_bytes()),
    }
    bytes
}

pub fn number(iban: &str) -> i64 {
    i64::try_from(Iban::parse(iban).unwrap().number()).unwrap()
}

/// What the endpoint makes of the changes.
fn transactions(seen: &[Observed]) -> Vec<TransactionRow> {
    let mut highest: HashMap<i32, (u64, u8)> = HashMap::new();
    let mut rows = Vec::new();
    for observed in seen {
        let Observation::Changed(changed) = &observed.observation else { continue };
        let (event, leg) = (observed.headers.event.unwrap(), observed.headers.leg.unwrap());
        let highest = highest.entry(observed.place.partition).or_default();
        if (event, leg) <= *highest {
            continue;
        }
        *highest = (event, leg);
        rows.push(TransactionRow {
            id: i64::try_from(event).unwrap() * 2 + i64::from(leg),
            account: number(&changed.iban),
            partition: observed.place.partition,
            offset: observed.place.offset,
            new_balance: changed.new_balance,
            changed_by: changed.changed_by,
            account_seq: observed.headers.account_seq.map(|seq| i64::try_from(seq).unwrap()),
            from_to: changed.from_to.replace('\0', "\u{FFFD}"),
            descr: changed.description.replace('\0', "\u{FFFD}"),
        });
    }
    rows.sort_by_key(|row| (row.partition, row.offset));
    rows
}

/// A header as text, for the cluster.
pub fn header_pairs(sent: &Sent) -> Vec<(&str, &str)> {
    let mut headers: Vec<(&str, &str)> = sent.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.push((header::TRACEPARENT, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    headers
}
