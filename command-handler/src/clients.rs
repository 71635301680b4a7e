use std::time::Duration;

use service_kit::kafka::{KafkaError, KafkaSettings};

use crate::error::HandlerError;
use crate::intake::CommandConsumer;
use crate::relay::{Line, Scanner};

/// The clients of Kafka that a term takes with it. None does any harm before there is a right to write, so a standby holds them
/// connected.
pub struct Clients {
    /// Reads back what was published.
    pub scanner: Scanner,
    /// Publishes.
    pub line: Line,
    /// Reads commands.
    pub commands: CommandConsumer,
}

impl Clients {
    /// Clients that connect when they are first used.
    ///
    /// # Errors
    /// When librdkafka doesn't accept the settings.
    pub fn open(settings: &KafkaSettings) -> Result<Self, HandlerError> {
        Ok(Self {
            scanner: Scanner::open(settings)?,
            line: Line::open(settings)?,
            commands: CommandConsumer::open(settings)?,
        })
    }

    /// Asks Kafka through each of them, at the same time: then they are connected, and know where every topic is.
    ///
    /// # Errors
    /// When one gets no answer in time.
    pub async fn ask(&self, settings: &KafkaSettings) -> Result<(), KafkaError> {
        let timeout = Duration::from_millis(settings.request_timeout_ms);
        let (scanner, line, commands) =
            tokio::try_join!(self.scanner.ask(timeout), self.line.ask(timeout), self.commands.ask(timeout))
                .map_err(|_| KafkaError::GivenUp)?;
        let answers = scanner.and(line).and(commands);
        answers.map_err(|source| KafkaError::Library { brokers: settings.brokers.clone(), source })
    }
}
