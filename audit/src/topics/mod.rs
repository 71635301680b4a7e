//! Reads the topics from their beginning, each time up to the end that it has at the moment.
//!
//! Commands, outcomes and changes are read side by side: some commands, then the rest up to their time. So what belongs
//! together comes close together, and little has to wait for its other half. That only saves memory: nothing depends on
//! what the clocks of the senders say.

mod decoders;
mod reader;

use std::collections::BTreeMap;

use service_kit::kafka::{KafkaSettings, Metadata, TopicSettings};
use service_kit::registry::Registry;

use crate::books::Books;
use crate::error::AuditError;
use crate::observation::Source;
use crate::progress::Progress;

use decoders::Decoders;
use reader::{Reader, Until};

/// The topics of account creations, read as a whole before the others: who has an account explains the rest.
const FIRST: [Source; 3] = [Source::CreationCommands, Source::CreationsConfirmed, Source::CreationsFailed];
/// Those that follow the commands to transfer money.
const FOLLOWING: [Source; 3] = [Source::TransfersConfirmed, Source::TransfersFailed, Source::Changes];

/// A reader of all topics, with its place in each partition.
pub struct Topics {
    names: TopicSettings,
    metadata: Metadata,
    decoders: Decoders,
    readers: BTreeMap<Source, Reader>,
    commands_per_round: u32,
}

/// The offsets behind the last records of a topic's partitions, by partition.
pub type Ends = BTreeMap<i32, i64>;

impl Topics {
    /// A reader that has read nothing yet. So many commands are read before the topics of their outcomes are.
    ///
    /// # Errors
    /// When librdkafka does not accept the settings.
    pub fn new(
        kafka: &KafkaSettings,
        names: &TopicSettings,
        registry: &Registry,
        commands_per_round: u32,
    ) -> Result<Self, AuditError> {
        let name = |source: Source| names.name_of(source.topic()).unwrap_or_else(|| source.topic()).to_owned();
        Ok(Self {
            names: names.clone(),
            metadata: Metadata::new(kafka)?,
            decoders: Decoders::new(registry),
            readers: Source::ALL.map(|source| (source, Reader::new(source, name(source), kafka))).into(),
            commands_per_round,
        })
    }

    /// Reads every topic from where it was left, up to the end that it has now, into the books. A little of what comes
    /// behind it may be read too.
    ///
    /// # Errors
    /// When Kafka or the registry does not answer, or a topic's beginning is gone.
    pub async fn read_on(&mut self, books: &mut Books) -> Result<(), AuditError> {
        let mut unread = 0;
        for source in Source::ALL {
            let ends = self.ends(source).await?;
            unread += self.reader(source).read_to(&ends)?;
        }
        let mut progress = Progress::new("records of the topics", unread);
        for source in FIRST {
            self.read(source, Until::End, books, &mut progress).await?;
        }
        loop {
            let round = Until::Records(self.commands_per_round.into());
            self.read(Source::TransferCommands, round, books, &mut progress).await?;
            let commands = self.reader(Source::TransferCommands);
            let until = if commands.is_at_end() { Until::End } else { Until::Timestamp(commands.reached_ms()) };
            for source in FOLLOWING {
                self.read(source, until, books, &mut progress).await?;
            }
            if until == Until::End {
                break;
            }
        }
        self.readers.values_mut().for_each(Reader::rest);
        Ok(())
    }

    async fn read(
        &mut self,
        source: Source,
        until: Until,
        books: &mut Books,
        progress: &mut Progress,
    ) -> Result<(), AuditError> {
        let Some(reader) = self.readers.get_mut(&source) else { return Ok(()) };
        reader
            .read(&self.decoders, until, |observed| {
                books.observe(observed);
                progress.step();
            })
            .await
    }

    fn reader(&mut self, source: Source) -> &mut Reader {
        self.readers.get_mut(&source).expect("there is a reader for each source")
    }

    /// The ends that a topic has now.
    async fn ends(&self, source: Source) -> Result<Ends, AuditError> {
        let topic = self.name(source);
        let watermarks = self.metadata.watermarks(&topic).await?;
        if let Some(cut) = watermarks.iter().find(|partition| partition.low > 0) {
            return Err(AuditError::BeginningGone { topic, partition: cut.partition, offset: cut.low });
        }
        Ok(watermarks.iter().map(|partition| (partition.partition, partition.high)).collect())
    }

    /// The offsets that were read up to, by partition.
    #[must_use]
    pub fn read_so_far(&self, source: Source) -> Ends {
        self.readers.get(&source).map(Reader::read_so_far).unwrap_or_default()
    }

    /// The topic's name by the settings.
    #[must_use]
    pub fn name(&self, source: Source) -> String {
        self.names.name_of(source.topic()).unwrap_or_else(|| source.topic()).to_owned()
    }
}
