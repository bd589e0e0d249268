//! A write while it waits, runs and is answered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::turn::Turn;
use super::turns::Owned;
use crate::backend::conn::Conn;
use crate::error::Error;
use crate::known::{Known, Naming};
use crate::transaction::{Pending, Stamp, WriteTx};

/// A write that waits: run in a batch, possibly more than once, and answered after the commit.
pub(super) trait Job: Send {
    /// Who writes.
    fn actor(&self) -> &str;
    /// The names that it is about to take.
    fn names(&self) -> &[Naming];
    fn turn(&self) -> &Turn;
    fn attempt(&mut self, conn: &mut Conn, pending: &mut Pending) -> Verdict;
    fn finish(self: Box<Self>, failure: Option<Error>);
}

impl Owned for Box<dyn Job> {
    fn owner(&self) -> &str {
        self.actor()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    /// It was refused before it changed anything.
    Refuse,
    RollBack,
}

pub(super) struct Waiting<T, E, F> {
    pub(super) stamp: Stamp,
    /// The time that it stores, which the clock is to be right for.
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) names: Vec<Naming>,
    pub(super) work: F,
    pub(super) turn: Turn,
    pub(super) result: Option<Result<T, E>>,
    pub(super) reply: oneshot::Sender<Answer<T, E, F>>,
}

/// What was done goes back with the answer, so that the writer spends no time on letting go of it.
pub(super) struct Answer<T, E, F> {
    pub(super) result: Result<T, E>,
    _work: F,
}

impl<T, E, F> Job for Waiting<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send,
{
    fn actor(&self) -> &str {
        &self.stamp.actor
    }

    fn names(&self) -> &[Naming] {
        &self.names
    }

    fn turn(&self) -> &Turn {
        &self.turn
    }

    fn attempt(&mut self, conn: &mut Conn, pending: &mut Pending) -> Verdict {
        if !self.turn.begin() {
            self.result = Some(Err(Error::Unavailable("the write was given up".to_owned()).into()));
            return Verdict::Refuse;
        }
        if let Some(Err(doubt)) = self.time.map(|time| pending.clock.allow(time)) {
            self.result = Some(Err(Error::Clock(doubt).into()));
            return Verdict::Refuse;
        }
        let before = pending.mark();
        let mut tx = WriteTx::on(conn, &self.stamp, pending);
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut tx)))
            .unwrap_or_else(|_| Err(Error::Internal("a write panicked".to_owned()).into()));
        let (keep, touched) = (result.is_ok() && !tx.is_discarded(), tx.is_touched());
        self.result = Some(result);
        if keep {
            return Verdict::Keep;
        }
        pending.truncate(before);
        if !touched {
            return Verdict::Refuse;
        }
        pending.known = Known::default();
        Verdict::RollBack
    }

    fn finish(self: Box<Self>, failure: Option<Error>) {
        let never_run = || Err(Error::Internal("a write was not attempted".to_owned()).into());
        let result = match failure {
            Some(error) => Err(error.into()),
            None => self.result.unwrap_or_else(never_run),
        };
        // A caller who has gone away gets no answer; the write stands all the same.
        drop(self.reply.send(Answer { result, _work: self.work }));
    }
}
