//! How many beats, how often: the two numbers of the contract and their bounds.

use std::time::Duration;

use serde_json::{Map, Value};

/// Largest number of beats in one batch.
pub const BATCH_SIZE_MAX: u32 = 10_000;
/// Shortest wait between the starts of two batches, in milliseconds.
pub const SLEEP_TIME_MS_MIN: u32 = 1;
/// Longest wait between the starts of two batches, in milliseconds.
pub const SLEEP_TIME_MS_MAX: u32 = 60_000;

/// A pace within its bounds: `batch_size` beats every `sleep_time_ms` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    batch_size: u32,
    sleep_time_ms: u32,
}

impl Pace {
    /// A pace of these two numbers.
    ///
    /// # Errors
    /// The first number that is out of its bounds, by name.
    pub fn new(batch_size: u32, sleep_time_ms: u32) -> Result<Self, PaceRefusal> {
        Ok(Self {
            batch_size: batch_size_in_bounds(&Value::from(batch_size))?,
            sleep_time_ms: sleep_time_in_bounds(&Value::from(sleep_time_ms))?,
        })
    }

    /// Beats in a batch; 0 means that the heart stands still.
    #[must_use]
    pub fn batch_size(self) -> u32 {
        self.batch_size
    }

    /// Milliseconds from the start of a batch to the start of the next.
    #[must_use]
    pub fn sleep_time_ms(self) -> u32 {
        self.sleep_time_ms
    }

    /// [`Self::sleep_time_ms`] as a duration.
    #[must_use]
    pub fn sleep_time(self) -> Duration {
        Duration::from_millis(u64::from(self.sleep_time_ms))
    }
}

/// What a caller wants to be different; what it does not name stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaceChange {
    batch_size: Option<u32>,
    sleep_time_ms: Option<u32>,
}

impl PaceChange {
    /// Reads a change from the JSON body of a request.
    ///
    /// # Errors
    /// A [`PaceRefusal`] that names the field, its value and what is allowed.
    pub fn from_json(body: &[u8]) -> Result<Self, PaceRefusal> {
        let fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|cause| PaceRefusal::NotAnObject { cause: cause.to_string() })?;
        let mut change = Self::default();
        for (field, value) in &fields {
            match field.as_str() {
                "batch_size" => change.batch_size = Some(batch_size_in_bounds(value)?),
                "sleep_time_ms" => change.sleep_time_ms = Some(sleep_time_in_bounds(value)?),
                unknown => {
                    return Err(PaceRefusal::UnknownField { field: unknown.to_owned() });
                }
            }
        }
        if change == Self::default() {
            return Err(PaceRefusal::NothingToChange);
        }
        Ok(change)
    }

    /// The pace after this change.
    #[must_use]
    pub fn applied_to(self, pace: Pace) -> Pace {
        Pace {
            batch_size: self.batch_size.unwrap_or(pace.batch_size),
            sleep_time_ms: self.sleep_time_ms.unwrap_or(pace.sleep_time_ms),
        }
    }
}

/// Why a pace was not accepted. The texts are for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaceRefusal {
    /// The body is no JSON object.
    #[error("the body must be a JSON object such as {{\"batch_size\": 5, \"sleep_time_ms\": 1000}}: {cause}")]
    NotAnObject {
        /// What the parser said.
        cause: String,
    },
    /// A field that a pace does not have.
    #[error("unknown field {field}; allowed are batch_size and sleep_time_ms")]
    UnknownField {
        /// Its name.
        field: String,
    },
    /// Neither field is there.
    #[error("nothing to change; give batch_size, sleep_time_ms or both")]
    NothingToChange,
    /// A value that is no whole number between the bounds.
    #[error("{field} is {value}; allowed are whole numbers from {min} to {max}")]
    OutOfBounds {
        /// Its name.
        field: &'static str,
        /// What was given, as JSON.
        value: String,
        /// The lowest allowed value.
        min: u32,
        /// The highest allowed value.
        max: u32,
    },
}

fn batch_size_in_bounds(value: &Value) -> Result<u32, PaceRefusal> {
    in_bounds("batch_size", value, 0, BATCH_SIZE_MAX)
}

fn sleep_time_in_bounds(value: &Value) -> Result<u32, PaceRefusal> {
    in_bounds("sleep_time_ms", value, SLEEP_TIME_MS_MIN, SLEEP_TIME_MS_MAX)
}

fn in_bounds(field: &'static str, value: &Value, min: u32, max: u32) -> Result<u32, PaceRefusal> {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| PaceRefusal::OutOfBounds { field, value: value.to_string(), min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(body: &str) -> Result<(u32, u32), String> {
        let pace = Pace::new(7, 1_000).unwrap();
        PaceChange::from_json(body.as_bytes())
            .map(|change| change.applied_to(pace))
            .map(|pace| (pace.batch_size(), pace.sleep_time_ms()))
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn what_is_not_named_stays() {
        for (body, pace) in [
            (r#"{"batch_size": 5, "sleep_time_ms": 100}"#, (5, 100)),
            (r#"{"batch_size": 0}"#, (0, 1_000)),
            (r#"{"batch_size": 10000}"#, (10_000, 1_000)),
            (r#"{"sleep_time_ms": 1}"#, (7, 1)),
            (r#"{"sleep_time_ms": 60000}"#, (7, 60_000)),
        ] {
            assert_eq!(after(body), Ok(pace), "{body}");
        }
    }

    #[test]
    fn a_refusal_names_field_value_and_range() {
        let batch = "allowed are whole numbers from 0 to 10000";
        let sleep = "allowed are whole numbers from 1 to 60000";
        for (body, text) in [
            (r#"{"batch_size": 10001}"#, format!("batch_size is 10001; {batch}")),
            (r#"{"batch_size": -1}"#, format!("batch_size is -1; {batch}")),
            (r#"{"batch_size": 1.5}"#, format!("batch_size is 1.5; {batch}")),
            (r#"{"batch_size": "5"}"#, format!("batch_size is \"5\"; {batch}")),
            (r#"{"batch_size": null}"#, format!("batch_size is null; {batch}")),
            (r#"{"batch_size": 18446744073709551615}"#, format!("batch_size is 18446744073709551615; {batch}")),
            (r#"{"sleep_time_ms": 0}"#, format!("sleep_time_ms is 0; {sleep}")),
            (r#"{"batch_size": 1, "sleep_time_ms": 60001}"#, format!("sleep_time_ms is 60001; {sleep}")),
            (r#"{"size": 5}"#, "unknown field size; allowed are batch_size and sleep_time_ms".to_owned()),
            ("{}", "nothing to change; give batch_size, sleep_time_ms or both".to_owned()),
        ] {
            assert_eq!(after(body), Err(text), "{body}");
        }
        for body in ["", "5", "[]", "{", "null", "{\"batch_size\": 5} x"] {
            assert!(after(body).unwrap_err().starts_with("the body must be a JSON object"), "{body}");
        }
    }
}
