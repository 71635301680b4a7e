//! A partition loses every record of a producer that goes on: the broker takes what comes next, and nothing shows a gap.

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use service_kit::fixture::eventually;
use service_kit::kafka::client_config;
use topology::BalanceChanged;

use crate::bank::{Bank, DEADLINE, Mode, deposit};

/// Changes of the account that were published and lost, by the events 2, 3 and 4.
const LOST: i64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn fewer_records_after_lost_ones_do_not_hide_them() {
    let rewritten = Rewritten::new("rewritten-few").await;
    rewritten.publish_alone(1).await;
    rewritten.assert_made_good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_records_after_lost_ones_do_not_hide_them() {
    let rewritten = Rewritten::new("rewritten-many").await;
    rewritten.publish_alone(LOST + 2).await;
    rewritten.assert_made_good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_lost_before_they_were_noted_are_missed() {
    let rewritten = Rewritten::new("rewritten-unnoted").await;
    rewritten.publish(2).await;
    rewritten.publish_alone(1).await;
    // The handler died before it noted that more than the first change was acknowledged.
    rewritten.note(2, 2).await;
    rewritten.assert_made_good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_dies_before_all_is_sent_again_is_followed_by_one_that_does() {
    let rewritten = Rewritten::new("rewritten-died").await;
    rewritten.publish_alone(1).await;
    // As it is noted before the partition is emptied.
    rewritten.note(0, 0).await;
    rewritten.assert_made_good().await;
}

/// A bank whose topic of changes is empty, though the handler was told that Kafka has them.
struct Rewritten {
    bank: Bank,
    iban: String,
}

impl Rewritten {
    async fn new(test: &str) -> Self {
        let bank = Bank::new(test, Mode::Batches).await;
        let handler = bank.handler().await;
        let (iban, _) = bank.open().await;
        for _ in 0..LOST {
            let command = deposit(1, &iban);
            bank.send(&command).await;
            bank.all_answered(&[command]).await;
        }
        handler.stop().await;
        let admin: AdminClient<DefaultClientContext> = client_config(&bank.fixture.kafka()).create().unwrap();
        let (topic, options) = (bank.fixture.topics().bc.as_str(), AdminOptions::new());
        admin.delete_topics(&[topic], &options).await.unwrap()[0].as_ref().unwrap();
        eventually("the topic is there again", DEADLINE, async || {
            let new = NewTopic::new(topic, 9, TopicReplication::Fixed(1));
            admin.create_topics([&new], &options).await.ok()?.pop()?.ok()
        })
        .await;
        Self { bank, iban }
    }

    /// Publishes the change of an event.
    async fn publish(&self, event: i64) {
        let seq = event - 1;
        let changed = BalanceChanged {
            iban: self.iban.clone(),
            new_balance: seq,
            changed_by: 1,
            from_to: "cash".to_owned(),
            description: "by hand".to_owned(),
        };
        let (event, seq) = (event.to_string(), seq.to_string());
        let headers = [("event", event.as_str()), ("leg", "2"), ("account-seq", seq.as_str())];
        self.bank.fixture.produce(&self.bank.fixture.topics().bc, &self.iban, &changed, &headers).await;
    }

    /// Decides more events, and publishes only them.
    async fn publish_alone(&self, events: i64) {
        for event in LOST + 2..LOST + 2 + events {
            self.bank.decide_a_cent_more().await;
            self.publish(event).await;
        }
    }

    /// Makes the handler's database hold that Kafka acknowledged everything up to this change, which lies at offset 0, and no more.
    async fn note(&self, event: i64, leg: i64) {
        let noted = format!(
            "UPDATE publication SET event = {event}, leg = {leg}, log_offset = 0 WHERE topic = '{}' AND log_offset >= 0;
             UPDATE publication_progress SET published_through = {event}",
            self.bank.fixture.topics().bc
        );
        self.bank.database().await.batch_execute(&noted).await.unwrap();
    }

    /// All changes can be read, from the first, each once; and after another start as well.
    async fn assert_made_good(self) {
        for _ in 0..2 {
            self.bank.handler().await.stop().await;
            let changes = self.bank.fixture.consume_all(&self.bank.fixture.topics().bc).await;
            let seqs: Vec<String> = changes.iter().filter_map(|change| change.header("account-seq")).collect();
            let expected: Vec<String> = (1..=seqs.len()).map(|seq| seq.to_string()).collect();
            assert_eq!(seqs, expected);
            assert_eq!(self.bank.number("SELECT max(event) FROM event").await, 1 + i64::try_from(seqs.len()).unwrap());
        }
        self.bank.assert_books_hold().await;
    }
}
