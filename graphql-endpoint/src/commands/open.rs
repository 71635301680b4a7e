//! Commands that have no outcome yet, and those who wait for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use topology::{CommandHash, CommandId};

/// Commands that this instance waits for, by id. Cheap to clone.
///
/// `T` is what is told to those who wait, `K` is kept with the command.
#[derive(Debug)]
pub struct Open<T, K> {
    commands: Arc<Mutex<HashMap<CommandId, Waiting<T, K>>>>,
    max: usize,
}

#[derive(Debug)]
struct Waiting<T, K> {
    hash: CommandHash,
    told: watch::Sender<Option<T>>,
    kept: Option<K>,
}

/// Waits for what is told about a command.
pub type Told<T> = watch::Receiver<Option<T>>;

/// What came of [`Open::enter`].
#[derive(Debug)]
pub enum Entered<T> {
    /// The command was not open; whoever entered it must send it.
    New(Told<T>),
    /// It is open already, with the same content.
    Joined(Told<T>),
    /// It is open with other content.
    OtherContent,
    /// No more commands may be open.
    Full,
}

impl<T, K> Clone for Open<T, K> {
    fn clone(&self) -> Self {
        Self { commands: Arc::clone(&self.commands), max: self.max }
    }
}

impl<T: Clone, K> Open<T, K> {
    /// For up to `max` commands at once.
    #[must_use]
    pub fn new(max: u32) -> Self {
        Self { commands: Arc::default(), max: usize::try_from(max).unwrap_or(usize::MAX) }
    }

    /// Opens a command, or joins those who wait for it. At the bound, commands that nobody waits for any more make room:
    /// their outcomes are asked for again later.
    pub fn enter(&self, id: CommandId, hash: CommandHash, keep: impl FnOnce() -> K) -> Entered<T> {
        let mut commands = self.lock();
        if commands.len() >= self.max && !commands.contains_key(&id) {
            make_room(&mut commands);
            if commands.len() >= self.max {
                return Entered::Full;
            }
        }
        match commands.entry(id) {
            Entry::Occupied(open) if open.get().hash != hash => Entered::OtherContent,
            Entry::Occupied(open) => Entered::Joined(open.get().told.subscribe()),
            Entry::Vacant(place) => {
                let (told, receiver) = watch::channel(None);
                place.insert(Waiting { hash, told, kept: Some(keep()) });
                Entered::New(receiver)
            }
        }
    }

    /// Whether somebody here asked for this command.
    #[must_use]
    pub fn contains(&self, id: &CommandId) -> bool {
        self.lock().contains_key(id)
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// How many more may be opened. At the bound, room is made as by [`Open::enter`]: who sends again opens nothing while
    /// there is none, and after an outage nobody else may come.
    #[must_use]
    pub fn room(&self) -> usize {
        let mut commands = self.lock();
        if commands.len() >= self.max {
            make_room(&mut commands);
        }
        self.max.saturating_sub(commands.len())
    }

    /// Takes what was kept with the command: once, so that only the first of several outcomes is settled.
    pub fn take(&self, id: &CommandId) -> Option<K> {
        self.lock().get_mut(id)?.kept.take()
    }

    /// Tells those who wait; the command stays open for those who come until [`Open::close`].
    pub fn tell(&self, id: &CommandId, told: T) {
        if let Some(waiting) = self.lock().get(id) {
            waiting.told.send_replace(Some(told));
        }
    }

    /// Forgets the command. Those who wait and were told nothing find their wait ended.
    pub fn close(&self, id: &CommandId) {
        self.lock().remove(id);
    }

    /// The same wait goes on under another id.
    pub fn rename(&self, from: &CommandId, to: CommandId, hash: CommandHash, keep: K) {
        let mut commands = self.lock();
        if let Some(waiting) = commands.remove(from) {
            commands.insert(to, Waiting { hash, kept: Some(keep), ..waiting });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CommandId, Waiting<T, K>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what nobody waits for any more, but for what is about to be told.
fn make_room<T, K>(commands: &mut HashMap<CommandId, Waiting<T, K>>) {
    commands.retain(|_, waiting| waiting.told.receiver_count() > 0 || waiting.kept.is_none());
}

/// Waits for what is told; `None` when the wait ended without.
pub async fn told<T: Clone>(receiver: &mut Told<T>) -> Option<T> {
    receiver.wait_for(Option::is_some).await.ok().and_then(|told| told.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn id(byte: u8) -> CommandId {
        CommandId::from_bytes([byte; 16])
    }

    fn hash(byte: u8) -> CommandHash {
        CommandHash::from_bytes([byte; 16])
    }

    #[test]
    fn those_who_ask_for_the_same_are_told_the_same() {
        let open = Open::<&str, u8>::new(10);
        let Entered::New(mut first) = open.enter(id(1), hash(1), || 7) else { panic!("is new") };
        let Entered::Joined(mut second) = open.enter(id(1), hash(1), || 8) else { panic!("is open") };
        assert!(matches!(open.enter(id(1), hash(2), || 9), Entered::OtherContent));
        assert_eq!((open.take(&id(1)), open.take(&id(1))), (Some(7), None));
        assert!(told(&mut first).now_or_never().is_none());
        open.tell(&id(1), "yes");
        let Entered::Joined(mut late) = open.enter(id(1), hash(1), || 8) else { panic!("is open until closed") };
        open.close(&id(1));
        for receiver in [&mut first, &mut second, &mut late] {
            assert_eq!(told(receiver).now_or_never(), Some(Some("yes")));
        }
        assert!(!open.contains(&id(1)));
    }

    #[test]
    fn who_was_told_nothing_finds_the_wait_ended() {
        let open = Open::<&str, u8>::new(10);
        let Entered::New(mut receiver) = open.enter(id(1), hash(1), || 7) else { panic!("is new") };
        open.close(&id(1));
        assert_eq!(told(&mut receiver).now_or_never(), Some(None));
    }

    #[test]
    fn a_wait_goes_on_under_another_id() {
        let open = Open::<&str, u8>::new(10);
        let Entered::New(mut receiver) = open.enter(id(1), hash(1), || 7) else { panic!("is new") };
        assert_eq!(open.take(&id(1)), Some(7));
        open.rename(&id(1), id(2), hash(2), 9);
        assert!(!open.contains(&id(1)));
        assert_eq!(open.take(&id(2)), Some(9));
        open.tell(&id(2), "yes");
        assert_eq!(told(&mut receiver).now_or_never(), Some(Some("yes")));
    }

    #[test]
    fn at_the_bound_only_what_nobody_waits_for_makes_room() {
        let open = Open::<&str, u8>::new(2);
        let waited_for = open.enter(id(1), hash(1), || 1);
        drop(open.enter(id(2), hash(2), || 2));
        let third = open.enter(id(3), hash(3), || 3);
        assert!(matches!(third, Entered::New(_)) && !open.contains(&id(2)));
        assert!(matches!(open.enter(id(4), hash(4), || 4), Entered::Full));
        assert_eq!(open.room(), 0, "all are waited for");
        drop(third);
        assert_eq!(open.room(), 1, "without anybody who enters");
        drop(waited_for);
        assert_eq!(open.room(), 1, "below the bound nothing is forgotten");
        assert!(open.contains(&id(1)) && !open.contains(&id(3)));
    }
}
