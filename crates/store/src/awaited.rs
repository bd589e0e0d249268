//! Reads and the resources they hold. If nobody waits for a read any longer and PostgreSQL still does not answer, its
//! resources go to others, because a statement that hangs in libpq cannot be ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::backend::conn::{DatabaseUrl, Pool};
use crate::error::Error;

/// A read that has not ended this long after its caller left is abandoned, because the server may have gone without
/// closing the connection.
const STALLED: Duration = Duration::from_secs(6);
/// The maximum number of abandoned reads.
const MOST_ABANDONED: usize = 64;

/// The connections of all reads.
#[derive(Clone)]
pub(crate) struct Connections {
    pub(crate) pool: Pool,
    /// Abandoned reads that still wait for PostgreSQL.
    abandoned: Arc<AtomicUsize>,
}

/// A read on the side of those who wait for it.
pub(crate) struct Awaited<P: Send + 'static> {
    connections: Connections,
    /// Of the connections when it began.
    generation: u64,
    holds: Held<P>,
}

/// The same read on its thread. It holds something until it ends, also by a panic.
pub(crate) struct Running<P> {
    connections: Connections,
    holds: Held<P>,
    is_over: bool,
}

/// What the first who asks gets.
pub(crate) type Held<P> = Arc<Mutex<Option<P>>>;

/// Asks for it.
pub(crate) fn take<P>(held: &Held<P>) -> Option<P> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Connections {
    pub(crate) fn with(pool: Pool) -> Self {
        Self { pool, abandoned: Arc::default() }
    }

    /// Begins a read that holds this.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where too many were abandoned already.
    pub(crate) fn begin<P: Send + 'static>(&self, holds: P) -> Result<(Awaited<P>, Running<P>), Error> {
        if self.abandoned.load(Ordering::Acquire) >= MOST_ABANDONED {
            return Err(Error::Unavailable("too many reads wait for a database that does not answer".to_owned()));
        }
        let holds = Arc::new(Mutex::new(Some(holds)));
        let generation = self.pool.generation();
        let awaited = Awaited { connections: self.clone(), generation, holds: Arc::clone(&holds) };
        Ok((awaited, Running { connections: self.clone(), holds, is_over: false }))
    }

    async fn abandon_later<P>(self, holds: Held<P>, generation: u64) {
        sleep(STALLED).await;
        // Counted before it is let go of, since the read counts itself out when it finds that it was.
        self.abandoned.fetch_add(1, Ordering::AcqRel);
        if take(&holds).is_none() {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
            return;
        }
        // Many reads may stall together: their connections are replaced once.
        if self.pool.renew(generation) {
            log::warn!("the database has not answered a read for some time: opening new connections");
        }
    }
}

/// Nobody waits any more.
impl<P: Send + 'static> Drop for Awaited<P> {
    fn drop(&mut self) {
        let is_over = self.holds.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if is_over || matches!(self.connections.pool.url(), DatabaseUrl::Sqlite(_)) {
            return;
        }
        // Without a runtime, the process ends.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(self.connections.clone().abandon_later(Arc::clone(&self.holds), self.generation)));
        }
    }
}

impl<P> Running<P> {
    pub(crate) fn pool(&self) -> &Pool {
        &self.connections.pool
    }

    /// Gives what it holds, unless it was abandoned.
    pub(crate) fn end(mut self) -> Option<P> {
        self.is_over = true;
        self.let_go()
    }

    fn let_go(&self) -> Option<P> {
        let held = take(&self.holds);
        if held.is_none() {
            self.connections.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
        held
    }
}

impl<P> Drop for Running<P> {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.let_go());
        }
    }
}
