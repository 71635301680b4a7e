//! Which partition a key belongs to, as Kafka's Java clients choose it.

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;
const R: u32 = 24;

/// The partition of a key by the default of Kafka's Java clients: `toPositive(murmur2(key)) % partitions`.
///
/// # Panics
/// Where there are no partitions.
#[must_use]
pub fn murmur2_partition(key: &[u8], partitions: i32) -> i32 {
    assert!(partitions > 0, "a topic has at least one partition");
    (murmur2(key) & i32::MAX.cast_unsigned()).cast_signed() % partitions
}

fn murmur2(data: &[u8]) -> u32 {
    // Java hashes the length as an int; a key is never that long.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, tail) = data.as_chunks::<4>();
    let mut hash = SEED ^ length;
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (index, &byte) in tail.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// golden/write.sh writes the file with the `Utils.murmur2` of Kafka's own client.
    #[test]
    fn keys_go_where_javas_client_sends_them() {
        let golden: Vec<Value> = serde_json::from_str(include_str!("../golden/partitions.json")).unwrap();
        assert!(golden.len() > 50);
        for line in &golden {
            let key = line["key"].as_str().unwrap();
            for partitions in [1, 2, 9, 1000] {
                let expected = line[format!("of_{partitions}")].as_i64().unwrap();
                assert_eq!(i64::from(murmur2_partition(key.as_bytes(), partitions)), expected, "{key} of {partitions}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_key_has_a_partition(key: Vec<u8>, partitions in 1..=i32::MAX) {
            prop_assert!((0..partitions).contains(&murmur2_partition(&key, partitions)));
        }
    }
}
