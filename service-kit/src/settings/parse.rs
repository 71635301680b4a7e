//! Parsing with errors that name the variable, the value and what is allowed.

use crate::fault;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// What shells and init systems call wrong usage (`EX_USAGE`); clap's own 2 has other meanings in this repository.
pub const EXIT_USAGE: i32 = 64;

/// Parses the process's arguments and environment into `S`; on a wrong one, says which and exits with code 64. Asked for
/// help or the version, prints it and exits with code 0.
#[must_use]
pub fn parse<S: CommandFactory + FromArgMatches>() -> S {
    fault::check();
    match try_parse_from(std::env::args_os()) {
        Ok(settings) => settings,
        Err(error) => {
            // Nothing can be said where even standard error is gone.
            let _ = error.print();
            std::process::exit(if error.use_stderr() { EXIT_USAGE } else { 0 })
        }
    }
}

/// As [`parse`], from the given arguments (the first is the program's name), with the error handed back.
///
/// # Errors
/// On an unknown flag or a value that is not allowed. Where the value came from the environment, the error names the
/// variable: clap itself would name only the flag, which the reader never used.
pub fn try_parse_from<S, I>(arguments: I) -> Result<S, clap::Error>
where
    S: CommandFactory + FromArgMatches,
    I: IntoIterator<Item = OsString>,
{
    let mut command = S::command();
    let parsed = command
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| S::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    parsed.map_err(|error| naming_the_variable(error, &mut command))
}

/// The settings of one concern from the environment and the given flags, as `["--batch-size", "5"]`. For tests.
///
/// # Errors
/// As [`try_parse_from`].
pub fn from_flags<A: Args>(flags: &[&str]) -> Result<A, clap::Error> {
    let mut command = A::augment_args(Command::new("settings").no_binary_name(true));
    let parsed = command
        .try_get_matches_from_mut(flags)
        .and_then(|matches| A::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    parsed.map_err(|error| naming_the_variable(error, &mut command))
}

fn naming_the_variable(error: clap::Error, command: &mut Command) -> clap::Error {
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return error;
    }
    let Some(variable) = variable_of(&error, command) else {
        return error;
    };
    let text = error.to_string();
    let text = text.trim_start_matches("error: ").trim_end();
    command.error(error.kind(), format!("environment variable {variable}: {text}"))
}

/// The variable that the wrong value came from, or `None` when it came from a flag.
fn variable_of(error: &clap::Error, command: &Command) -> Option<String> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else {
        return None;
    };
    every_argument(command)
        .filter(|candidate| &candidate.to_string() == argument)
        .filter_map(clap::Arg::get_env)
        .find(|variable| std::env::var(variable).is_ok_and(|set| &set == value))
        .map(|variable| variable.to_string_lossy().into_owned())
}

fn every_argument(command: &Command) -> impl Iterator<Item = &clap::Arg> {
    let below = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(below)
}
