//! The trace of a command: it goes on with its beat's.

use rdkafka::message::BorrowedHeaders;
use service_kit::kafka::header_value;
use service_kit::trace::TraceParent;
use topology::CommandId;

/// The text of one header, where it is there and text.
#[must_use]
pub fn header_text<'a>(headers: Option<&'a BorrowedHeaders>, name: &str) -> Option<&'a str> {
    std::str::from_utf8(header_value(headers, name)?).ok()
}

/// The `traceparent` of a command made from a record with this one: the same trace, or one that is the command's id where
/// the record has none. The step's id is taken from the command's id, so a command that is sent again is the same step.
#[must_use]
pub fn traceparent(parent: Option<&str>, id: CommandId) -> String {
    let (upper, lower) = id.uuid().as_u64_pair();
    let step = (upper ^ lower).max(1);
    match parent.and_then(|text| text.parse::<TraceParent>().ok()) {
        Some(parent) => format!("00-{:032x}-{step:016x}-01", parent.trace_id()),
        None => format!("00-{:032x}-{step:016x}-01", id.uuid().as_u128().max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_goes_on_with_its_beats_trace() {
        let id: CommandId = "00000000-0001-8000-8000-000000000002".parse().unwrap();
        let own = "00-00000000000180008000000000000002-8000000000018002-01";
        let rows = [
            (
                Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                "00-4bf92f3577b34da6a3ce929d0e0e4736-8000000000018002-01",
            ),
            (None, own),
            (Some("nonsense"), own),
        ];
        for (parent, expected) in rows {
            assert_eq!(traceparent(parent, id), expected);
            assert!(expected.parse::<TraceParent>().is_ok());
        }
    }
}
