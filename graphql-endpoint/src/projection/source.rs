//! Whether the topics are still the ones that the projection was made from.

use super::repo::{CURRENT, TopicMarks, Writer};
use crate::error::Fault;
use service_kit::kafka::{Metadata, Watermarks};

impl Writer {
    /// The cluster that the projection was made from; `None` for a new projection.
    async fn cluster_id(&mut self) -> Result<Option<String>, Fault> {
        let row = self.client().query_opt("SELECT cluster_id FROM projection.source", &[]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    async fn keep_cluster_id(&mut self, cluster_id: &str) -> Result<(), Fault> {
        let sql = "INSERT INTO projection.source (cluster_id) VALUES ($1) ON CONFLICT DO NOTHING";
        self.client().execute(sql, &[&cluster_id]).await?;
        Ok(())
    }

    /// Empties the projection, to fill it from the topics as they are now.
    pub async fn start_afresh(&mut self) -> Result<(), Fault> {
        let sql = format!(
            "BEGIN; TRUNCATE {CURRENT}.transaction, {CURRENT}.position, {CURRENT}.source;
             DELETE FROM {CURRENT}.account WHERE number <> 0;
             UPDATE {CURRENT}.account SET has_transactions = false;
             COMMIT"
        );
        Ok(self.client().batch_execute(&sql).await?)
    }
}

/// Checks that this is the cluster of the projection and that no position lies behind the end of its partition.
///
/// # Errors
/// [`Fault::OtherTopics`] when not: going on would leave changes out, or count others twice.
pub async fn check(writer: &mut Writer, metadata: &Metadata, marks: &TopicMarks, database: &str) -> Result<(), Fault> {
    let other = |reason| Fault::OtherTopics { reason, database: database.to_owned() };
    let cluster_id = metadata.cluster_id().await?;
    match writer.cluster_id().await? {
        Some(known) if known != cluster_id => {
            return Err(other(format!("this is Kafka cluster {cluster_id}, the projection was made from {known}")));
        }
        Some(_) => {}
        None => writer.keep_cluster_id(&cluster_id).await?,
    }
    for (topic, marks) in marks {
        let watermarks = metadata.watermarks(topic).await?;
        for (partition, mark) in marks.iter() {
            if let Some(problem) = problem(&watermarks, partition, mark.next_offset) {
                return Err(other(format!("topic {topic}, partition {partition}: {problem}")));
            }
        }
    }
    Ok(())
}

fn problem(watermarks: &[Watermarks], partition: i32, next_offset: i64) -> Option<String> {
    let Some(found) = watermarks.iter().find(|found| found.partition == partition) else {
        return (next_offset > 0).then(|| "it was projected from, and does not exist".to_owned());
    };
    if next_offset > found.high {
        return Some(format!("it was projected up to offset {next_offset}, and ends at {}", found.high));
    }
    (next_offset < found.low)
        .then(|| format!("it was projected up to offset {next_offset}, and now begins at {}", found.low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_must_lie_in_its_partition() {
        let watermarks = [Watermarks { partition: 0, low: 2, high: 5 }];
        let rows = [(0, 2, true), (0, 5, true), (0, 6, false), (0, 1, false), (1, 1, false), (1, 0, true)];
        for (partition, next_offset, fine) in rows {
            assert_eq!(problem(&watermarks, partition, next_offset).is_none(), fine, "{partition} {next_offset}");
        }
    }
}
