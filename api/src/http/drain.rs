//! The end of an instance, in two steps: first nobody is to send it new requests, then its connections close.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::response::problem::Problem;

/// How far the end has come. One for each instance, shared by all of its threads.
#[derive(Debug, Default)]
pub struct Drain {
    has_begun: AtomicBool,
    is_closing: AtomicBool,
    closing: Arc<Notify>,
}

impl Drain {
    /// Readiness fails from now on, and each answer says that it is its connection's last.
    pub fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Ends what waits: idle connections and long polls.
    pub fn close(&self) {
        self.begin();
        self.is_closing.store(true, Ordering::Release);
        self.closing.notify_waiters();
    }

    pub fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// What ends when connections begin to close. Ask [`Self::is_closing`] after this is made: it notices only what comes later.
    pub fn closing(&self) -> OwnedNotified {
        Arc::clone(&self.closing).notified_owned()
    }

    /// # Errors
    /// 503 once the end has begun.
    pub fn check(&self) -> Result<(), Problem> {
        if self.has_begun() { Err(Problem::stopping()) } else { Ok(()) }
    }
}
