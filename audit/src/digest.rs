use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::{NonZeroU32, NonZeroU64};

/// 64 bits that stand for a value, so that millions of them fit in memory. Two values that differ have the same digest
/// once in 2^64, which is rarer than a machine that computes wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(NonZeroU64);

/// Half a digest, for what is only ever compared with the one value that it should be: a wrong one passes once in 2^32.
/// Where something is looked up among millions, that would be too often; there it takes a whole [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short(NonZeroU32);

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

    /// Half of it.
    #[must_use]
    pub fn short(self) -> Short {
        let [a, b, c, d, ..] = self.get().to_le_bytes();
        Short(NonZeroU32::new(u32::from_le_bytes([a, b, c, d])).unwrap_or(NonZeroU32::MIN))
    }
}

impl Short {
    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Half the digest of a value; the same within one run.
    pub fn of(value: impl Hash) -> Self {
        Digest::of(value).short()
    }
}
