//! Settings of the logs.

use clap::{Args, ValueEnum};

/// What is logged and how it looks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub struct LogSettings {
    /// Level, and levels per module: `info,command_handler=debug`
    #[arg(id = "log_level", long = "log-level", value_name = "LEVELS", env = "LOG_LEVEL", default_value = "info", value_parser = level)]
    pub level: String,
    /// Lines for people, or JSON for machines; auto is human on a terminal
    #[arg(id = "log_format", long = "log-format", value_name = "FORMAT", env = "LOG_FORMAT", default_value = "auto")]
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human when standard error is a terminal, JSON otherwise.
    Auto,
    /// One line per event, coloured on a terminal.
    Human,
    /// One JSON object per line.
    Json,
}

fn level(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text).map_err(|error| {
        format!("{error}; allowed: error, warn, info, debug, trace or off, and module=level, comma-separated")
    })?;
    Ok(text.to_owned())
}
