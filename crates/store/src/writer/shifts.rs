//! The shifts of a thread that alone does one kind of work: where PostgreSQL does not answer it, another one takes over.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backend::conn::DatabaseUrl;
use crate::backend::site::Site;

/// On PostgreSQL, a thread without an answer for this long is replaced by another, because the server may have gone
/// without closing the connection.
const STUCK: Duration = Duration::from_secs(15);
/// The maximum number of replaced threads that still wait for an answer.
const MOST_RELIEVED: u64 = 4;

/// Which of the threads is on. One is at a time, and the first has the number 0.
#[derive(Default)]
pub(crate) struct Shifts {
    on: AtomicU64,
    /// When the one that is on has begun what it waits for.
    since: Mutex<Option<Instant>>,
    /// Threads that were replaced and still wait for the database.
    away: AtomicU64,
}

impl Shifts {
    /// Starts another thread with this number if the present one gets no answer from PostgreSQL. A statement that hangs in libpq
    /// cannot be ended. Two are safe, because the server treats them like two instances.
    pub(crate) fn relieve(&self, site: &Site, name: &str, start: impl FnOnce(u64) -> io::Result<()>) {
        let mut since = self.since();
        let is_stuck = since.is_some_and(|since| since.elapsed() > STUCK);
        let is_remote = matches!(site.url(), DatabaseUrl::Postgres(_));
        if !is_stuck || !is_remote || self.away.load(Ordering::Acquire) >= MOST_RELIEVED {
            return;
        }
        let began = since.take();
        self.away.fetch_add(1, Ordering::AcqRel);
        let shift = self.on.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let silence = format!("the database has not answered the {name} for {} s", STUCK.as_secs());
        match start(shift) {
            Ok(()) => log::error!("{silence}: another connection takes over"),
            Err(error) => {
                // The one that is on notes the end of its work, which waits for `since`, before it asks whether it still is.
                self.on.fetch_sub(1, Ordering::AcqRel);
                self.away.fetch_sub(1, Ordering::AcqRel);
                *since = began;
                log::error!("{silence}, and no other can be started: {error}");
            }
        }
    }

    pub(crate) fn is_on(&self, shift: u64) -> bool {
        self.on.load(Ordering::Acquire) == shift
    }

    /// Notes when the thread of this shift began what it waits for, or that it waits for nothing.
    pub(crate) fn note(&self, shift: u64, began: Option<Instant>) {
        let mut since = self.since();
        if self.is_on(shift) {
            *since = began;
        } else if began.is_none() {
            self.away.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
