//! Makes a Kafka cluster and schema registry equal to the topology, and exits.

use clap::Parser;
use service_kit::service::chain;
use service_kit::{logs, settings};
use std::io::stdout;
use std::process::ExitCode;
use synchronizer::{Outcome, Settings, synchronize};

/// Makes a Kafka cluster and schema registry equal to the topology.
///
/// Exit codes: 0 when all is as it should be; 1 when it is not, or something failed; 2 when --dry-run found a difference;
/// 64 when a setting is wrong.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { settings } = settings::parse();
    logs::init(&settings.log);
    match synchronize(&settings, &mut stdout()).await {
        Ok(Outcome::InOrder { .. }) => ExitCode::SUCCESS,
        Ok(Outcome::Obstructed) => ExitCode::FAILURE,
        Ok(Outcome::Differs) => ExitCode::from(2),
        Err(error) => {
            tracing::error!("not synchronized: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}
