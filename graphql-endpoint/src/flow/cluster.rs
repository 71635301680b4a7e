//! What Kafka says for one snapshot: brokers, ends of the topics, and what the services' groups have committed. Few requests,
//! each for many partitions, on the calling thread.

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use service_kit::kafka::{
    Deadline, KafkaSettings, Offsets, TopicSettings, committed, consumer_config, offsets_at, partitions_in,
};
use service_kit::service::Running;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use topology::topic::{TOPICS, groups, names};

/// Events of a client that are looked at per snapshot; librdkafka keeps what it has to say until it is polled.
const EVENTS_MAX: usize = 64;

/// Groups that only Kafka knows the offsets of, with their topics by the contract's names.
const COMMITTING: [(&str, &[&str]); 2] = [
    (groups::COMMAND_HANDLER_GROUP, &[names::CONFIRM_ACCOUNT_CREATION, names::CONFIRM_MONEY_TRANSFER]),
    (groups::COMMAND_GENERATOR_GROUP, &[names::HEARTBEAT]),
];

/// Asks Kafka. It is a member of no group.
pub struct Cluster {
    /// A client per group of [`COMMITTING`]; the first also asks what is of no group.
    clients: Vec<BaseConsumer>,
    topics: Vec<Topic>,
    /// Of which topic the partitions are asked again next.
    turn: usize,
    /// Every broker that was ever seen, by its node id: one that is down is no longer told of.
    brokers: BTreeMap<i32, String>,
    /// Where the first broker was looked for.
    bootstrap: String,
    _running: Running,
}

struct Topic {
    contract_name: &'static str,
    name: String,
    partitions: Option<i32>,
}

/// What Kafka said.
#[derive(Debug, Default)]
pub struct Said {
    /// Every broker that was ever seen.
    pub brokers: Vec<Broker>,
    /// In the order of the topology.
    pub topics: Vec<TopicSaid>,
    /// When the ends were told.
    pub at: Option<Instant>,
    /// The offsets that a group committed, by the contract's name of the topic; what went wrong, where it did.
    pub committed: BTreeMap<(&'static str, &'static str), Result<Offsets, String>>,
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// As `kafka-1`, after its node id.
    pub name: String,
    /// Host and port.
    pub address: String,
    /// Why it cannot be used; `None` when it can.
    pub missing: Option<String>,
}

/// What Kafka said of a topic.
#[derive(Debug, Clone, Default)]
pub struct TopicSaid {
    /// How many it has.
    pub partitions: Option<i32>,
    /// Where each ends, or why that is not known.
    pub ends: Option<Offsets>,
    /// Where each begins; only of topics of which a group has committed nothing.
    pub begins: Offsets,
    /// Why something is not known.
    pub missing: Option<String>,
}

impl Said {
    /// Nothing, for this reason.
    #[must_use]
    pub fn unknown(reason: &str) -> Self {
        let missing = Some(reason.to_owned());
        let broker = Broker { name: "kafka".to_owned(), address: String::new(), missing: missing.clone() };
        let topics = TOPICS.iter().map(|_| TopicSaid { missing: missing.clone(), ..TopicSaid::default() }).collect();
        Self { brokers: vec![broker], topics, ..Self::default() }
    }
}

impl Cluster {
    /// Clients for the questions; they connect when they are first asked. `running` is dropped after them.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(settings: &KafkaSettings, topics: &TopicSettings, running: Running) -> Result<Self, KafkaError> {
        let clients = COMMITTING.iter().map(|(group, _)| consumer_config(settings, group).create());
        let topic = |contract_name| Topic {
            contract_name,
            name: topics.name_of(contract_name).unwrap_or(contract_name).to_owned(),
            partitions: None,
        };
        Ok(Self {
            clients: clients.collect::<Result<_, _>>()?,
            topics: TOPICS.iter().map(|spec| topic(spec.name)).collect(),
            turn: 0,
            brokers: BTreeMap::new(),
            bootstrap: settings.brokers.clone(),
            _running: running,
        })
    }

    /// Asks for all of it, for no longer than `timeout`. What is not answered is told as missing.
    pub fn ask(&mut self, timeout: Duration) -> Said {
        let deadline = Deadline::after(timeout);
        let answered = self.ask_topics(deadline);
        let mut said = Said {
            brokers: self.brokers(answered.as_ref()),
            topics: vec![TopicSaid::default(); self.topics.len()],
            ..Said::default()
        };
        let ends = answered.map(|_| ()).and_then(|()| self.offsets(&Whole::Topology, Offset::End, deadline));
        said.at = Some(Instant::now());
        for (index, topic) in self.topics.iter().enumerate() {
            let told = &mut said.topics[index];
            told.partitions = topic.partitions;
            match &ends {
                Err(error) => told.missing = Some(error.to_string()),
                Ok(ends) => told.ends = ends.get(&topic.name).cloned(),
            }
            if topic.partitions.is_none() && ends.is_ok() {
                told.missing = Some("the topic does not exist; the synchronizer makes it".to_owned());
            }
        }
        for index in 0..COMMITTING.len() {
            self.ask_group(index, ends.as_ref().err(), deadline, &mut said);
        }
        self.log_what_happened();
        said
    }

    /// Asks for the brokers and, in turn, for one topic's partitions, which may have become more; and for those of every
    /// topic that was not there before. Gives the brokers that are up.
    fn ask_topics(&mut self, deadline: Deadline) -> Result<Vec<i32>, KafkaError> {
        self.turn = (self.turn + 1) % self.topics.len();
        let mut up = Vec::new();
        for (index, topic) in self.topics.iter_mut().enumerate() {
            if index != self.turn && topic.partitions.is_some() {
                continue;
            }
            let answer = self.clients[0].fetch_metadata(Some(&topic.name), deadline.left())?;
            topic.partitions = partitions_in(&answer, &topic.name);
            up = answer.brokers().iter().map(rdkafka::metadata::MetadataBroker::id).collect();
            for broker in answer.brokers() {
                self.brokers.insert(broker.id(), format!("{}:{}", broker.host(), broker.port()));
            }
        }
        Ok(up)
    }

    fn brokers(&self, up: Result<&Vec<i32>, &KafkaError>) -> Vec<Broker> {
        if self.brokers.is_empty() {
            let missing = Some(up.err().map_or_else(|| "no broker answered".to_owned(), ToString::to_string));
            return vec![Broker { name: "kafka".to_owned(), address: self.bootstrap.clone(), missing }];
        }
        let missing = |id: &i32| match up {
            Err(error) => Some(error.to_string()),
            Ok(up) => (!up.contains(id)).then(|| "the other brokers do not see it".to_owned()),
        };
        let broker = |(id, address): (&i32, &String)| Broker {
            name: format!("kafka-{id}"),
            address: address.clone(),
            missing: missing(id),
        };
        self.brokers.iter().map(broker).collect()
    }

    fn ask_group(&self, index: usize, trouble: Option<&KafkaError>, deadline: Deadline, said: &mut Said) {
        let (group, names) = COMMITTING[index];
        let offsets = match trouble {
            Some(error) => Err(error.to_string()),
            None => committed(&self.clients[index], self.partitions(&Whole::These(names)), deadline).map_err(text_of),
        };
        for contract_name in names {
            let Some(place) = self.topics.iter().position(|topic| topic.contract_name == *contract_name) else {
                continue;
            };
            let of_topic = offsets.clone().map(|mut found| found.remove(&self.topics[place].name).unwrap_or_default());
            let told = &mut said.topics[place];
            let is_whole =
                |next: &Offsets| told.ends.iter().flatten().all(|(it, end)| *end == 0 || next.contains_key(it));
            // Where nothing was committed, all of what is still there is ahead of the group.
            if of_topic.as_ref().is_ok_and(|next| !is_whole(next)) {
                let begins = self.offsets(&Whole::These(&[*contract_name]), Offset::Beginning, deadline);
                told.begins =
                    begins.map(|mut found| found.remove(&self.topics[place].name)).ok().flatten().unwrap_or_default();
            }
            said.committed.insert((group, *contract_name), of_topic);
        }
    }

    fn offsets(
        &self,
        of: &Whole<'_>,
        place: Offset,
        deadline: Deadline,
    ) -> Result<BTreeMap<String, Offsets>, KafkaError> {
        offsets_at(&self.clients[0], self.partitions(of), place, deadline)
    }

    fn partitions<'a>(&'a self, of: &'a Whole<'_>) -> impl Iterator<Item = (&'a str, i32)> {
        let wanted = self.topics.iter().filter(move |topic| of.has(topic.contract_name));
        wanted.flat_map(|topic| (0..topic.partitions.unwrap_or(0)).map(|partition| (topic.name.as_str(), partition)))
    }

    fn log_what_happened(&self) {
        for client in &self.clients {
            for _ in 0..EVENTS_MAX {
                // Nothing is assigned, so no record can come; errors were told by the answers.
                if client.poll(Duration::ZERO).is_none() {
                    break;
                }
            }
        }
    }
}

/// Which topics, by the contract's names.
enum Whole<'a> {
    Topology,
    These(&'a [&'static str]),
}

impl Whole<'_> {
    fn has(&self, contract_name: &str) -> bool {
        match self {
            Self::Topology => true,
            Self::These(names) => names.contains(&contract_name),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn text_of(error: KafkaError) -> String {
    error.to_string()
}
