use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;

/// 64 bits that stand for a value, so that a million of them fit in memory. Two values that differ have the same digest
/// once in 2^64, which is rarer than a machine that computes wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(NonZeroU64);

impl Digest {
    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The digest of a value; the same within one run.
    pub fn of(value: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        Self(NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN))
    }
}
