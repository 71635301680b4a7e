use std::collections::BTreeMap;

use rdkafka::client::ClientContext;
use rdkafka::consumer::ConsumerContext;
use rdkafka::statistics::Statistics;
use service_kit::kafka::NewPartitions;

/// Shows how many commands of each partition are not answered yet, from librdkafka's own statistics.
#[derive(Debug, Default)]
pub struct Lag {
    /// Sees in them what else there is to read.
    pub new_partitions: NewPartitions,
}

impl ClientContext for Lag {
    fn stats(&self, statistics: Statistics) {
        self.new_partitions.see(&statistics);
        for (topic, found) in statistics.topics {
            for (partition, lag) in lags(&found.partitions) {
                let labels = [("topic", topic.clone()), ("partition", partition.to_string())];
                metrics::gauge!("command_handler_lag", &labels).set(precise(lag));
            }
        }
    }
}

impl ConsumerContext for Lag {}

fn lags(partitions: &std::collections::HashMap<i32, rdkafka::statistics::Partition>) -> BTreeMap<i32, i64> {
    partitions
        .iter()
        .filter(|(partition, found)| **partition >= 0 && found.hi_offset >= 0)
        .map(|(&partition, found)| {
            let committed = if found.committed_offset >= 0 { found.committed_offset } else { found.lo_offset.max(0) };
            (partition, (found.hi_offset - committed).max(0))
        })
        .collect()
}

/// A count as a gauge's value: exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
const fn precise(count: i64) -> f64 {
    count as f64
}
