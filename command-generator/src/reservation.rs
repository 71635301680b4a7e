//! How far ahead promises are made, and when they are renewed for accounts that have come since.

use crate::draw::Seed;
use crate::progress::Done;
use crate::promise::{Promise, Span};

/// Beats promised at once, at least and at most. Few, so that a generator that takes over soon draws from new accounts;
/// many, since each promise costs a commit: at 50,000 beats a second there are five a second.
pub const BEATS_MIN: u64 = 16;
/// See [`BEATS_MIN`].
pub const BEATS_MAX: u64 = 10_000;

/// The promise in force, and what is needed to make the next.
#[derive(Debug)]
pub struct Reservation {
    promise: Promise,
    /// Promised by whoever had the topic before us, who may be using it still: not to be taken back.
    inherited_end: i64,
    /// Beats in this interval and in the one before.
    recent_beats: [u64; 2],
    seed: Seed,
}

impl Reservation {
    /// Starts with what was found promised.
    #[must_use]
    pub fn inheriting(promise: Promise, seed: Seed) -> Self {
        let inherited_end = promise.end().unwrap_or(i64::MIN);
        Self { promise, inherited_end, recent_beats: [0; 2], seed }
    }

    /// What the beat at this offset draws from; none when a promise has to be made first.
    #[must_use]
    pub fn at(&self, offset: i64) -> Option<Span> {
        self.promise.at(offset)
    }

    /// The promise to store before the beat at `offset` is used. It holds for that beat and some more.
    #[must_use]
    pub fn proposal(&self, offset: i64, accounts: u64, done: Done) -> Promise {
        let beats = (2 * self.recent_beats.iter().sum::<u64>()).clamp(BEATS_MIN, BEATS_MAX);
        let span = Span { until_offset: offset.saturating_add_unsigned(beats), accounts, seed: self.seed };
        self.current(done).extended(span)
    }

    /// The promise to store with a new place, unchanged but for what lies behind that place.
    #[must_use]
    pub fn current(&self, done: Done) -> Promise {
        let mut promise = self.promise.clone();
        promise.last_beat = done.last_beat;
        match done.beat_offset {
            Some(offset) => promise.from_offset(offset),
            None => promise,
        }
    }

    /// Notes that a promise is stored.
    pub fn stored(&mut self, promise: Promise) {
        self.promise = promise;
    }

    /// Notes that a beat was used.
    pub fn count_beat(&mut self) {
        self.recent_beats[0] += 1;
    }

    /// Begins another interval.
    pub fn begin_interval(&mut self) {
        self.recent_beats = [0, self.recent_beats[0]];
    }

    /// How many accounts the last promised beats draw from.
    #[must_use]
    pub fn accounts(&self) -> Option<u64> {
        self.promise.last().map(|span| span.accounts)
    }

    /// Takes back what is not used yet, so that the next beats wait for a promise with the accounts known then. Until
    /// that is stored, what is stored differs from this only for beats that nobody uses.
    pub fn renew_from(&mut self, next_offset: i64) {
        let from = next_offset.max(self.inherited_end);
        self.promise = std::mem::take(&mut self.promise).taken_back_to(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn done(offset: i64) -> Done {
        Done { beat_offset: Some(offset), ..Done::default() }
    }

    #[test]
    fn few_beats_are_promised_when_few_come_and_many_when_many() {
        let mut reservation = Reservation::inheriting(Promise::default(), Seed(1));
        let reach = |reservation: &Reservation| reservation.proposal(100, 5, done(100)).end();
        assert_eq!(reach(&reservation), Some(116));
        (0..1_000).for_each(|_| reservation.count_beat());
        reservation.begin_interval();
        assert_eq!(reach(&reservation), Some(2_100));
        (0..100_000).for_each(|_| reservation.count_beat());
        assert_eq!(reach(&reservation), Some(10_100));
        reservation.begin_interval();
        reservation.begin_interval();
        assert_eq!(reach(&reservation), Some(116));
    }

    #[test]
    fn own_promises_are_renewed_and_inherited_ones_kept() {
        let span = |until_offset, accounts| Span { until_offset, accounts, seed: Seed(1) };
        let mut reservation = Reservation::inheriting(Promise::default().extended(span(50, 3)), Seed(1));
        reservation.renew_from(10);
        assert_eq!(reservation.at(49), Some(span(50, 3)), "promised by another");
        let proposal = reservation.proposal(50, 3, done(10));
        assert_eq!(proposal.to_string(), "g1 - 66:3:1");
        reservation.stored(proposal);
        reservation.renew_from(60);
        assert_eq!((reservation.at(59), reservation.at(60)), (Some(span(60, 3)), None));
        let proposal = reservation.proposal(60, 9, done(55));
        assert_eq!(proposal.to_string(), "g1 - 60:3:1 76:9:1");
    }

    /// What may happen to a generator, in any order.
    #[derive(Debug, Clone)]
    enum Happening {
        Beats(u8),
        NewAccounts(u8),
        Acknowledged(u8),
        StoredPlace,
        Renewed,
        /// It dies, or only seems to: it may go on with what it holds, but can store nothing more.
        ReplacedWhileItUsesMore(u8),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            4 => any::<u8>().prop_map(Happening::Beats),
            2 => any::<u8>().prop_map(Happening::NewAccounts),
            2 => any::<u8>().prop_map(Happening::Acknowledged),
            1 => Just(Happening::StoredPlace),
            2 => Just(Happening::Renewed),
            2 => any::<u8>().prop_map(Happening::ReplacedWhileItUsesMore),
        ]
    }

    /// What Kafka has stored, and what every beat ever drew from.
    struct World {
        stored: (Done, Promise),
        used: HashMap<i64, Span>,
        accounts: u64,
        seed: u64,
    }

    impl World {
        fn uses(&mut self, offset: i64, span: Span) -> Result<(), TestCaseError> {
            let drawn = |span: Span| (span.accounts, span.seed);
            let first = *self.used.entry(offset).or_insert(span);
            prop_assert_eq!(drawn(first), drawn(span), "the beat at {} became two commands", offset);
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_beat_never_draws_from_two_numbers_of_accounts(happenings in prop::collection::vec(happening(), 1..60)) {
            let mut world =
                World { stored: (done(0), Promise::default()), used: HashMap::new(), accounts: 0, seed: 1 };
            let mut reservation = Reservation::inheriting(Promise::default(), Seed(1));
            let (mut next, mut acknowledged) = (0_i64, 0_i64);
            for happening in happenings {
                match happening {
                    Happening::Beats(count) => for _ in 0..count {
                        if reservation.at(next).is_none() {
                            let promise = reservation.proposal(next, world.accounts, done(acknowledged));
                            if !promise.fits() {
                                break;
                            }
                            world.stored = (done(acknowledged), promise.to_string().parse().unwrap());
                            reservation.stored(promise);
                        }
                        world.uses(next, reservation.at(next).expect("just promised"))?;
                        reservation.count_beat();
                        next += 1;
                    },
                    Happening::NewAccounts(count) => world.accounts += u64::from(count),
                    Happening::Acknowledged(count) => acknowledged = next.min(acknowledged + i64::from(count)),
                    Happening::StoredPlace => {
                        let promise = reservation.current(done(acknowledged));
                        world.stored = (done(acknowledged), promise.clone());
                        reservation.stored(promise);
                        reservation.begin_interval();
                    }
                    Happening::Renewed => reservation.renew_from(next),
                    Happening::ReplacedWhileItUsesMore(more) => {
                        for offset in next..next + i64::from(more) {
                            let Some(span) = reservation.at(offset) else { break };
                            world.uses(offset, span)?;
                        }
                        world.seed += 1;
                        let (place, promise) = world.stored.clone();
                        reservation = Reservation::inheriting(promise, Seed(world.seed));
                        acknowledged = place.beat_offset.unwrap_or(0);
                        next = acknowledged;
                    }
                }
            }
        }
    }
}
