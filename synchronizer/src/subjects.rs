//! The registry: what the subjects have, and whether our schemas can follow.

use crate::Error;
use crate::found::FoundSubject;
use crate::plan::COMPATIBILITY;
use apache_avro::Schema;
use apache_avro::schema_compatibility::SchemaCompatibility;
use service_kit::registry::{Compatibility, Registry};
use service_kit::service::chain;

/// A subject as it is, or `None` for one that the registry does not have.
pub(crate) async fn read(registry: &Registry, subject: &str, schema: &str) -> Result<Option<FoundSubject>, Error> {
    let compatibility = registry.compatibility(subject).await?;
    let latest = registry.latest_schema(subject).await?;
    let registered = registry.id_of(subject, schema).await?.is_some();
    let refusal = match &latest {
        Some(latest) if !registered => refusal(registry, subject, schema, latest, compatibility.as_deref()).await?,
        _ => None,
    };
    let is_there = compatibility.is_some() || latest.is_some();
    Ok(is_there.then_some(FoundSubject { compatibility, registered, refusal }))
}

/// Why our schema cannot follow the newest of the subject. The registry judges by the compatibility that the subject has
/// now, which may be NONE, and not every registry gives reasons; so Avro's own rules are asked too.
async fn refusal(
    registry: &Registry,
    subject: &str,
    schema: &str,
    latest: &str,
    compatibility: Option<&str>,
) -> Result<Option<String>, Error> {
    let ours = avro_refusal(latest, schema);
    if compatibility != Some(COMPATIBILITY) {
        return Ok(ours);
    }
    Ok(match registry.check_compatible(subject, schema).await? {
        Compatibility::Compatible => None,
        Compatibility::Incompatible(Some(reason)) => Some(reason),
        Compatibility::Incompatible(None) => {
            Some(ours.unwrap_or_else(|| "the registry says so and gives no reason".to_owned()))
        }
    })
}

/// Why a reader with our schema could not read what was written with the latest.
fn avro_refusal(latest: &str, ours: &str) -> Option<String> {
    let parsed = Schema::parse_str(latest).and_then(|writer| Ok((writer, Schema::parse_str(ours)?)));
    match parsed {
        Ok((writer, reader)) => SchemaCompatibility::can_read(&writer, &reader).err().map(|error| chain(&error)),
        Err(error) => Some(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    const WITH_DEFAULT: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"},
        {"name":"b","type":"long","default":0}]}"#;
    const WITHOUT_DEFAULT: &str = r#"{"type":"record","name":"R","fields":[{"name":"b","type":"long"}]}"#;

    #[test]
    fn a_reader_must_be_able_to_read_what_was_written() {
        let rows = [
            (ONE, ONE, true),
            (ONE, WITH_DEFAULT, true),
            (WITH_DEFAULT, ONE, true),
            (ONE, WITHOUT_DEFAULT, false),
            ("no schema", ONE, false),
        ];
        for (latest, ours, compatible) in rows {
            let refusal = avro_refusal(latest, ours);
            assert_eq!(refusal.is_none(), compatible, "{latest} {ours}: {refusal:?}");
        }
    }
}
