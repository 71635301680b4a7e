//! The command handler as a program.

use std::process::ExitCode;

use clap::Parser;
use command_handler::{Service, Settings};

fn main() -> ExitCode {
    let settings = Settings::parse();
    let kit_settings = settings.kit.clone();
    service_kit::service::run("command-handler", &kit_settings, async |kit| Service::build(settings, kit)?.run().await)
}
