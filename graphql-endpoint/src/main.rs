//! The GraphQL endpoint: reads settings, builds the service, runs it until a signal.

use graphql_endpoint::config::{Arguments, Command};
use graphql_endpoint::{build, order, sdl};
use mimalloc::MiMalloc;
use service_kit::{service, settings};
use std::process::ExitCode;

// Records are allocated by the threads that read them and freed by those that project and hand out.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let Arguments { command, settings } = settings::parse();
    match command {
        Some(Command::Schema) => {
            print!("{}", sdl());
            ExitCode::SUCCESS
        }
        Some(Command::Rebuild { no_wait }) => order::run(&settings, !no_wait),
        None => service::run("graphql-endpoint", &settings.kit.clone(), |kit| async {
            match build(settings, kit).await? {
                Some(service) => service.run().await,
                None => Ok(()),
            }
        }),
    }
}
