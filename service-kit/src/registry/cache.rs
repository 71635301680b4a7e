//! What is known about schema ids. A schema never changes under its id, so success is kept for ever; that an id is
//! unknown is kept for a bounded time; that the registry was in trouble is never kept.

use super::RegistrySettings;
use apache_avro::Schema;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// What an id stands for.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// An Avro schema.
    Schema(Arc<Writer>),
    /// Something in the registry that is no Avro schema.
    NotAvro(Arc<str>),
    /// Nothing, as the registry said at that moment.
    Unknown(Instant),
}

/// A schema that records were written with.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) schema: Schema,
    /// Avro's Parsing Canonical Form: schemas with the same form have the same bytes and fields.
    pub(super) canonical: String,
}

impl Known {
    pub(super) fn schema(schema: Schema) -> Self {
        let canonical = schema.canonical_form();
        Self::Schema(Arc::new(Writer { schema, canonical }))
    }
}

#[derive(Debug)]
pub(super) struct Cache {
    ids: RwLock<HashMap<u32, Known>>,
    /// By subject and record: one per topic that is written to.
    written_with: RwLock<HashMap<(String, &'static str), u32>>,
    max_schemas: usize,
    unknown_for: Duration,
}

impl Cache {
    pub(super) fn new(settings: &RegistrySettings) -> Self {
        Self {
            ids: RwLock::default(),
            written_with: RwLock::default(),
            max_schemas: usize::try_from(settings.cache_max_schemas).unwrap_or(usize::MAX),
            unknown_for: Duration::from_millis(settings.unknown_ms),
        }
    }

    pub(super) fn get(&self, id: u32, now: Instant) -> Option<Known> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        match ids.get(&id) {
            Some(Known::Unknown(since)) if now.duration_since(*since) >= self.unknown_for => None,
            known => known.cloned(),
        }
    }

    /// The id of a record's schema in a subject, if it was asked for before.
    pub(super) fn written_with(&self, subject: &str, record: &'static str) -> Option<u32> {
        let known = self.written_with.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&(subject.to_owned(), record)).copied()
    }

    pub(super) fn put_written_with(&self, subject: String, record: &'static str, id: u32) {
        self.written_with.write().unwrap_or_else(PoisonError::into_inner).insert((subject, record), id);
    }

    pub(super) fn put(&self, id: u32, known: Known) {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= self.max_schemas && !ids.contains_key(&id) {
            ids.clear();
        }
        ids.insert(id, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(max_schemas: u32, unknown_ms: u64) -> Cache {
        Cache::new(&RegistrySettings {
            url: String::new(),
            timeout_ms: 1,
            attempts: 1,
            unknown_ms,
            cache_max_schemas: max_schemas,
        })
    }

    #[test]
    fn that_an_id_is_unknown_is_forgotten_after_its_time() {
        let cache = cache(10, 1_000);
        let start = Instant::now();
        cache.put(7, Known::Unknown(start));
        assert!(cache.get(7, start + Duration::from_millis(999)).is_some());
        assert!(cache.get(7, start + Duration::from_secs(1)).is_none());
    }

    #[test]
    fn a_schema_is_kept() {
        let cache = cache(10, 1_000);
        cache.put(7, Known::schema(Schema::Long));
        assert!(cache.get(7, Instant::now() + Duration::from_secs(1_000_000)).is_some());
        assert!(cache.get(8, Instant::now()).is_none());
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = cache(10, 1_000);
        for id in 0..1_000 {
            cache.put(id, Known::schema(Schema::Long));
            assert!(cache.ids.read().expect("no panic").len() <= 10);
        }
    }
}
