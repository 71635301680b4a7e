//! Settings, build, run until a signal.

use std::process::ExitCode;

use command_generator::{Cli, build};
use service_kit::{service, settings};

fn main() -> ExitCode {
    let Cli { settings } = settings::parse();
    service::run("command-generator", &settings.kit.clone(), |kit| async { build(settings, kit)?.run().await })
}
