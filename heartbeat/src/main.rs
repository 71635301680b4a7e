//! Settings, build, run until a signal; or `heartbeat pace`.

use std::process::ExitCode;

use heartbeat::{Cli, Command, build, client};
use service_kit::{service, settings};

fn main() -> ExitCode {
    let Cli { settings, command } = settings::parse();
    match command {
        Some(Command::Pace(command)) => client::run(&command),
        None => {
            service::run("heartbeat", &settings.kit.clone(), |kit| async { build(settings, kit).await?.run().await })
        }
    }
}
