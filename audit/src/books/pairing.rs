//! Commands and their outcomes, brought together by id.

use std::num::NonZeroU64;

use rustc_hash::FxHashMap;
use topology::CommandId;

use crate::check::Tally;
use crate::digest::Digest;
use crate::observation::{Place, Source};

/// How a command was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The outcome's bytes.
    pub value: Digest,
    /// The outcome's event number, where it has one.
    event: Option<NonZeroU64>,
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The command was carried out.
    Confirmed,
    /// It was refused, with the digest of the reason.
    Failed(Digest),
}

impl Answer {
    pub fn new(value: Digest, event: Option<u64>, verdict: Verdict) -> Self {
        Self { value, event: event.and_then(NonZeroU64::new), verdict }
    }

    pub fn event(&self) -> Option<u64> {
        self.event.map(NonZeroU64::get)
    }
}

/// A command with its outcome, or the half of it that was seen. There are millions of them, so it is kept small.
#[derive(Debug)]
pub struct Pair<C> {
    pub id: CommandId,
    pub command: Option<C>,
    pub answer: Option<Answer>,
    source: Source,
    partition: i32,
    offset: i64,
    /// Seen after the cut: not judged.
    late: bool,
}

/// All commands of one kind.
pub struct Pairing<C> {
    pairs: Vec<Pair<C>>,
    index: FxHashMap<CommandId, u32>,
    /// Other content under an id that is known: the outcome belongs to whichever came first.
    others: FxHashMap<CommandId, Vec<C>>,
}

impl<C> Default for Pairing<C> {
    fn default() -> Self {
        Self { pairs: Vec::new(), index: FxHashMap::default(), others: FxHashMap::default() }
    }
}

/// What makes the content of one command under an id differ from another's.
pub trait Content: Copy {
    /// The digest of the hash of all fields.
    fn hash(&self) -> Digest;
}

impl<C: Content> Pairing<C> {
    /// Takes note of a command. Gives the pair when this made it whole.
    pub fn command(&mut self, id: CommandId, content: C, place: Place, late: bool) -> Option<&Pair<C>> {
        let pair = entry(&mut self.pairs, &mut self.index, id, place, late);
        match &pair.command {
            None => {
                pair.command = Some(content);
                pair.answer.is_some().then_some(&*pair)
            }
            Some(first) => {
                if first.hash() != content.hash() {
                    self.others.entry(id).or_default().push(content);
                }
                None
            }
        }
    }

    /// Takes note of an outcome, a repeat of which must be the same; `hash` is that of the command it says it answers. Gives
    /// the pair when this made it whole.
    pub fn answer(
        &mut self,
        id: CommandId,
        answer: Answer,
        hash: Option<Digest>,
        place: Place,
        late: bool,
        tally: &mut Tally,
    ) -> Option<&Pair<C>> {
        let pair = entry(&mut self.pairs, &mut self.index, id, place, late);
        if let Some(first) = &pair.answer {
            tally.judge(first.value == answer.value && first.verdict == answer.verdict, || {
                format!("command {id} has another outcome at {place} than at first")
            });
            return None;
        }
        pair.answer = Some(answer);
        let content = pair.command.as_mut()?;
        if let (Some(hash), Some(others)) = (hash, self.others.get(&id))
            && let Some(decided) = others.iter().find(|other| other.hash() == hash)
        {
            *content = *decided;
        }
        Some(pair)
    }

    pub fn get(&self, id: CommandId) -> Option<&Pair<C>> {
        self.index.get(&id).and_then(|index| self.pairs.get(*index as usize))
    }

    /// The pair of which the first half was seen at a place. Looks at them all.
    pub fn first_seen_at(&self, place: Place) -> Option<&Pair<C>> {
        self.pairs.iter().find(|pair| pair.place() == place)
    }

    /// Whether no outcome of this command was seen.
    pub fn is_unanswered(&self, id: CommandId) -> bool {
        self.get(id).is_none_or(|pair| pair.answer.is_none())
    }

    /// The whole pairs.
    pub fn answered(&self) -> impl Iterator<Item = (CommandId, &C, &Answer)> {
        self.pairs.iter().filter_map(|pair| Some((pair.id, pair.command.as_ref()?, pair.answer.as_ref()?)))
    }

    /// How many halves from before the cut wait for the other half.
    pub fn open(&self) -> usize {
        self.pairs.iter().filter(|pair| !pair.late && !pair.is_whole()).count()
    }

    /// Judges what was seen before the cut: a half is a failure.
    pub fn finish(&self, kind: &str, tally: &mut Tally) {
        for pair in self.pairs.iter().filter(|pair| !pair.late) {
            tally.judge(pair.is_whole(), || match pair.command {
                Some(_) => format!("{kind} {} ({}) has no outcome", pair.id, pair.place()),
                None => format!("the outcome of {kind} {} ({}) has no command", pair.id, pair.place()),
            });
        }
    }
}

fn entry<'a, C>(
    pairs: &'a mut Vec<Pair<C>>,
    index: &mut FxHashMap<CommandId, u32>,
    id: CommandId,
    place: Place,
    late: bool,
) -> &'a mut Pair<C> {
    let Place { source, partition, offset } = place;
    let index = *index.entry(id).or_insert_with(|| {
        pairs.push(Pair { id, command: None, answer: None, source, partition, offset, late });
        u32::try_from(pairs.len() - 1).expect("memory ends before 2^32 pairs do")
    });
    &mut pairs[index as usize]
}

impl<C> Pair<C> {
    fn is_whole(&self) -> bool {
        self.command.is_some() && self.answer.is_some()
    }

    /// Where the first half was seen.
    pub fn place(&self) -> Place {
        Place { source: self.source, partition: self.partition, offset: self.offset }
    }
}
