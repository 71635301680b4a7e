//! The benchmarks as a program.

use std::process::ExitCode;

use benchmark::{BenchmarkError, Cli, Command, Interrupt, browser, commands, floor, make_accounts, report};
use service_kit::{logs, service::chain, settings};

const NOT_AS_IT_SHOULD_BE: u8 = 1;
const COULD_NOT_MEASURE: u8 = 2;

fn main() -> ExitCode {
    let Cli { command } = settings::parse();
    logs::init(command.log());
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return could_not_measure(&error),
    };
    let code = match runtime.block_on(run(&command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_AS_IT_SHOULD_BE),
        Err(error) => could_not_measure(&error),
    };
    // Whatever blocking call is still under way has no more to say.
    runtime.shutdown_background();
    code
}

async fn run(command: &Command) -> Result<bool, BenchmarkError> {
    let interrupt = Interrupt::listen().map_err(BenchmarkError::NoSignals)?;
    tokio::select! {
        biased;
        done = run_until_asked(command, &interrupt) => done,
        // Dropped as it stands, it ends what it started: a browser, a pace, a part's pause.
        () = interrupt.insisted() => Err(BenchmarkError::Interrupted),
    }
}

async fn run_until_asked(command: &Command, interrupt: &Interrupt) -> Result<bool, BenchmarkError> {
    match command {
        Command::Commands(settings) => commands::run(settings, interrupt).await,
        Command::MakeAccounts(settings) => make_accounts::run(settings, interrupt).await,
        Command::Floor(settings) => floor::run(settings, interrupt).await,
        Command::Browser(settings) => browser::run(settings, interrupt).await,
        Command::Report(settings) => report::run(settings).map(|()| true),
        Command::Compare(settings) => report::compare(settings).map(|()| true),
    }
}

fn could_not_measure(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("could not measure: {}", chain(error));
    ExitCode::from(COULD_NOT_MEASURE)
}
