//! Commands and their outcomes, brought together by id.

use rustc_hash::FxHashMap;
use topology::CommandId;

use crate::check::Tally;
use crate::digest::Digest;
use crate::observation::Place;

/// How a command was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The outcome's bytes.
    pub value: Digest,
    /// The outcome's event number, where it has one.
    pub event: Option<u64>,
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The command was carried out; for a creation, with the number of the account.
    Confirmed { account: Option<u64> },
    /// It was refused, with the digest of the reason.
    Failed { reason: Digest },
}

/// A command with its outcome, or the half of it that was seen.
#[derive(Debug)]
pub struct Pair<C> {
    pub command: Option<C>,
    pub answer: Option<Answer>,
    /// Seen after the cut: not judged.
    late: bool,
    seen_at: Place,
}

/// All commands of one kind.
pub struct Pairing<C> {
    pairs: FxHashMap<CommandId, Pair<C>>,
    /// Other content under an id that is known: the outcome belongs to whichever came first.
    others: FxHashMap<CommandId, Vec<C>>,
}

impl<C> Default for Pairing<C> {
    fn default() -> Self {
        Self { pairs: FxHashMap::default(), others: FxHashMap::default() }
    }
}

/// What makes the content of one command under an id differ from another's.
pub trait Content: Copy {
    fn is_same(&self, other: &Self) -> bool;
    fn has_hash(&self, hash: topology::CommandHash) -> bool;
}

impl<C: Content> Pairing<C> {
    /// Takes note of a command. Gives the pair when this made it whole.
    pub fn command(&mut self, id: CommandId, content: C, place: Place, late: bool) -> Option<&Pair<C>> {
        let pair = self.pairs.entry(id).or_insert(Pair { command: None, answer: None, late, seen_at: place });
        match &pair.command {
            None => {
                pair.command = Some(content);
                pair.answer.is_some().then_some(&*pair)
            }
            Some(first) => {
                if !first.is_same(&content) {
                    self.others.entry(id).or_default().push(content);
                }
                None
            }
        }
    }

    /// Takes note of an outcome, a repeat of which must be the same. Gives the pair when this made it whole.
    pub fn answer(
        &mut self,
        id: CommandId,
        answer: Answer,
        hash: Option<topology::CommandHash>,
        place: Place,
        late: bool,
        tally: &mut Tally,
    ) -> Option<&Pair<C>> {
        let pair = self.pairs.entry(id).or_insert(Pair { command: None, answer: None, late, seen_at: place });
        if let Some(first) = &pair.answer {
            tally.judge(first.value == answer.value && first.verdict == answer.verdict, || {
                format!("command {id} has another outcome at {place} than at first")
            });
            return None;
        }
        pair.answer = Some(answer);
        let content = pair.command.as_mut()?;
        if let (Some(hash), Some(others)) = (hash, self.others.get(&id))
            && let Some(decided) = others.iter().find(|other| other.has_hash(hash))
        {
            *content = *decided;
        }
        Some(pair)
    }

    pub fn get(&self, id: CommandId) -> Option<&Pair<C>> {
        self.pairs.get(&id)
    }

    /// The whole pairs, in no order.
    pub fn answered(&self) -> impl Iterator<Item = (CommandId, &C, &Answer)> {
        self.pairs.iter().filter_map(|(id, pair)| Some((*id, pair.command.as_ref()?, pair.answer.as_ref()?)))
    }

    /// How many halves from before the cut wait for the other half.
    pub fn open(&self) -> usize {
        self.pairs.values().filter(|pair| !pair.late && !pair.is_whole()).count()
    }

    /// Judges what was seen before the cut: a half is a failure.
    pub fn finish(&self, kind: &str, tally: &mut Tally) {
        for (id, pair) in self.pairs.iter().filter(|(_, pair)| !pair.late) {
            tally.judge(pair.is_whole(), || match pair.command {
                Some(_) => format!("{kind} {id} ({}) has no outcome", pair.seen_at),
                None => format!("the outcome of {kind} {id} ({}) has no command", pair.seen_at),
            });
        }
    }
}

impl<C> Pair<C> {
    fn is_whole(&self) -> bool {
        self.command.is_some() && self.answer.is_some()
    }
}
