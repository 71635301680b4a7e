//! Who asks the endpoint: too much, too slowly, or without being allowed to.

mod bombs;
mod logins;
mod readers;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "deaf-clients",
        kind: Kind::Clients,
        what: "WebSocket clients that follow everything and never read.",
        heal: "The endpoint disconnects them.",
        held_ms: (0, 1_000),
        silence_beyond_ms: 10_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(readers::deaf(scene)),
    },
    Fault {
        name: "slow-consumer",
        kind: Kind::Clients,
        what: "A subscriber that reads more slowly than transactions come, and falls behind the bound of its buffer.",
        heal: "It reads quickly again, and has missed nothing.",
        held_ms: (4_000, 8_000),
        silence_beyond_ms: 5_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(readers::slow(scene)),
    },
    Fault {
        name: "query-bombs",
        kind: Kind::Clients,
        what: "Queries that are too deep, too wide, too large, circular, or no queries.",
        heal: "Nothing to heal: each is refused.",
        held_ms: (0, 0),
        silence_beyond_ms: 5_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(bombs::queries(scene)),
    },
    Fault {
        name: "foreign-origin",
        kind: Kind::Clients,
        what: "Another site's page asks, by HTTP and by WebSocket.",
        heal: "Nothing to heal: it gets status 403.",
        held_ms: (0, 0),
        silence_beyond_ms: 5_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(bombs::foreign_origin(scene)),
    },
    Fault {
        name: "login-flood",
        kind: Kind::Clients,
        what: "Hundreds of log-ins at once, with wrong passwords and with new names.",
        heal: "Nothing to heal: beyond the bounds they are refused.",
        held_ms: (0, 0),
        silence_beyond_ms: 10_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(logins::flood(scene)),
    },
];
