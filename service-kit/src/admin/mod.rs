//! The admin port: `/healthz` (alive), `/readyz` (ready, or what is missing) and `/metrics` (Prometheus).

pub mod config;
mod health;
mod metrics;
mod process;
mod question;
mod server;

pub use health::{Health, Missing, Part, Readiness};
pub use question::{NotReady, ask};
pub use server::{AdminError, AdminServer, serve};
