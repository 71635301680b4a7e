//! Modules that are killed, or stopped and woken.

mod kill;
mod takeover;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "kill-handler",
        kind: Kind::Process,
        what: "SIGKILL of the handler.",
        heal: "It is started again.",
        held_ms: (0, 1_500),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(kill::kill(scene, "command-handler")),
    },
    Fault {
        name: "kill-endpoint",
        kind: Kind::Process,
        what: "SIGKILL of the endpoint.",
        heal: "It is started again; users connect and ask again.",
        held_ms: (0, 1_500),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(kill::kill(scene, "graphql-endpoint")),
    },
    Fault {
        name: "kill-generator",
        kind: Kind::Process,
        what: "SIGKILL of the generator.",
        heal: "It is started again.",
        held_ms: (0, 1_500),
        silence_beyond_ms: 10_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(kill::kill(scene, "command-generator")),
    },
    Fault {
        name: "takeover-killed",
        kind: Kind::Process,
        what: "SIGKILL of the active handler while a second one stands by.",
        heal: "The second takes over; a new first one is started, and takes over when the second is killed too.",
        held_ms: (200, 1_500),
        silence_beyond_ms: 10_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(takeover::killed(scene)),
    },
    Fault {
        name: "takeover-frozen",
        kind: Kind::Process,
        what: "SIGSTOP of the active handler until a second one has taken over, then SIGCONT: a zombie wakes.",
        heal: "The zombie finds that it lost the right to write; the second one is stopped, and the first takes over.",
        held_ms: (200, 1_500),
        silence_beyond_ms: 15_000,
        ground: Ground::OneBroker,
        wanted_runs: 20,
        act: |scene| Box::pin(takeover::frozen(scene)),
    },
];
