//! A bank that goes on working while it is audited: what is half seen is waited for or left alone, never judged.

use audit::books::Books;
use audit::model;
use audit::observation::{Observed, Source};

use crate::bank::{Bank, LIMIT};
use crate::specimen::{books, laid_out};

/// The records as an audit reads them that starts when some have been sent: topic by topic, to the end each topic has then.
fn read(books: &mut Books, seen: &[Observed]) {
    for source in Source::ALL {
        seen.iter().filter(|seen| seen.place.source == source).for_each(|seen| books.observe(seen.clone()));
    }
}

fn failures(books: &Books) -> Vec<String> {
    let replayed = model::replay(books, |_| LIMIT, 3);
    let tallies = books.finish(|_| LIMIT).into_iter().chain(books.finish_headers()).chain([replayed]);
    tallies.flat_map(|tally| tally.examples).collect()
}

#[test]
fn whatever_was_read_becomes_whole_with_the_rest() {
    let all = laid_out(&Bank::after_a_day().sent);
    for sent in 0..all.len() {
        let mut books = books();
        read(&mut books, &all[..sent]);
        books.cut();
        // The rest without its end, so that something is still half seen.
        read(&mut books, &all[sent..all.len().min(sent + 40)]);
        assert_eq!(books.open(true), Vec::<String>::new(), "after {sent} records");
        assert_eq!(failures(&books), Vec::<String>::new(), "after {sent} records");
    }
}

#[test]
fn what_was_sent_before_the_cut_is_waited_for() {
    let mut all = laid_out(&Bank::after_a_day().sent);
    let last = all.iter().rfind(|seen| seen.place.source == Source::TransfersConfirmed).unwrap().observation.clone();
    let held_back: Vec<Observed> = all.extract_if(.., |seen| seen.observation == last).collect();
    let mut books = books();
    read(&mut books, &all);
    books.cut();
    assert!(books.open(false).join(", ").contains("transfers without command or outcome"), "{:?}", books.open(false));
    assert!(books.open(true).join(", ").contains("events without"), "{:?}", books.open(true));
    for seen in held_back {
        books.observe(seen);
    }
    assert_eq!(books.open(true), Vec::<String>::new());
}
