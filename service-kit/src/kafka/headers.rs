//! A record's headers, whoever wrote them.

use rdkafka::message::{BorrowedHeaders, Headers};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A header's name and value.
pub type NameAndValue<'a> = (&'a str, Option<&'a [u8]>);

/// Every header, in its order; `None` for one whose name is not UTF-8.
pub fn all_headers(headers: Option<&BorrowedHeaders>) -> impl Iterator<Item = Option<NameAndValue<'_>>> {
    headers.into_iter().flat_map(|headers| (0..headers.count()).map(|index| header(headers, index)))
}

/// Every header whose name can be read.
pub fn readable_headers(headers: Option<&BorrowedHeaders>) -> impl Iterator<Item = NameAndValue<'_>> {
    all_headers(headers).flatten()
}

/// The value of the first header of this name.
#[must_use]
pub fn header_value<'a>(headers: Option<&'a BorrowedHeaders>, name: &str) -> Option<&'a [u8]> {
    readable_headers(headers).find(|(found, _)| *found == name)?.1
}

/// librdkafka's binding panics at a name that is not UTF-8, which any producer may write: without this, one such record would
/// end every thread that reads it. The call only looks, so nothing is left half done.
fn header(headers: &BorrowedHeaders, index: usize) -> Option<NameAndValue<'_>> {
    let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(index))).ok()??;
    Some((header.key, header.value))
}
