//! All settings of the endpoint, one struct per concern.

use crate::accounts::config::LoginSettings;
use crate::fanout::config::FanoutSettings;
use crate::flow::config::FlowSettings;
use crate::http::config::HttpSettings;
use crate::limits::LimitSettings;
use crate::projection::config::ProjectionSettings;
use crate::requests::config::CommandSettings;
use clap::{Args, Parser, Subcommand};
use service_kit::settings::value::not_empty;
use service_kit::settings::{DatabaseSettings, KafkaSettings, KitSettings, RegistrySettings, TopicSettings};

/// Events in, queries and subscriptions out; the only thing browsers talk to
#[derive(Debug, Clone, Parser)]
#[command(name = "graphql-endpoint", version, mut_arg("admin_port", |arg| arg.default_value("17804")))]
pub struct Arguments {
    /// What to do; without it the endpoint serves
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program can do beside serving.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Orders the running endpoint to build the projection again from the beginning of the topics, and waits until it is
    /// in place; users and requests stay. An endpoint that refused to start because of other topics carries it out when it
    /// is started again
    Rebuild {
        /// Give the order and do not wait
        #[arg(long)]
        no_wait: bool,
    },
    /// Prints the GraphQL schema
    Schema,
}

/// Settings of the service.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Logs, admin port and stopping.
    #[command(flatten)]
    pub kit: KitSettings,
    /// The port that clients use.
    #[command(flatten)]
    pub http: HttpSettings,
    /// What one client may cost.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// Logging in.
    #[command(flatten)]
    pub login: LoginSettings,
    /// Commands.
    #[command(flatten)]
    pub commands: CommandSettings,
    /// The projection.
    #[command(flatten)]
    pub projection: ProjectionSettings,
    /// Subscribers.
    #[command(flatten)]
    pub fanout: FanoutSettings,
    /// The flow page.
    #[command(flatten)]
    pub flow: FlowSettings,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Topics.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// Registry.
    #[command(flatten)]
    pub registry: RegistrySettings,
    /// Postgres.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Database of the endpoint
    #[arg(long, value_name = "NAME", env = "TRANSACTION_DATABASE", default_value = "transactiondb", value_parser = not_empty)]
    pub database_name: String,
}
