//! Settings of a service: flags and environment variables, each with its default, refused at the start when wrong.
//!
//! Each concern has its own struct in its own `config.rs`; a service flattens the ones it uses into its `Settings`
//! (clap `Args`). [`parse`] is what `main` calls.

mod parse;
pub mod value;

pub use parse::{EXIT_USAGE, from_flags, parse, try_parse_from};

pub use crate::admin::config::AdminSettings;
pub use crate::kafka::config::{KafkaSettings, TopicSettings};
pub use crate::logs::config::{LogFormat, LogSettings};
pub use crate::postgres::config::{DatabaseSettings, Password};
pub use crate::registry::config::RegistrySettings;
pub use crate::service::config::KitSettings;
