//! Programs of two versions at once.

mod newer;

use super::{Fault, Ground, Kind};

pub const FAULTS: &[Fault] = &[Fault {
    name: "two-versions",
    kind: Kind::Versions,
    what: "Commands of programs that know one more field, among those of the others, while handlers of two versions (--other-bin-dir) take over from one another.",
    heal: "The second handler is stopped.",
    held_ms: (500, 1_500),
    silence_beyond_ms: 15_000,
    ground: Ground::OneBroker,
    wanted_runs: 3,
    act: |scene| Box::pin(newer::together(scene)),
}];
