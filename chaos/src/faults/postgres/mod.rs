//! The databases' server: stopped in all its ways.

mod backup;
mod stop;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "postgres-immediate",
        kind: Kind::Postgres,
        what: "Immediate shutdown: PostgreSQL recovers from its write-ahead log.",
        heal: "It is started again.",
        held_ms: (1_000, 4_000),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(stop::immediate(scene)),
    },
    Fault {
        name: "postgres-restart",
        kind: Kind::Postgres,
        what: "Fast shutdown: every session is ended, open transactions are rolled back.",
        heal: "It is started again.",
        held_ms: (1_000, 4_000),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(stop::fast(scene)),
    },
    Fault {
        name: "postgres-kill",
        kind: Kind::Postgres,
        what: "SIGKILL of the postmaster; its children end by themselves.",
        heal: "It is started again once they have.",
        held_ms: (1_000, 4_000),
        silence_beyond_ms: 20_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(stop::kill(scene)),
    },
    Fault {
        name: "postgres-frozen",
        kind: Kind::Postgres,
        what: "SIGSTOP of all of PostgreSQL's processes: connections stay open and nobody answers.",
        heal: "SIGCONT.",
        held_ms: (2_000, 12_000),
        silence_beyond_ms: 20_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(stop::frozen(scene)),
    },
    Fault {
        name: "postgres-asleep-handler",
        kind: Kind::Postgres,
        what: "PostgreSQL restarts while the handler is stopped (SIGSTOP): it wakes with a dead connection.",
        heal: "SIGCONT.",
        held_ms: (200, 2_000),
        silence_beyond_ms: 20_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(stop::behind_the_back(scene)),
    },
    Fault {
        name: "postgres-older-backup",
        kind: Kind::Postgres,
        what: "PostgreSQL comes back with the data of some seconds ago: the handler must refuse to go on with it.",
        heal: "The newer data is put back, and the handler started again.",
        held_ms: (2_000, 4_000),
        silence_beyond_ms: 60_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(backup::older(scene)),
    },
];
