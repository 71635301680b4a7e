//! The GraphQL endpoint: reads settings, builds the service, runs it until a signal.

use graphql_endpoint::config::{Arguments, Command};
use graphql_endpoint::{build, order, sdl};
use service_kit::{service, settings};
use std::process::ExitCode;

// Records are allocated by the threads that read them and freed by those that project and hand out.
// Programs for tests keep the system's: libfaketime and the like cannot stand before another one.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
