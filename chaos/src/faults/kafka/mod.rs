//! The brokers: killed, or stopped and woken.

mod broker;
mod tail;

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
    Fault {
        name: "kafka-kill-one",
        kind: Kind::Kafka,
        what: "SIGKILL of one of three brokers.",
        heal: "It is started again, and catches up.",
        held_ms: (1_000, 10_000),
        silence_beyond_ms: 25_000,
        ground: Ground::ThreeBrokers,
        wanted_runs: 20,
        act: |scene| Box::pin(broker::kill_one(scene)),
    },
    Fault {
        name: "kafka-freeze-one",
        kind: Kind::Kafka,
        what: "SIGSTOP of one of three brokers, for longer than its session with the controller.",
        heal: "SIGCONT: it finds that others lead its partitions.",
        held_ms: (8_000, 14_000),
        silence_beyond_ms: 30_000,
        ground: Ground::ThreeBrokers,
        wanted_runs: 3,
        act: |scene| Box::pin(broker::freeze_one(scene)),
    },
    Fault {
        name: "kafka-log-cut",
        kind: Kind::Kafka,
        what: "The only broker loses power: the ends of some output partitions' logs are gone.",
        heal: "It is started again; the handler publishes what is missing from its event table. An endpoint that had read further refuses to go on: its projection is rebuilt.",
        held_ms: (0, 1_000),
        silence_beyond_ms: 40_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(tail::cut(scene)),
    },
];
