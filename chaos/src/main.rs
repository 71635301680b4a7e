//! Breaks a bank on purpose while it works, then asks the auditor: settings, one command, an exit code that says how it went.

use std::process::ExitCode;

use chaos::{Cli, service};
use service_kit::{logs, service::chain, settings};

const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli: Cli = settings::parse();
    logs::init(&cli.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return could_not_run(&error),
    };
    match runtime.block_on(service::run(&cli)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => could_not_run(&error),
    }
}

fn could_not_run(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {}", chain(error));
    ExitCode::from(COULD_NOT_RUN)
}
