//! Some promises are those of a whole process: its environment, its signals, its exit code. For these, a test starts this
//! test binary again and has it run one of the programs below.

use clap::Parser;
use service_kit::fault;
use service_kit::service::{self, Kit};
use service_kit::settings::{self, DatabaseSettings, KafkaSettings, KitSettings, RegistrySettings, TopicSettings};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

const PROGRAM: &str = "KIT_TEST_PROGRAM";

/// A command that runs one of the programs, with no settings in its environment but those that the caller adds.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test has an executable"));
    command.args(["--exact", "child::run", "--ignored", "--nocapture", "--quiet"]);
    command.env_clear().env(PROGRAM, name).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn run() {
    let code = match std::env::var(PROGRAM).as_deref() {
        Ok("settings") => show_settings(),
        Ok("obedient") => run_service(async |kit: Kit| {
            kit.health.part("work").up();
            kit.shutdown.cancelled().await;
            Ok(())
        }),
        Ok("stubborn") => run_service(async |kit: Kit| {
            kit.health.part("work").up();
            kit.tasks.spawn("stubborn task", std::future::pending::<()>());
            std::future::pending().await
        }),
        Ok("failing") => run_service(async |_| Err(std::io::Error::other("the vault is shut"))),
        Ok("lonely") => run_service(async |kit: Kit| {
            let kafka = settings::from_flags::<KafkaSettings>(&["--kafka-brokers", "localhost:1"]).expect("valid");
            let metadata = service_kit::kafka::Metadata::new(&kafka).expect("valid");
            service_kit::kafka::wait_for_kafka(&metadata, &kafka, &[], &kit.health.part("kafka"), &kit.shutdown)
                .await
                .map_err(std::io::Error::other)
        }),
        Ok("mortal") => {
            fault::check();
            for time in 1..=5 {
                print!("{time} ");
                std::io::stdout().flush().expect("the test reads it");
                fault::failpoint("mid-flush");
            }
            println!("{}", if fault::mutant("no-dedupe") { "broken" } else { "sound" });
            ExitCode::SUCCESS
        }
        Ok("fixture") => {
            let _fixture = service_kit::fixture::Fixture::without_databases("no-cluster");
            ExitCode::SUCCESS
        }
        _ => panic!("not started by another test"),
    };
    // The test harness would answer with its own exit code.
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// A service's settings: every concern of the kit at once, and a default port of its own.
#[derive(Debug, Parser)]
#[command(mut_arg("admin_port", |port| port.default_value("17801")))]
pub struct Everything {
    #[command(flatten)]
    pub kit: KitSettings,
    #[command(flatten)]
    pub kafka: KafkaSettings,
    #[command(flatten)]
    pub topics: TopicSettings,
    #[command(flatten)]
    pub registry: RegistrySettings,
    #[command(flatten)]
    pub database: DatabaseSettings,
}

fn show_settings() -> ExitCode {
    match settings::try_parse_from::<Everything, _>(["program".into()]) {
        Ok(settings) => {
            println!("{settings:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, Parser)]
struct OnlyKit {
    #[command(flatten)]
    kit: KitSettings,
}

fn run_service<F>(body: impl FnOnce(Kit) -> F) -> ExitCode
where
    F: Future<Output = Result<(), std::io::Error>>,
{
    let Ok(settings) = settings::try_parse_from::<OnlyKit, _>(["program".into()]) else {
        panic!("the parent gives settings that are right");
    };
    assert!(Duration::from_millis(settings.kit.shutdown_timeout_ms) < Duration::from_mins(1));
    service::run("program", &settings.kit, body)
}
