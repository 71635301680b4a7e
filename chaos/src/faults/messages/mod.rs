//! What is sent: what cannot be read, and what was sent before.

mod poison;
mod repeats;
mod sender;

pub use repeats::decided;
pub use sender::Sender;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "poison",
        kind: Kind::Messages,
        what: "Commands without magic byte, with an unknown schema id, cut short, with a huge length, empty, null, and too large.",
        heal: "Nothing to heal: they are kept as poison, and Kafka refuses the last.",
        held_ms: (0, 0),
        silence_beyond_ms: 10_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(poison::poison(scene)),
    },
    Fault {
        name: "repeats",
        kind: Kind::Messages,
        what: "Commands that are sent again on other partitions, at once and later.",
        heal: "Nothing to heal: each is decided once.",
        held_ms: (100, 1_500),
        silence_beyond_ms: 5_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(repeats::same_content(scene)),
    },
    Fault {
        name: "same-id",
        kind: Kind::Messages,
        what: "Commands with an id that is known and another amount, on other partitions, at once and later.",
        heal: "Nothing to heal: the first outcome stands.",
        held_ms: (100, 1_500),
        silence_beyond_ms: 5_000,
        ground: Ground::OneBroker,
        wanted_runs: 3,
        act: |scene| Box::pin(repeats::other_content(scene)),
    },
];
