//! The brokers: killed, or stopped and woken.

mod broker;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "kafka-kill",
        kind: Kind::Kafka,
        what: "SIGKILL of the only broker.",
        heal: "It is started again, and recovers its logs.",
        held_ms: (0, 3_000),
        silence_beyond_ms: 40_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(broker::kill_only(scene)),
    },
    Fault {
        name: "kafka-frozen",
        kind: Kind::Kafka,
        what: "SIGSTOP of the only broker.",
        heal: "SIGCONT.",
        held_ms: (2_000, 15_000),
        silence_beyond_ms: 25_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(broker::freeze_only(scene)),
    },
];
