//! How far the endpoint's projection is behind the topic of changes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use service_kit::kafka::Metadata;
use service_kit::postgres::{self, DatabaseSettings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::error::BenchmarkError;

const INTERVAL: Duration = Duration::from_secs(1);
/// While the lag's end is waited for.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Changes of balances that were in the topic and not yet in the projection.
#[derive(Debug, Clone, Serialize)]
pub struct Lag {
    /// The most that was seen.
    pub max: i64,
    /// When the last outcome had come.
    pub at_the_end: i64,
    /// Seconds from then until there was none; `None` where that took longer than the patience.
    pub caught_up_after_s: Option<f64>,
    /// Once a second.
    pub each_second: Vec<i64>,
}

/// Looks once a second, beside a run.
pub struct LagWatch {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(Looker, Vec<i64>), BenchmarkError>>,
}

struct Looker {
    client: Client,
    database: String,
    metadata: Metadata,
    topic: String,
}

impl LagWatch {
    /// Waits until the projection has caught up with what was before, and starts looking.
    ///
    /// # Errors
    /// When the endpoint's database cannot be reached, or the projection does not catch up within the patience.
    pub async fn start(
        settings: &DatabaseSettings,
        database: &str,
        metadata: &Metadata,
        topic: &str,
        patience: Duration,
    ) -> Result<Self, BenchmarkError> {
        let (client, _) = postgres::connect(settings, database, "benchmark").await?;
        let database = database.to_owned();
        let looker = Looker { client, database, metadata: metadata.clone(), topic: topic.to_owned() };
        if looker.wait(patience).await? > 0 {
            let what = "end of the projection's lag".to_owned();
            return Err(BenchmarkError::Silence { what, seconds: patience.as_secs() });
        }
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut each_second = Vec::new();
            let mut ticks = tokio::time::interval(INTERVAL);
            loop {
                tokio::select! {
                    _ = &mut stopped => return Ok((looker, each_second)),
                    _ = ticks.tick() => each_second.push(looker.look().await?),
                }
            }
        });
        Ok(Self { stop, task })
    }

    /// Ends, and waits until the projection has caught up.
    ///
    /// # Errors
    /// When Kafka or the database did not answer.
    pub async fn finish(self, patience: Duration) -> Result<Lag, BenchmarkError> {
        drop(self.stop);
        let (looker, mut each_second) = self.task.await.map_err(|_| BenchmarkError::Panicked)??;
        let ended = Instant::now();
        let at_the_end = looker.look().await?;
        each_second.push(at_the_end);
        let lag = looker.wait(patience).await?;
        Ok(Lag {
            max: each_second.iter().copied().max().unwrap_or_default(),
            at_the_end,
            caught_up_after_s: (lag == 0).then(|| ended.elapsed().as_secs_f64()),
            each_second,
        })
    }
}

impl Looker {
    /// Waits until nothing is behind; gives what still is when the patience is over.
    async fn wait(&self, patience: Duration) -> Result<i64, BenchmarkError> {
        let started = Instant::now();
        loop {
            let lag = self.look().await?;
            if lag == 0 || started.elapsed() > patience {
                return Ok(lag);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The ends first: what is written in between cannot make the lag look larger than it is.
    async fn look(&self) -> Result<i64, BenchmarkError> {
        let ends = self.metadata.watermarks(&self.topic).await?;
        let sql = "SELECT log_partition, next_offset FROM projection.position WHERE topic = $1";
        let rows = self.client.query(sql, &[&self.topic]).await;
        let rows = rows.map_err(|source| BenchmarkError::Query { database: self.database.clone(), source })?;
        let positions: BTreeMap<i32, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let behind = |(partition, end)| end - positions.get(partition).copied().unwrap_or_default().min(end);
        Ok(ends.iter().map(|mark| behind((&mark.partition, mark.high))).sum())
    }
}
