//! Commands and their outcomes, brought together by id.

use std::num::NonZeroU64;

use rustc_hash::FxHashMap;
use topology::CommandId;

use super::reason::Reason;
use crate::check::Tally;
use crate::digest::Short;
use crate::observation::{Headers, Place};
use crate::paged::PagedMap;

/// How a command was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The outcome's bytes.
    value: Short,
    /// The outcome's event number, where it has one.
    event: Option<NonZeroU64>,
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The command was carried out.
    Confirmed,
    /// It was refused.
    Failed(Reason),
}

impl Answer {
    pub fn new(value: Short, event: Option<u64>, verdict: Verdict) -> Self {
        Self { value, event: event.and_then(NonZeroU64::new), verdict }
    }

    pub fn event(&self) -> Option<u64> {
        self.event.map(NonZeroU64::get)
    }
}

/// A command with its outcome, or the half of it that was seen. There are millions of them, so the answer's fields lie here
/// one by one, which takes less than an `Option<Answer>`.
#[derive(Debug)]
pub struct Pair<C: Content> {
    pub command: Option<C>,
    event: Option<NonZeroU64>,
    value: Option<Short>,
    verdict: Option<Verdict>,
    /// Seen after the cut: not judged.
    late: bool,
    /// What came of it besides.
    pub made: C::Made,
}

impl<C: Content> Pair<C> {
    fn new(late: bool) -> Self {
        Self { command: None, event: None, value: None, verdict: None, late, made: C::Made::default() }
    }

    pub fn answer(&self) -> Option<Answer> {
        Some(Answer { value: self.value?, event: self.event, verdict: self.verdict? })
    }

    fn set_answer(&mut self, answer: Answer) {
        (self.value, self.event, self.verdict) = (Some(answer.value), answer.event, Some(answer.verdict));
    }
}

/// What makes the content of one command under an id differ from another's.
pub trait Content: Copy {
    /// What an outcome says that the command could not.
    type Made: Copy + Default + std::fmt::Debug;

    /// The digest of the hash of all fields.
    fn hash(&self) -> Short;
}

/// All commands of one kind.
pub struct Pairing<C: Content> {
    pairs: PagedMap<CommandId, Pair<C>>,
    /// Ids that came with several contents.
    reused: FxHashMap<CommandId, Reused<C>>,
    /// The content that an outcome says it decided, as long as no command of that content was seen.
    decided: FxHashMap<CommandId, Short>,
}

/// Other content under an id than was seen first, and what was answered.
struct Reused<C> {
    /// Each of them, and whether it was seen after the cut.
    contents: Vec<(C, bool)>,
    /// How many outcomes are marked as answers to other content, and whether one was before the cut.
    marks: u64,
    marked_in_time: bool,
}

impl<C> Default for Reused<C> {
    fn default() -> Self {
        Self { contents: Vec::new(), marks: 0, marked_in_time: false }
    }
}

impl<C: Content> Default for Pairing<C> {
    fn default() -> Self {
        Self { pairs: PagedMap::default(), reused: FxHashMap::default(), decided: FxHashMap::default() }
    }
}

impl<C: Content> Pairing<C> {
    /// Takes note of a command. Gives the pair's place when this made it whole.
    pub fn command(&mut self, id: CommandId, content: C, late: bool) -> Option<u32> {
        let (place, _) = self.pairs.insert_if_absent(id, || Pair::new(late));
        let pair = self.pairs.at_mut(place)?;
        match &pair.command {
            None => pair.command = Some(content),
            Some(first) if first.hash() == content.hash() => return None,
            Some(_) => {
                self.reused.entry(id).or_default().contents.push((content, late));
                self.decided.get(&id)?;
            }
        }
        self.settle(id, place)
    }

    /// Takes note of an outcome, a repeat of which must be the same. Gives the pair's place when this made it whole.
    pub fn answer(
        &mut self,
        id: CommandId,
        answer: Answer,
        headers: &Headers,
        at: Place,
        late: bool,
        tally: &mut Tally,
    ) -> Option<u32> {
        let (place, _) = self.pairs.insert_if_absent(id, || Pair::new(late));
        let pair = self.pairs.at_mut(place)?;
        if headers.id_reused {
            let reused = self.reused.entry(id).or_default();
            reused.marks += 1;
            reused.marked_in_time |= !late;
        }
        if let Some(first) = pair.answer() {
            let is_same_event = first.event.is_none() || answer.event.is_none() || first.event == answer.event;
            tally.judge(first.value == answer.value && first.verdict == answer.verdict && is_same_event, || {
                if is_same_event {
                    format!("command {id} has another outcome at {at} than at first")
                } else {
                    format!("command {id} has another event at {at} than at first")
                }
            });
            return None;
        }
        pair.set_answer(answer);
        if let Some(hash) = headers.command_hash {
            self.decided.insert(id, Short::of(hash.to_bytes()));
        }
        self.settle(id, place)
    }

    /// Gives the pair's place where it has both halves, the command being the one that the outcome says it decided: where an
    /// id came with several contents, that need not be the first one that was read.
    fn settle(&mut self, id: CommandId, place: u32) -> Option<u32> {
        let pair = self.pairs.at_mut(place)?;
        let command = pair.command.as_mut()?;
        pair.verdict?;
        if let Some(decided) = self.decided.get(&id).copied() {
            if command.hash() != decided {
                let others = &mut self.reused.get_mut(&id)?.contents;
                let (other, _) = others.iter_mut().find(|(other, _)| other.hash() == decided)?;
                std::mem::swap(command, other);
            }
            self.decided.remove(&id);
        }
        Some(place)
    }

    pub fn get(&self, id: CommandId) -> Option<&Pair<C>> {
        self.pairs.get(id)
    }

    pub fn get_mut(&mut self, id: CommandId) -> Option<&mut Pair<C>> {
        self.pairs.get_mut(id)
    }

    pub fn at(&self, place: u32) -> Option<(CommandId, &Pair<C>)> {
        self.pairs.at(place)
    }

    pub fn place_of(&self, id: CommandId) -> Option<u32> {
        self.pairs.place_of(id)
    }

    /// Whether no outcome of this command was seen.
    pub fn is_unanswered(&self, id: CommandId) -> bool {
        self.get(id).is_none_or(|pair| pair.verdict.is_none())
    }

    /// The whole pairs.
    pub fn answered(&self) -> impl Iterator<Item = (CommandId, C, Answer)> {
        self.pairs.iter().filter_map(|(id, pair)| Some((id, pair.command?, pair.answer()?)))
    }

    /// How many halves from before the cut wait for the other half.
    pub fn open(&self) -> usize {
        self.pairs.iter().filter(|(id, pair)| !pair.late && !self.is_whole(*id, pair)).count()
    }

    /// How many ids from before the cut came with other content that was not answered with a mark, or the other way round.
    pub fn open_reused(&self) -> usize {
        self.reused.values().filter(|reused| reused.lacks_marks() || reused.lacks_content()).count()
    }

    fn is_whole(&self, id: CommandId, pair: &Pair<C>) -> bool {
        pair.command.is_some() && pair.verdict.is_some() && (self.decided.is_empty() || !self.decided.contains_key(&id))
    }

    /// Judges what was seen before the cut: a half is a failure.
    pub fn finish(&self, kind: &str, tally: &mut Tally) {
        for (id, pair) in self.pairs.iter().filter(|(_, pair)| !pair.late) {
            tally.judge(self.is_whole(id, pair), || match (pair.command, pair.verdict) {
                (Some(_), None) => format!("{kind} {id} has no outcome"),
                (None, _) => format!("the outcome of {kind} {id} has no command"),
                (Some(_), Some(_)) => {
                    format!("the outcome of {kind} {id} is by its hash of a command that nobody sent")
                }
            });
        }
    }

    /// Judges the ids that came with other content than the one that was decided: each such command was answered with a mark,
    /// and no other was.
    pub fn finish_reused(&self, kind: &str, tally: &mut Tally) {
        for (id, reused) in &self.reused {
            tally.judge(!reused.lacks_marks() && !reused.lacks_content(), || {
                let (contents, marks) = (reused.contents.len(), reused.marks);
                format!("{kind} {id}: {contents} commands of other content, {marks} outcomes marked id-reused")
            });
        }
    }
}

impl<C> Reused<C> {
    fn lacks_marks(&self) -> bool {
        let due = self.contents.iter().filter(|(_, late)| !late).count() as u64;
        self.marks < due
    }

    fn lacks_content(&self) -> bool {
        self.marked_in_time && self.contents.is_empty()
    }
}
