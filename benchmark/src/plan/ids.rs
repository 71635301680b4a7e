//! Ids from which a command's place in the plan can be told, so that answers are matched without keeping an id.

use clap::ValueEnum;
use topology::CommandId;

use super::mix::{mix, unmix};

/// What the ids look like to a database's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdForm {
    /// Scattered, as the ids that clients draw
    V4,
    /// Growing with time
    V7,
}

/// The ids of one run: 64 bits that stand for a place, the version, and a tag that tells runs apart.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    form: IdForm,
    tag: u64,
    scatter: u64,
    base: u64,
}

/// Version and variant take 6 of 128 bits and the place 64.
const TAG_BITS: u32 = 58;
const TAG_MASK: u64 = (1 << TAG_BITS) - 1;
const VARIANT: u64 = 0b10 << 62;
/// How many places a millisecond of the ids that grow has; only their order matters, so the clock behind them may run on.
const PLACES_PER_MS_BITS: u32 = 16;

impl Ids {
    /// The ids of a run that began at `started_ms` since 1970 UTC. Runs that begin in different milliseconds share none.
    #[must_use]
    pub const fn new(form: IdForm, seed: u64, started_ms: u64) -> Self {
        let tag = mix(mix(seed) ^ started_ms) & TAG_MASK;
        Self { form, tag, scatter: mix(tag), base: started_ms << PLACES_PER_MS_BITS }
    }

    /// The id of a place.
    #[must_use]
    pub fn id(self, place: u32) -> CommandId {
        let (version, bits) = match self.form {
            IdForm::V4 => (0x4000, mix(u64::from(place) ^ self.scatter)),
            IdForm::V7 => (0x7000, self.base.wrapping_add(u64::from(place))),
        };
        let high = (bits >> 16) << 16 | version | (bits >> 4 & 0xfff);
        let low = VARIANT | (bits & 0xf) << TAG_BITS | self.tag;
        CommandId::from_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }

    /// The place of an id; `None` for one of another run, or of anybody else.
    #[must_use]
    pub fn place(self, id: CommandId) -> Option<u32> {
        let id = u128::from_be_bytes(*id.as_bytes());
        let high = u64::try_from(id >> 64).expect("64 bits are left");
        let low = u64::try_from(id & u128::from(u64::MAX)).expect("64 bits are left");
        if low & TAG_MASK != self.tag {
            return None;
        }
        let bits = (high >> 16) << 16 | (high & 0xfff) << 4 | (low >> TAG_BITS & 0xf);
        let place = match self.form {
            IdForm::V4 => unmix(bits) ^ self.scatter,
            IdForm::V7 => bits.wrapping_sub(self.base),
        };
        u32::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_by_its_id_alone() {
        for form in [IdForm::V4, IdForm::V7] {
            let ids = Ids::new(form, 1, 1_790_000_000_000);
            let other = Ids::new(form, 1, 1_790_000_000_001);
            for place in (0..10_000).chain([u32::MAX]) {
                let id = ids.id(place);
                assert_eq!(ids.place(id), Some(place), "{form:?} {id}");
                assert_eq!(other.place(id), None, "{form:?} {id}");
            }
        }
    }

    #[test]
    fn ids_are_of_their_version_and_in_its_order() {
        let scattered = Ids::new(IdForm::V4, 1, 1_790_000_000_000);
        let growing = Ids::new(IdForm::V7, 1, 1_790_000_000_000);
        assert_eq!(scattered.id(3).uuid().get_version_num(), 4);
        assert_eq!(growing.id(3).uuid().get_version_num(), 7);
        assert!((0..100_000).all(|place| growing.id(place) < growing.id(place + 1)));
        let rising = (0..1_000).filter(|place| scattered.id(*place) < scattered.id(*place + 1)).count();
        assert!((400..600).contains(&rising), "{rising} of 1000");
    }
}
