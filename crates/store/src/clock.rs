//! Checks whether the machine's clock can be trusted with the times of entries, which cannot be changed later.
//!
//! A [`ClockGuard`] reads several clocks, and rejects writes while their time may be wrong.

mod judge;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

pub use judge::{Doubt, DoubtCause, Reading};

use crate::log::entry::Head;
use judge::{Judge, LogTimes};

/// Guards the log from times of a clock that is wrong.
#[derive(Clone, Default)]
pub struct ClockGuard(Option<Arc<Watched>>);

struct Watched {
    read: Box<dyn Fn() -> Reading + Send + Sync>,
    tolerance: TimeDelta,
    state: Mutex<State>,
}

struct State {
    judge: Judge,
    newest: Head,
    doubt: Option<Doubt>,
}

impl ClockGuard {
    /// One that reads these clocks, and lets times differ by so much.
    pub fn new(tolerance: TimeDelta, read: impl Fn() -> Reading + Send + Sync + 'static) -> Self {
        let state = State { judge: Judge::new(tolerance), newest: Head::default(), doubt: None };
        Self(Some(Arc::new(Watched { read: Box::new(read), tolerance, state: Mutex::new(state) })))
    }

    /// One that lets every time pass.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// The reason if the clock was not trusted at the last check.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        self.0.as_ref().and_then(|watched| watched.state().doubt)
    }

    /// What the clocks say.
    pub(crate) fn read(&self) -> Option<Reading> {
        self.0.as_ref().map(|watched| (watched.read)())
    }

    /// Judges the clock by the log as far as it is known to go.
    pub(crate) fn judge(&self, head: &Head) {
        if let Some(watched) = &self.0 {
            watched.judge((watched.read)(), head, None);
        }
    }

    /// Judges the clock for a batch, whose transaction was begun after the reading `before`: by the log's head as it found that, and by
    /// the database's time, if it has a clock of its own.
    pub(crate) fn judge_batch(
        &self,
        before: Option<Reading>,
        head: &Head,
        database: Option<DateTime<Utc>>,
    ) -> Judgement {
        let Some(watched) = &self.0 else { return Judgement::Unwatched };
        let now = (watched.read)();
        match watched.judge(now, head, before.zip(database)) {
            Some(doubt) => Judgement::Doubted(doubt),
            None => Judgement::Trusted { now: now.wall, tolerance: watched.tolerance },
        }
    }
}

impl Watched {
    fn judge(&self, now: Reading, head: &Head, database: Option<(Reading, DateTime<Utc>)>) -> Option<Doubt> {
        let mut state = self.state();
        if head.is_beyond(&state.newest) {
            state.newest = *head;
        }
        let log = LogTimes { newest: state.newest.at, settled: state.newest.clock_settled };
        if let Some((before, said)) = database {
            state.judge.compare(before, said, now);
        }
        let found = state.judge.judge(now, log).err();
        tell(state.doubt, found);
        state.doubt = found;
        found
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the operator of a change, once.
fn tell(before: Option<Doubt>, now: Option<Doubt>) {
    match (before.map(|doubt| doubt.cause), now) {
        (cause, Some(doubt)) if cause != Some(doubt.cause) => log::error!("{doubt}, so changes are rejected"),
        (Some(_), None) => log::info!("the clock is right again, so changes are accepted"),
        _ => {}
    }
}

/// What is thought of the clock while a batch runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judgement {
    /// Nobody looks at it.
    Unwatched,
    /// It is right, or off by no more than this.
    Trusted { now: DateTime<Utc>, tolerance: TimeDelta },
    /// It may be wrong.
    Doubted(Doubt),
}

impl Judgement {
    /// Whether a write may have this time. One that is still to come was read from a clock that was put back since.
    ///
    /// # Errors
    /// [`Doubt`] where it may not.
    pub(crate) fn allow(self, at: DateTime<Utc>) -> Result<(), Doubt> {
        match self {
            Self::Doubted(doubt) => Err(doubt),
            Self::Trusted { now, tolerance } if at.signed_duration_since(now) > tolerance => {
                Err(Doubt { cause: DoubtCause::Jumped, shows: now, expected: at, tolerance })
            }
            Self::Unwatched | Self::Trusted { .. } => Ok(()),
        }
    }
}
