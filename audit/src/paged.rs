//! A list and a map for millions of small things: they grow page by page, so that growing never copies what is there, and
//! the map keeps four bytes for each place of its index.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

const PAGE: usize = 4096;

/// A list that only grows.
pub struct Paged<T> {
    pages: Vec<Vec<T>>,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T> Paged<T> {
    pub fn len(&self) -> usize {
        self.pages.last().map_or(0, |last| (self.pages.len() - 1) * PAGE + last.len())
    }

    pub fn push(&mut self, item: T) {
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            // A small bank takes little: only pages behind the first are made in their full size.
            self.pages.push(Vec::with_capacity(if self.pages.is_empty() { 16 } else { PAGE }));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        self.pages.get(index / PAGE)?.get(index % PAGE)
    }

    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.pages.get_mut(index / PAGE)?.get_mut(index % PAGE)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten()
    }
}

/// A map from which nothing is taken away; every entry keeps the number of its place for ever.
pub struct PagedMap<K, V> {
    entries: Paged<(K, V)>,
    index: HashTable<u32>,
}

impl<K, V> Default for PagedMap<K, V> {
    fn default() -> Self {
        Self { entries: Paged::default(), index: HashTable::new() }
    }
}

impl<K: Copy + Eq + Hash, V> PagedMap<K, V> {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of an entry's place.
    pub fn place_of(&self, key: K) -> Option<u32> {
        self.index.find(hash(key), |place| self.entry_at(*place).0 == key).copied()
    }

    pub fn at(&self, place: u32) -> Option<(K, &V)> {
        self.entries.get(place as usize).map(|(key, value)| (*key, value))
    }

    pub fn at_mut(&mut self, place: u32) -> Option<&mut V> {
        self.entries.get_mut(place as usize).map(|(_, value)| value)
    }

    pub fn get(&self, key: K) -> Option<&V> {
        self.place_of(key).map(|place| &self.entry_at(place).1)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.place_of(key)?;
        self.at_mut(place)
    }

    /// Puts a new entry in where there is none yet. Gives the place, and whether it is new.
    pub fn insert_if_absent(&mut self, key: K, value: impl FnOnce() -> V) -> (u32, bool) {
        if let Some(place) = self.place_of(key) {
            return (place, false);
        }
        let place = u32::try_from(self.entries.len()).expect("memory ends before 2^32 entries do");
        self.entries.push((key, value()));
        let entries = &self.entries;
        let hash_at =
            |place: &u32| hash(entries.get(*place as usize).expect("the index holds places that are there").0);
        self.index.insert_unique(hash(key), place, hash_at);
        (place, true)
    }

    /// All entries, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    fn entry_at(&self, place: u32) -> &(K, V) {
        self.entries.get(place as usize).expect("the index holds places that are there")
    }
}

fn hash(key: impl Hash) -> u64 {
    FxBuildHasher.hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_stays_where_it_is() {
        let mut map = PagedMap::default();
        for key in 0..20_000_u64 {
            assert_eq!(map.insert_if_absent(key * 7, || key), (u32::try_from(key).unwrap(), true));
        }
        assert_eq!(map.insert_if_absent(7, || 99), (1, false));
        assert_eq!((map.len(), map.get(7), map.get(8), map.at(2)), (20_000, Some(&1), None, Some((14, &2))));
        *map.get_mut(14).unwrap() += 1;
        assert_eq!(map.at(2), Some((14, &3)));
        assert!(map.iter().map(|(key, _)| key).eq((0..20_000).map(|key| key * 7)));
        assert_eq!(map.at(20_000), None);
    }
}
