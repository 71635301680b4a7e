//! When and how a fault comes: a pure function of the fault and the seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::faults::Fault;

/// Milliseconds of load before the fault: short, so that the connections' first second is hit too.
const BEFORE_MS: std::ops::RangeInclusive<u64> = 300..=2_500;
/// Milliseconds of load after it.
const AFTER_MS: std::ops::RangeInclusive<u64> = 500..=1_500;

/// What one run does, as drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The fault's name.
    pub fault: String,
    /// What it was drawn from.
    pub seed: u64,
    /// Milliseconds of load before the fault.
    pub before_ms: u64,
    /// Milliseconds that it stays, or that what was killed stays down.
    pub held_ms: u64,
    /// Milliseconds of load after the healing.
    pub after_ms: u64,
    /// What the fault draws besides, as which broker; any number.
    pub choice: u64,
}

impl Plan {
    /// The plan of this fault for this seed; the same for ever.
    #[must_use]
    pub fn new(fault: &Fault, seed: u64) -> Self {
        let mut random = ChaCha8Rng::from_seed(seed_bytes(fault.name, seed));
        let (shortest_ms, longest_ms) = fault.held_ms;
        Self {
            fault: fault.name.to_owned(),
            seed,
            before_ms: random.random_range(BEFORE_MS),
            held_ms: random.random_range(shortest_ms..=longest_ms),
            after_ms: random.random_range(AFTER_MS),
            choice: random.random(),
        }
    }

    /// One of `count` things, from the number that was drawn. Nothing is chosen from nothing: 0 counts as 1.
    #[must_use]
    pub fn one_of(&self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.choice % count).unwrap_or(0)
    }
}

/// The faults in the order of this seed, without regard to which bank each needs.
#[must_use]
pub fn order<'a>(faults: &[&'a Fault], seed: u64) -> Vec<&'a Fault> {
    let mut random = ChaCha8Rng::from_seed(seed_bytes("order", seed));
    let mut left: Vec<&Fault> = faults.to_vec();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        ordered.push(left.swap_remove(random.random_range(0..left.len())));
    }
    ordered
}

/// Another fault of the same seed has another plan.
fn seed_bytes(name: &str, seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    for (index, byte) in name.bytes().enumerate() {
        let place = &mut bytes[8 + index % 24];
        *place = place.rotate_left(3) ^ byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults;

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_one_another() {
        for fault in faults::all() {
            assert_eq!(Plan::new(fault, 7), Plan::new(fault, 7), "{}", fault.name);
            assert_ne!(Plan::new(fault, 7).choice, Plan::new(fault, 8).choice, "{}", fault.name);
        }
        let of_all: std::collections::BTreeSet<u64> = faults::all().map(|fault| Plan::new(fault, 7).choice).collect();
        assert_eq!(of_all.len(), faults::all().count(), "two faults share a plan");
    }

    /// A seed that somebody wrote down must mean the same plan later.
    #[test]
    fn a_plan_is_what_it_always_was() {
        let plan = Plan::new(faults::find("kill-handler").unwrap(), 1);
        let drawn = (plan.before_ms, plan.held_ms, plan.after_ms, plan.choice);
        assert_eq!(drawn, (1_164, 521, 1_243, 17_842_112_251_205_534_262));
    }

    #[test]
    fn plans_stay_within_their_bounds() {
        for fault in faults::all() {
            for seed in 0..200 {
                let plan = Plan::new(fault, seed);
                assert!(BEFORE_MS.contains(&plan.before_ms) && AFTER_MS.contains(&plan.after_ms));
                assert!((fault.held_ms.0..=fault.held_ms.1).contains(&plan.held_ms), "{}", fault.name);
                assert!(plan.one_of(3) < 3 && plan.one_of(0) == 0);
            }
        }
    }

    #[test]
    fn an_order_has_every_fault_once() {
        let faults: Vec<&Fault> = faults::all().collect();
        let names = |seed| order(&faults, seed).iter().map(|fault| fault.name).collect::<Vec<_>>();
        assert_eq!(names(3), names(3));
        assert_ne!(names(3), names(4));
        let mut sorted = names(3);
        sorted.sort_unstable();
        let mut wanted: Vec<&str> = faults.iter().map(|fault| fault.name).collect();
        wanted.sort_unstable();
        assert_eq!(sorted, wanted);
    }
}
