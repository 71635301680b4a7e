//! Makes a Kafka cluster and schema registry equal to the topology.
