//! The state of a write, shared by the writer and its caller, who may cancel it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a write has come. The writer takes it on, or the caller gives it up, whoever comes first.
#[derive(Clone, Default)]
pub(super) struct Turn(Arc<AtomicU8>);

pub(super) const WAITING: u8 = 0;
pub(super) const RUNNING: u8 = 1;
/// The database is told to store it. The caller can no longer cancel it.
pub(super) const COMMITTING: u8 = 2;
/// Its caller has gone, and it is not run any more.
pub(super) const GIVEN_UP: u8 = 3;
/// Its caller has gone while it was run: what it did is not stored.
pub(super) const TAKEN_BACK: u8 = 4;

impl Turn {
    /// Whether it is run now, for the first time or again. One that was taken back is not, and then stands in nobody's way any more.
    pub(super) fn begin(&self) -> bool {
        self.pass(TAKEN_BACK, GIVEN_UP);
        self.pass(WAITING, RUNNING) || self.is(RUNNING)
    }

    /// Whether its caller, who goes, comes before the writer, so that nothing of it is stored. It may wait again after it was run.
    pub(super) fn take_back(&self) -> bool {
        self.pass(RUNNING, TAKEN_BACK) || self.pass(WAITING, GIVEN_UP)
    }

    /// True where it was there and has come to the next.
    pub(super) fn pass(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn is(&self, at: u8) -> bool {
        self.0.load(Ordering::Acquire) == at
    }
}
