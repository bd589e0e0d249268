//! Limits the memory of responses that clients have not read, and chooses the connection to close when it is exceeded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// In bytes, for all connections together.
const LIMIT: usize = 48 * 1024 * 1024;

/// The responses of all connections that clients have not read to the end.
#[derive(Debug, Default)]
pub struct Unread {
    bytes: AtomicUsize,
    last: AtomicU64,
    /// The connections whose clients read nothing. The one that has waited longest comes first.
    stalls: Mutex<BTreeMap<u64, Arc<Held>>>,
}

/// The response of one connection.
#[derive(Debug, Default)]
struct Held {
    bytes: AtomicUsize,
    is_given_up: AtomicBool,
    waker: AtomicWaker,
}

/// The part of one connection in all unread responses. It ends with the connection.
#[derive(Debug, Default)]
pub struct Account {
    unread: Arc<Unread>,
    held: Arc<Held>,
}

/// A connection whose client reads nothing, until it does.
#[derive(Debug)]
pub struct Stall {
    unread: Arc<Unread>,
    number: u64,
    held: Arc<Held>,
}

impl Unread {
    /// For a connection whose client has read everything so far.
    pub fn account(self: &Arc<Self>) -> Account {
        Account { unread: Arc::clone(self), held: Arc::default() }
    }

    /// Closes connections whose clients read nothing, until the others are within the limit. Those that have waited
    /// longest go first.
    fn make_room(&self) {
        let mut stalls = self.stalls();
        while self.bytes.load(Ordering::Relaxed) > LIMIT {
            let holds_some = |(_, held): &(&u64, &Arc<Held>)| held.bytes.load(Ordering::Relaxed) > 0;
            let longest = stalls.iter().find(holds_some).map(|(number, _)| *number);
            let Some(held) = longest.and_then(|number| stalls.remove(&number)) else { return };
            self.bytes.fetch_sub(held.give_up(), Ordering::Relaxed);
        }
    }

    fn stalls(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Held>>> {
        self.stalls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Closes the connection, and returns the bytes that it used.
    fn give_up(&self) -> usize {
        self.is_given_up.store(true, Ordering::Release);
        self.waker.wake();
        self.bytes.swap(0, Ordering::Relaxed)
    }
}

impl Account {
    /// The response uses this many bytes from now on. If the limit is exceeded, connections are closed.
    pub fn hold(&self, bytes: usize) {
        let before = self.held.bytes.swap(bytes, Ordering::Relaxed);
        self.unread.bytes.fetch_sub(before, Ordering::Relaxed);
        let others = self.unread.bytes.fetch_add(bytes, Ordering::Relaxed);
        if others.saturating_add(bytes) > LIMIT {
            self.unread.make_room();
        }
    }

    /// The client reads nothing from now on.
    pub fn stall(&self) -> Stall {
        let number = self.unread.last.fetch_add(1, Ordering::Relaxed);
        self.unread.stalls().insert(number, Arc::clone(&self.held));
        if self.unread.bytes.load(Ordering::Relaxed) > LIMIT {
            self.unread.make_room();
        }
        Stall { unread: Arc::clone(&self.unread), number, held: Arc::clone(&self.held) }
    }

    /// The bytes that the response uses.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.held.bytes.load(Ordering::Relaxed)
    }
}

impl Stall {
    /// Ready once others need the memory more.
    pub fn poll_given_up(&self, context: &Context<'_>) -> Poll<()> {
        self.held.waker.register(context.waker());
        if self.held.is_given_up.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.hold(0);
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.unread.stalls().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Connections that hold so much and take nothing, in this order.
    fn stalled(unread: &Arc<Unread>, held: &[usize]) -> Vec<(Account, Stall)> {
        let stall = |bytes: &usize| {
            let account = unread.account();
            account.hold(*bytes);
            let stall = account.stall();
            (account, stall)
        };
        held.iter().map(stall).collect()
    }

    fn given_up(stalls: &[(Account, Stall)]) -> Vec<bool> {
        let context = Context::from_waker(Waker::noop());
        stalls.iter().map(|(_, stall)| stall.poll_given_up(&context).is_ready()).collect()
    }

    #[test]
    fn who_has_waited_longest_is_given_up_first() {
        let unread = Arc::<Unread>::default();
        let mut stalls = stalled(&unread, &[1, 1, 1]);
        drop(stalls.remove(0));
        let full = unread.account();
        full.hold(LIMIT - 2);
        assert_eq!(given_up(&stalls), [false, false]);
        full.hold(LIMIT - 1);
        assert_eq!(given_up(&stalls), [true, false]);
        full.hold(0);
        full.hold(LIMIT - 1);
        assert_eq!(given_up(&stalls), [true, false]);
    }

    #[test]
    fn as_many_are_given_up_as_it_takes_and_none_that_holds_nothing() {
        let unread = Arc::<Unread>::default();
        let stalls = stalled(&unread, &[0, 1000, 1000, 1000]);
        let more = unread.account();
        more.hold(LIMIT - 1500);
        assert_eq!(given_up(&stalls), [false, true, true, false]);
        drop(stalls);
        drop(more);
        assert_eq!(unread.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn who_stalls_while_there_is_too_much_makes_room_too() {
        let unread = Arc::<Unread>::default();
        let account = unread.account();
        account.hold(LIMIT + 1);
        let stall = account.stall();
        assert_eq!(given_up(&[(account, stall)]), [true]);
    }
}
