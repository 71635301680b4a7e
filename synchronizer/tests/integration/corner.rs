//! A test's corner of the cluster, and synchronizing just that.

use clap::Parser;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use service_kit::fixture::{Fixture, eventually};
use service_kit::kafka::{Metadata, client_config};
use std::collections::BTreeMap;
use std::time::Duration;
use synchronizer::{Error, Outcome, Settings, synchronize};

pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Corner {
    pub fixture: Fixture,
    admin: AdminClient<DefaultClientContext>,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

impl Corner {
    pub fn new(test: &str) -> Self {
        let fixture = Fixture::without_databases(test);
        let admin = client_config(&fixture.kafka()).create().expect("valid settings");
        Self { fixture, admin }
    }

    pub fn settings(&self, flags: &[&str]) -> Settings {
        let flags = [&["synchronizer"], flags].concat();
        let Flags { mut settings } = Flags::try_parse_from(flags).expect("valid flags");
        settings.topics = self.fixture.topics().clone();
        self.fixture.prefix().clone_into(&mut settings.synchronize.topic_prefix);
        settings
    }

    /// Synchronizes with these flags. Gives the outcome and the lines printed, without the corner's prefix.
    pub async fn synchronize(&self, flags: &[&str]) -> (Result<Outcome, Error>, Vec<String>) {
        let mut out = Vec::new();
        let outcome = synchronize(&self.settings(flags), &mut out).await;
        let text = String::from_utf8(out).expect("text").replace(self.fixture.prefix(), "");
        (outcome, text.lines().map(str::to_owned).collect())
    }

    pub async fn in_order(&self) {
        let (outcome, lines) = self.synchronize(&[]).await;
        assert!(matches!(outcome, Ok(Outcome::InOrder { .. })), "{outcome:?} {lines:#?}");
    }

    /// Makes a topic by hand, as others may have.
    pub async fn make_topic(&self, topic: &str, partitions: i32) {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        for made in self.admin.create_topics([&new], &AdminOptions::new()).await.expect("an answer") {
            made.expect("made");
        }
        self.wait_for_partitions(topic, Some(partitions)).await;
    }

    /// Waits until a topic has this many partitions, or is gone.
    pub async fn wait_for_partitions(&self, topic: &str, partitions: Option<i32>) {
        let metadata = Metadata::new(&self.fixture.kafka()).expect("valid settings");
        eventually(&format!("{topic} has {partitions:?} partitions"), DEADLINE, async || {
            (metadata.partition_count(topic).await.ok() == partitions).then_some(())
        })
        .await;
    }

    /// Sets a topic's own configuration by hand, to exactly this.
    pub async fn set_config(&self, topic: &str, config: &[(&str, &str)]) {
        let change = AlterConfig::new(ResourceSpecifier::Topic(topic));
        let change = config.iter().fold(change, |change, (key, value)| change.set(key, value));
        for changed in self.admin.alter_configs([&change], &AdminOptions::new()).await.expect("an answer") {
            changed.expect("changed");
        }
        let (key, value) = config[0];
        eventually("the change is seen", DEADLINE, async || {
            (self.config(topic).await.get(key).map(String::as_str) == Some(value)).then_some(())
        })
        .await;
    }

    pub async fn config(&self, topic: &str) -> BTreeMap<String, String> {
        let specifier = ResourceSpecifier::Topic(topic);
        let mut answers = self.admin.describe_configs([&specifier], &AdminOptions::new()).await.expect("an answer");
        let resource = answers.remove(0).expect("it is there");
        resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect()
    }
}
