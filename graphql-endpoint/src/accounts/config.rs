//! Settings of logging in.

use clap::Args;

/// Bounds of names, passwords, and the work they cause.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logging in")]
pub struct LoginSettings {
    /// Passwords that are hashed at once, each with 19 MiB; at the bound, log-ins wait
    #[arg(long, value_name = "N", env = "PASSWORD_HASHES_AT_ONCE", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub password_hashes_at_once: u32,
    /// Log-ins that may wait to be hashed; at the bound they are refused
    #[arg(long, value_name = "N", env = "PASSWORD_HASHES_WAITING", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub password_hashes_waiting: u32,
    /// Wrong passwords for one username within the window; at the bound even the right one is refused until it ends
    #[arg(long, value_name = "N", env = "LOGIN_ATTEMPTS_MAX", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub login_attempts_max: u32,
    /// Milliseconds in which wrong passwords are counted
    #[arg(long, value_name = "MS", env = "LOGIN_ATTEMPTS_WINDOW_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(10..=86_400_000))]
    pub login_attempts_window_ms: u64,
    /// Usernames whose wrong passwords are counted; at the bound the one that began first is forgotten
    #[arg(long, value_name = "N", env = "LOGIN_ATTEMPTS_USERNAMES", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub login_attempts_usernames: u32,
    /// Bytes of a username
    #[arg(long, value_name = "BYTES", env = "USERNAME_MAX_BYTES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub username_max_bytes: u32,
    /// Bytes of a password
    #[arg(long, value_name = "BYTES", env = "PASSWORD_MAX_BYTES", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub password_max_bytes: u32,
    /// New ids that are tried when the generated IBAN existed already
    #[arg(long, value_name = "N", env = "CREATION_ATTEMPTS_MAX", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub creation_attempts_max: u16,
}
