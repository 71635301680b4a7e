//! Clock, disks and descriptors.

mod clock;
mod descriptors;
mod disk;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "clock-ahead",
        kind: Kind::Machine,
        what: "The handler's clock jumps an hour ahead and back (libfaketime).",
        heal: "The clock is right again.",
        held_ms: (2_000, 4_000),
        silence_beyond_ms: 20_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(clock::moved(scene, 3_600)),
    },
    Fault {
        name: "clock-behind",
        kind: Kind::Machine,
        what: "The handler's clock jumps an hour back and ahead again (libfaketime).",
        heal: "The clock is right again.",
        held_ms: (2_000, 4_000),
        silence_beyond_ms: 20_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(clock::moved(scene, -3_600)),
    },
    Fault {
        name: "descriptors",
        kind: Kind::Machine,
        what: "The endpoint may open no more files: connections are not taken.",
        heal: "It may again.",
        held_ms: (1_000, 4_000),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(descriptors::exhausted(scene)),
    },
    Fault {
        name: "disk-full-postgres",
        kind: Kind::Machine,
        what: "The databases' disk is full to the last byte.",
        heal: "There is room again; PostgreSQL is started again where it ended.",
        held_ms: (1_000, 5_000),
        silence_beyond_ms: 60_000,
        ground: Ground::SmallDisks,
        wanted_runs: 3,
        act: |scene| Box::pin(disk::databases(scene)),
    },
    Fault {
        name: "disk-full-kafka",
        kind: Kind::Machine,
        what: "The broker's disk is full to the last byte.",
        heal: "There is room again; the broker is started again where it ended.",
        held_ms: (1_000, 5_000),
        silence_beyond_ms: 60_000,
        ground: Ground::SmallDisks,
        wanted_runs: 3,
        act: |scene| Box::pin(disk::broker(scene)),
    },
];
