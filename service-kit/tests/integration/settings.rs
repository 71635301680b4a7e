//! Settings are refused at the start, with variable, value and what is allowed.

use crate::child::{Everything, program};
use clap::CommandFactory;
use service_kit::settings::try_parse_from;
use std::ffi::OsString;

fn with_environment(variable: &str, value: &str) -> (bool, String) {
    let output = program("settings").env(variable, value).output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[test]
fn a_wrong_variable_is_named_with_its_value_and_what_is_allowed() {
    let rows = [
        ("KAFKA_BROKERS", "localhost", "host:port"),
        ("KAFKA_BROKERS", "", "host:port"),
        ("KAFKA_LINGER_MS", "-1", "0..=1000"),
        ("KAFKA_CMT_TOPIC", "a topic", "letters, digits"),
        ("SCHEMA_REGISTRY_URL", "https://registry", "http://host:port"),
        ("SCHEMA_REGISTRY_TIMEOUT_MS", "0", "10..=300000"),
        ("DB_PORT", "99999", "1..=65535"),
        ("DB_PORT", "0", "1..=65535"),
        ("DB_POOL_MAX_CONNECTIONS", "many", "invalid digit"),
        ("ADMIN_PORT", "http", "invalid digit"),
        ("LOG_FORMAT", "xml", "auto, human, json"),
        ("LOG_LEVEL", "kafka=loud", "trace or off"),
        ("SHUTDOWN_TIMEOUT_MS", "5", "100..=600000"),
    ];
    for (variable, value, allowed) in rows {
        let (accepted, text) = with_environment(variable, value);
        assert!(!accepted, "{variable}={value}: {text}");
        for part in [variable, value, allowed] {
            assert!(text.contains(part), "{variable}={value} without `{part}`: {text}");
        }
    }
}

#[test]
fn a_wrong_flag_is_named_as_a_flag() {
    let flags = ["program", "--db-port", "0"].map(OsString::from);
    let Err(error) = try_parse_from::<Everything, _>(flags) else { panic!("accepted") };
    let text = error.to_string();
    assert!(text.contains("--db-port") && text.contains("1..=65535") && !text.contains("environment"), "{text}");
}

#[test]
fn the_environment_is_read_and_a_password_is_masked() {
    let (accepted, text) = with_environment("DB_PASSWORD", "s3cret");
    assert!(accepted, "{text}");
    assert!(text.contains("***") && !text.contains("s3cret"), "{text}");
    assert!(text.contains("admin_port: 17801"), "a service's own default port: {text}");
    let (accepted, text) = with_environment("KAFKA_BC_TOPIC", "other_bank_changes");
    assert!(accepted && text.contains("bc: \"other_bank_changes\""), "{text}");
}

#[test]
fn help_shows_each_flag_with_variable_and_default() {
    let mut command = Everything::command();
    for argument in command.get_arguments() {
        let Some(variable) = argument.get_env() else { continue };
        assert!(!argument.get_default_values().is_empty(), "{} has no default", variable.to_string_lossy());
        assert!(argument.get_long().is_some() && argument.get_help().is_some());
    }
    let help = command.render_long_help().to_string();
    for part in
        ["--kafka-brokers", "KAFKA_BROKERS", "localhost:19092", "confirm_money_transfer", "17801", "DB_PASSWORD"]
    {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}
