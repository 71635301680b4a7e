//! W3C trace context, carried in the `traceparent` header of every record.
//!
//! Source: <https://www.w3.org/TR/trace-context/>, version 00.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Where a record comes from: the trace it belongs to, and the step that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

/// Text that is no `traceparent`. Whoever reads one starts a new trace instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a traceparent of version 00: 00-<32 hex>-<16 hex>-<2 hex>, lower case, ids not 0")]
pub struct InvalidTraceParent;

impl TraceParent {
    /// Bytes of its text.
    pub const TEXT_BYTES: usize = 55;

    /// The start of a new, sampled trace.
    #[must_use]
    pub fn new_root() -> Self {
        Self { trace_id: rand::random::<u128>().max(1), parent_id: rand::random::<u64>().max(1), flags: 1 }
    }

    /// The next step in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { parent_id: rand::random::<u64>().max(1), ..self }
    }

    /// The step after the one in a record's header, or a new trace where that is absent or wrong.
    #[must_use]
    pub fn following(header: Option<&[u8]>) -> Self {
        header
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| text.parse::<Self>().ok())
            .map_or_else(Self::new_root, Self::child)
    }

    /// The id that all steps of the trace share.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let lower_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f' | b'-');
        if text.len() != Self::TEXT_BYTES || !text.bytes().all(lower_hex) {
            return Err(InvalidTraceParent);
        }
        let parts: Vec<&str> = text.split('-').collect();
        let [version, trace_id, parent_id, flags] = parts[..] else { return Err(InvalidTraceParent) };
        if version != "00" || trace_id.len() != 32 || parent_id.len() != 16 {
            return Err(InvalidTraceParent);
        }
        let trace_id = u128::from_str_radix(trace_id, 16).map_err(|_| InvalidTraceParent)?;
        let parent_id = u64::from_str_radix(parent_id, 16).map_err(|_| InvalidTraceParent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| InvalidTraceParent)?;
        if trace_id == 0 || parent_id == 0 {
            return Err(InvalidTraceParent);
        }
        Ok(Self { trace_id, parent_id, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn text_round_trips() {
        assert_eq!(EXAMPLE.parse::<TraceParent>().map(|parent| parent.to_string()), Ok(EXAMPLE.to_owned()));
        let root = TraceParent::new_root();
        assert_eq!(root.to_string().parse(), Ok(root));
    }

    #[test]
    fn wrong_texts_are_refused() {
        let rows = [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47360-0f067aa0ba902b7-01",
        ];
        for row in rows {
            assert_eq!(row.parse::<TraceParent>(), Err(InvalidTraceParent), "{row}");
        }
    }

    #[test]
    fn a_child_stays_in_the_trace() {
        let Ok(parent) = EXAMPLE.parse::<TraceParent>() else { panic!("the example is right") };
        let child = TraceParent::following(Some(EXAMPLE.as_bytes()));
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child, parent);
        assert_ne!(TraceParent::following(Some(b"\xff")).trace_id(), parent.trace_id());
    }
}
