//! What is promised about beats before they are used, so that a beat that is read again becomes the same command.
//!
//! A transfer's parties depend on which accounts are known, and that differs from reading to reading. So the number of
//! accounts that beats draw from is written down *before* the first of those beats is used: as metadata of the
//! committed offset of the heartbeat topic, where it moves together with the place to go on from. Whoever reads a beat
//! again, after a crash or in the place of a generator that only seems dead, finds the number that was promised for it.
//! The reasons are in docs/decisions/0005-generator-repeats.md.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use crate::draw::Seed;

/// Spans kept at most. Kafka allows metadata of 4,096 bytes; a span's text has at most 62.
pub const SPANS_MAX: usize = 32;

const FORM: &str = "g1";

/// Beats from the end of the span before it up to, not including, `until_offset` of the heartbeat topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first offset behind it.
    pub until_offset: i64,
    /// They draw from the first so many accounts,
    pub accounts: u64,
    /// with this seed.
    pub seed: Seed,
}

/// The promises for the beats from the committed offset on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Promise {
    /// The highest beat before the committed offset; one that is not above it was used before.
    pub last_beat: Option<i64>,
    spans: VecDeque<Span>,
}

/// Text that is no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the committed offset's metadata is not this generator's")]
pub struct NotAPromise;

impl Promise {
    /// What the beat at this offset draws from; none where nothing is promised yet. The beat must wait then.
    #[must_use]
    pub fn at(&self, offset: i64) -> Option<Span> {
        self.spans.iter().find(|span| offset < span.until_offset).copied()
    }

    /// The last span.
    #[must_use]
    pub fn last(&self) -> Option<Span> {
        self.spans.back().copied()
    }

    /// The first offset for which nothing is promised.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        self.last().map(|span| span.until_offset)
    }

    /// Whether it can be stored. If not, beats wait until earlier ones are acknowledged and their spans go.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.spans.len() <= SPANS_MAX
    }

    /// Drops the spans that lie wholly before the offset to commit.
    #[must_use]
    pub fn from_offset(mut self, committed: i64) -> Self {
        while self.spans.front().is_some_and(|span| span.until_offset <= committed) {
            self.spans.pop_front();
        }
        self
    }

    /// Takes back what is promised from an offset on. Only what this generator itself promised, and has not used, may be
    /// taken back: another may be using, unknown to us, what was promised before we had the partition.
    #[must_use]
    pub fn taken_back_to(mut self, offset: i64) -> Self {
        let before = self.spans.iter().position(|span| span.until_offset >= offset);
        if let Some(position) = before {
            self.spans.truncate(position + 1);
            if let Some(last) = self.spans.back_mut() {
                last.until_offset = offset;
            }
        }
        self
    }

    /// Promises accounts for the beats behind the last promised one, or from `span`'s own beginning where there is none.
    #[must_use]
    pub fn extended(mut self, span: Span) -> Self {
        match self.spans.back_mut() {
            Some(last) if last.until_offset >= span.until_offset => {}
            Some(last) if (last.accounts, last.seed) == (span.accounts, span.seed) => {
                last.until_offset = span.until_offset;
            }
            _ => self.spans.push_back(span),
        }
        self
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{FORM} ")?;
        match self.last_beat {
            Some(beat) => write!(out, "{beat}")?,
            None => write!(out, "-")?,
        }
        for Span { until_offset, accounts, seed } in &self.spans {
            write!(out, " {until_offset}:{accounts}:{}", seed.0)?;
        }
        Ok(())
    }
}

impl FromStr for Promise {
    type Err = NotAPromise;

    fn from_str(text: &str) -> Result<Self, NotAPromise> {
        let mut words = text.split(' ');
        if words.next() != Some(FORM) {
            return Err(NotAPromise);
        }
        let last_beat = match words.next().ok_or(NotAPromise)? {
            "-" => None,
            beat => Some(beat.parse().map_err(|_| NotAPromise)?),
        };
        let spans = words.map(span).collect::<Result<VecDeque<_>, _>>()?;
        let rising = spans.iter().zip(spans.iter().skip(1)).all(|(a, b)| a.until_offset < b.until_offset);
        if rising && spans.len() <= SPANS_MAX { Ok(Self { last_beat, spans }) } else { Err(NotAPromise) }
    }
}

fn span(text: &str) -> Result<Span, NotAPromise> {
    let mut numbers = text.split(':');
    let mut next = || numbers.next().ok_or(NotAPromise);
    let (until, accounts, seed) = (next()?, next()?, next()?);
    if numbers.next().is_some() {
        return Err(NotAPromise);
    }
    Ok(Span {
        until_offset: until.parse().map_err(|_| NotAPromise)?,
        accounts: accounts.parse().map_err(|_| NotAPromise)?,
        seed: Seed(seed.parse().map_err(|_| NotAPromise)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn promise(text: &str) -> Promise {
        text.parse().unwrap()
    }

    #[test]
    fn each_beat_has_the_first_span_that_it_lies_in() {
        let promise = promise("g1 7 20:3:1 30:5:1");
        let rows = [(0, Some(3)), (19, Some(3)), (20, Some(5)), (29, Some(5)), (30, None)];
        for (offset, accounts) in rows {
            assert_eq!(promise.at(offset).map(|span| span.accounts), accounts, "{offset}");
        }
        assert_eq!((promise.end(), promise.last_beat), (Some(30), Some(7)));
    }

    #[test]
    fn spans_come_and_go() {
        let span = |until_offset, accounts| Span { until_offset, accounts, seed: Seed(1) };
        let rows = [
            ("g1 - 20:3:1", promise("g1 -").extended(span(20, 3))),
            ("g1 - 40:3:1", promise("g1 - 20:3:1").extended(span(40, 3))),
            ("g1 - 20:3:1 40:4:1", promise("g1 - 20:3:1").extended(span(40, 4))),
            ("g1 - 20:3:1", promise("g1 - 20:3:1").extended(span(20, 4))),
            ("g1 - 20:3:1 30:5:1", promise("g1 - 20:3:1 30:5:1").from_offset(19)),
            ("g1 - 30:5:1", promise("g1 - 20:3:1 30:5:1").from_offset(20)),
            ("g1 -", promise("g1 - 20:3:1 30:5:1").from_offset(30)),
            ("g1 - 20:3:1 25:5:1", promise("g1 - 20:3:1 30:5:1").taken_back_to(25)),
            ("g1 - 20:3:1", promise("g1 - 20:3:1 30:5:1").taken_back_to(20)),
            ("g1 - 10:3:1", promise("g1 - 20:3:1 30:5:1").taken_back_to(10)),
            ("g1 - 20:3:1 30:5:1", promise("g1 - 20:3:1 30:5:1").taken_back_to(31)),
        ];
        for (expected, promise) in rows {
            assert_eq!(promise.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_promise_is_not_read_as_one() {
        for text in ["", "g1", "g2 -", "g1 x", "g1 - 20:3", "g1 - 20:3:1:1", "g1 - 20:-3:1", "g1 - 30:1:1 20:1:1"] {
            assert_eq!(text.parse::<Promise>(), Err(NotAPromise), "{text}");
        }
    }

    #[test]
    fn the_longest_promise_fits_in_the_metadata_of_an_offset() {
        let seed = Seed(u64::MAX);
        let mut promise = Promise { last_beat: Some(i64::MIN), ..Promise::default() };
        for until_offset in (i64::MAX - 1_000..).take(SPANS_MAX) {
            promise = promise.extended(Span { until_offset, accounts: until_offset.cast_unsigned(), seed });
        }
        assert!(promise.fits() && promise.to_string().len() <= 4_096);
    }

    proptest! {
        #[test]
        fn text_round_trips(last_beat in any::<Option<i64>>(), spans in prop::collection::btree_map(any::<i64>(), any::<(u64, u64)>(), 0..SPANS_MAX)) {
            let spans = spans.into_iter().map(|(until_offset, (accounts, seed))| Span { until_offset, accounts, seed: Seed(seed) });
            let promise = Promise { last_beat, spans: spans.collect() };
            prop_assert_eq!(promise.to_string().parse(), Ok(promise));
        }
    }
}
