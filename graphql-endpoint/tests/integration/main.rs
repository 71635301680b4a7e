//! The endpoint against the real Kafka, registry and Postgres. What a command handler would publish is published by hand.

mod bank;
mod flow;
mod header_names;
mod journeys;
mod limits;
mod log_ins;
mod projection;
mod protocols;
mod rebuild;
mod secrets;
mod starting;
mod streams;
mod topic_records;
mod topics;
mod transfers;
mod web_socket;
