//! A bounded queue with many senders and one receiver, which serves the senders in turns: a sender with much in the
//! queue does not delay the others.
//!
//! A sender that is alone may fill the whole queue. If it is full, the newest item of the sender with the most makes
//! room for one with less, so that no shares need to be reserved. The queue knows only whose each item is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What belongs to somebody.
pub(crate) trait Owned {
    fn owner(&self) -> &str;
}

/// Why something can't wait in the queue; it is given back.
pub(crate) enum Refused<T> {
    /// There is no room for its owner.
    Full(T),
    /// Nobody empties the queue any more.
    Stopped(T),
}

/// Where things are put in. The queue ends when the last one is dropped.
pub(crate) struct Entrance<T: Owned>(Arc<EntranceSide<T>>);

/// Where things are taken out.
pub(crate) struct Exit<T: Owned>(Arc<Shared<T>>);

struct EntranceSide<T: Owned>(Arc<Shared<T>>);

struct Shared<T> {
    line: Mutex<Line<T>>,
    arrival: Condvar,
    room: usize,
}

struct Line<T> {
    /// What waits, by its owner: nobody is here of whom nothing waits.
    waiting: HashMap<String, VecDeque<T>>,
    /// The owners in the order of their next turns.
    turns: VecDeque<String>,
    count: usize,
    is_closed: bool,
}

/// A queue with room for this number of items.
pub(crate) fn by_turns<T: Owned>(room: usize) -> (Entrance<T>, Exit<T>) {
    let line = Line { waiting: HashMap::new(), turns: VecDeque::new(), count: 0, is_closed: false };
    let shared = Arc::new(Shared { line: Mutex::new(line), arrival: Condvar::new(), room });
    (Entrance(Arc::new(EntranceSide(Arc::clone(&shared)))), Exit(shared))
}

impl<T: Owned> Entrance<T> {
    /// Puts something at the end of its owner's line; gives what had to give way to it.
    ///
    /// # Errors
    /// [`Refused`] with the thing itself.
    pub(crate) fn put(&self, thing: T) -> Result<Option<T>, Refused<T>> {
        let shared = &self.0.0;
        let mut line = shared.line();
        if line.is_closed {
            return Err(Refused::Stopped(thing));
        }
        let displaced = if line.count < shared.room {
            None
        } else {
            let displaced = line.displace(thing.owner());
            if displaced.is_none() {
                return Err(Refused::Full(thing));
            }
            displaced
        };
        line.put(thing);
        drop(line);
        shared.arrival.notify_one();
        Ok(displaced)
    }
}

impl<T: Owned> Exit<T> {
    /// Waits until there is something, and takes as many as there are, up to so many: one of each owner, and then again. None once the
    /// queue has ended.
    pub(crate) fn take(&self, most: usize) -> Option<Vec<T>> {
        let mut line = self.0.line();
        while line.count == 0 {
            if line.is_closed {
                return None;
            }
            line = self.0.arrival.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        Some(line.take(most))
    }

    /// Puts back what was taken and is not done, before all else.
    pub(crate) fn give_back(&self, things: Vec<T>) {
        let mut line = self.0.line();
        for thing in things.into_iter().rev() {
            line.put_first(thing);
        }
        drop(line);
        self.0.arrival.notify_one();
    }
}

impl<T> Shared<T> {
    fn line(&self) -> MutexGuard<'_, Line<T>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) -> Vec<VecDeque<T>> {
        let mut line = self.line();
        line.is_closed = true;
        line.count = 0;
        line.turns.clear();
        line.waiting.drain().map(|(_, things)| things).collect()
    }
}

impl<T: Owned> Line<T> {
    fn put(&mut self, thing: T) {
        self.count = self.count.saturating_add(1);
        if let Some(own) = self.waiting.get_mut(thing.owner()) {
            own.push_back(thing);
            return;
        }
        let owner = thing.owner().to_owned();
        self.turns.push_back(owner.clone());
        self.waiting.insert(owner, VecDeque::from([thing]));
    }

    fn put_first(&mut self, thing: T) {
        self.count = self.count.saturating_add(1);
        let owner = thing.owner().to_owned();
        self.turns.retain(|other| *other != owner);
        self.turns.push_front(owner.clone());
        self.waiting.entry(owner).or_default().push_front(thing);
    }

    fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.count));
        while taken.len() < most
            && let Some(owner) = self.turns.pop_front()
        {
            let Some(own) = self.waiting.get_mut(&owner) else { continue };
            taken.extend(own.pop_front());
            if own.is_empty() {
                self.waiting.remove(&owner);
            } else {
                self.turns.push_back(owner);
            }
        }
        self.count = self.count.saturating_sub(taken.len());
        taken
    }

    /// Takes out the newest item of the owner with the most, if that is more than this owner would have.
    fn displace(&mut self, newcomer: &str) -> Option<T> {
        let theirs = self.waiting.get(newcomer).map_or(0, VecDeque::len).saturating_add(1);
        let most = self.waiting.values_mut().max_by_key(|own| own.len())?;
        if most.len() <= theirs {
            return None;
        }
        let displaced = most.pop_back();
        self.count = self.count.saturating_sub(displaced.iter().len());
        displaced
    }
}

impl<T: Owned> Clone for Entrance<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What waits is still done.
impl<T: Owned> Drop for EntranceSide<T> {
    fn drop(&mut self) {
        self.0.line().is_closed = true;
        self.0.arrival.notify_one();
    }
}

/// Nothing that waits is done any more. It is dropped where the queue can be asked again: it may hold an entrance to it.
impl<T: Owned> Drop for Exit<T> {
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Thing(&'static str, usize);

    impl Owned for Thing {
        fn owner(&self) -> &str {
            self.0
        }
    }

    fn filled(room: usize, things: &[(&'static str, usize)]) -> (Entrance<Thing>, Exit<Thing>) {
        let (entrance, exit) = by_turns(room);
        for (owner, count) in things {
            for number in 0..*count {
                assert!(matches!(entrance.put(Thing(owner, number)), Ok(None)));
            }
        }
        (entrance, exit)
    }

    fn told(things: Option<Vec<Thing>>) -> Vec<String> {
        things.unwrap_or_default().iter().map(|Thing(owner, number)| format!("{owner}{number}")).collect()
    }

    #[test]
    fn each_owner_has_a_turn_before_anyone_has_another() {
        let (_entrance, exit) = filled(100, &[("a", 5), ("b", 1), ("c", 2)]);
        assert_eq!(told(exit.take(5)), ["a0", "b0", "c0", "a1", "c1"]);
        assert_eq!(told(exit.take(5)), ["a2", "a3", "a4"]);
    }

    #[test]
    fn turns_go_on_where_they_were() {
        let (entrance, exit) = filled(100, &[("a", 3), ("b", 3)]);
        assert_eq!(told(exit.take(3)), ["a0", "b0", "a1"]);
        assert!(entrance.put(Thing("c", 0)).is_ok());
        assert_eq!(told(exit.take(3)), ["b1", "a2", "c0"]);
    }

    #[test]
    fn who_has_the_most_gives_way_and_who_is_alone_fills_all() {
        let (entrance, exit) = filled(4, &[("a", 4)]);
        assert!(matches!(entrance.put(Thing("a", 4)), Err(Refused::Full(Thing("a", 4)))));
        assert!(matches!(entrance.put(Thing("b", 0)), Ok(Some(Thing("a", 3)))));
        assert!(matches!(entrance.put(Thing("b", 1)), Ok(Some(Thing("a", 2)))));
        assert!(matches!(entrance.put(Thing("b", 2)), Err(Refused::Full(_))), "they have as much");
        assert!(matches!(entrance.put(Thing("c", 0)), Ok(Some(_))));
        assert_eq!(exit.take(9).unwrap().len(), 4);
    }

    #[test]
    fn what_is_given_back_comes_first_and_in_its_order() {
        let (_entrance, exit) = filled(9, &[("a", 3), ("b", 2)]);
        let mut taken = exit.take(4).unwrap();
        exit.give_back(taken.split_off(1));
        assert_eq!(told(exit.take(9)), ["b0", "a1", "b1", "a2"]);
    }

    #[test]
    fn what_waits_is_taken_after_the_last_entrance_is_gone() {
        let (entrance, exit) = filled(9, &[("a", 1)]);
        drop(entrance);
        assert_eq!(told(exit.take(9)), ["a0"]);
        assert!(exit.take(9).is_none());
    }

    #[test]
    fn nothing_is_put_where_nobody_takes() {
        let (entrance, exit) = filled(9, &[("a", 1)]);
        drop(exit);
        assert!(matches!(entrance.put(Thing("a", 1)), Err(Refused::Stopped(_))));
    }
}
