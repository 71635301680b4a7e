//! The audit of a running bank: settings, one run, the report, an exit code that says how it went.

use std::process::ExitCode;

use audit::{Settings, service};
use service_kit::{logs, service::chain, settings};

const COULD_NOT_CHECK: u8 = 2;

fn main() -> ExitCode {
    let settings: Settings = settings::parse();
    logs::init(&settings.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return could_not_check(&error),
    };
    match runtime.block_on(service::audit(&settings)) {
        Ok(report) if settings.audit.json => {
            println!("{}", report.to_json());
            report.exit_code()
        }
        Ok(report) => {
            println!("{report}");
            report.exit_code()
        }
        Err(error) => could_not_check(&error),
    }
}

fn could_not_check(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("could not check: {}", chain(error));
    ExitCode::from(COULD_NOT_CHECK)
}
