//! Limits the memory of responses that clients have not read, and chooses the connection to close when it is exceeded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// In bytes, for all connections together.
const LIMIT: usize = 48 * 1024 * 1024;

/// The answers of all connections that are not through.
#[derive(Debug, Default)]
pub struct Unread {
    bytes: AtomicUsize,
    last: AtomicU64,
    /// The connections that take nothing, those first that have waited longest.
    stalls: Mutex<BTreeMap<u64, Arc<Stalled>>>,
}

#[derive(Debug, Default)]
struct Stalled {
    is_given_up: AtomicBool,
    waker: AtomicWaker,
}

/// The memory of one answer, until it is through.
#[derive(Debug)]
pub struct Held {
    unread: Arc<Unread>,
    bytes: usize,
}

/// One connection that takes nothing of what is written, until it does.
#[derive(Debug)]
pub struct Stall {
    unread: Arc<Unread>,
    number: u64,
    stalled: Arc<Stalled>,
}

impl Unread {
    /// Registers a response of this size. If the limit is exceeded, the connection that has read nothing for longest is
    /// closed.
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > LIMIT {
            let longest = self.stalls().pop_first();
            if let Some((_, stalled)) = longest {
                stalled.is_given_up.store(true, Ordering::Release);
                stalled.waker.wake();
            }
        }
        Held { unread: Arc::clone(self), bytes }
    }

    /// A connection that takes nothing from now on.
    pub fn stall(self: &Arc<Self>) -> Stall {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let stalled = Arc::<Stalled>::default();
        self.stalls().insert(number, Arc::clone(&stalled));
        Stall { unread: Arc::clone(self), number, stalled }
    }

    fn stalls(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Stalled>>> {
        self.stalls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stall {
    /// Ready once others need the memory more.
    pub fn poll_given_up(&self, context: &Context<'_>) -> Poll<()> {
        self.stalled.waker.register(context.waker());
        if self.stalled.is_given_up.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.unread.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
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

    #[test]
    fn who_has_waited_longest_is_given_up_first() {
        let unread = Arc::<Unread>::default();
        let context = Context::from_waker(Waker::noop());
        let given_up =
            |stalls: &[Stall]| stalls.iter().map(|stall| stall.poll_given_up(&context).is_ready()).collect::<Vec<_>>();
        let mut stalls: Vec<_> = (0..3).map(|_| unread.stall()).collect();
        drop(stalls.remove(0));
        let full = unread.hold(LIMIT);
        assert_eq!(given_up(&stalls), [false, false]);
        let more = unread.hold(1);
        assert_eq!(given_up(&stalls), [true, false]);
        drop(more);
        drop(full);
        drop(unread.hold(LIMIT));
        assert_eq!(given_up(&stalls), [true, false]);
    }
}
