//! The command handler as a program.

use std::io::stdout;
use std::process::ExitCode;

use command_handler::{Cli, Command, Service, Settings, TakeOverOutcome, TakeOverSettings, take_over};
use service_kit::{logs, service, settings};

// Librdkafka allocates on one thread what it frees on another, each header by itself, which the C library's allocator is slow at.
// Programs for tests keep the system's: libfaketime and the like cannot stand before another one.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { settings, command } = settings::parse();
    match command {
        Some(Command::TakeOver(options)) => run_take_over(&settings, options),
        None => {
            let kit_settings = settings.kit.clone();
            service::run("command-handler", &kit_settings, async |kit| Service::build(settings, kit)?.run().await)
        }
    }
}

#[tokio::main]
async fn run_take_over(settings: &Settings, options: TakeOverSettings) -> ExitCode {
    logs::init(&settings.kit.log);
    match take_over(settings, options, &mut stdout()).await {
        Ok(TakeOverOutcome::InOrder) => ExitCode::SUCCESS,
        Ok(TakeOverOutcome::Differs) => ExitCode::from(2),
        Ok(TakeOverOutcome::Refused) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("not taken over: {}", service::chain(&error));
            ExitCode::FAILURE
        }
    }
}
