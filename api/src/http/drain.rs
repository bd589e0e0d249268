//! Stops an instance in two steps: first it asks clients to send new requests elsewhere, then it closes its
//! connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::response::problem::Problem;

/// How far stopping has come. Each instance has one, shared by all of its threads.
#[derive(Debug, Default)]
pub struct Drain {
    has_begun: AtomicBool,
    is_closing: AtomicBool,
    closing: Arc<Notify>,
}

impl Drain {
    /// From this call on, readiness fails, and each response says `Connection: close`.
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

    /// A future that ends when connections begin to close. Make it before you ask [`Self::is_closing`]: it notices only
    /// later changes.
    pub fn closing(&self) -> OwnedNotified {
        Arc::clone(&self.closing).notified_owned()
    }

    /// # Errors 503 once the instance is stopping.
    pub fn check(&self) -> Result<(), Problem> {
        if self.has_begun() { Err(Problem::stopping()) } else { Ok(()) }
    }
}
