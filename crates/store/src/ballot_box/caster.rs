//! The thread that casts votes: it takes those that wait, and commits those of one ballot in one transaction.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Instant;

use domain::StaffBallotId;
use tokio::sync::oneshot;

use super::cast::{self, Cast, Vote};
use super::place::Place;
use crate::backend::conn::{Conn, DatabaseUrl};
use crate::backend::dialect;
use crate::backend::site::Site;
use crate::error::Error;
use crate::writer::shifts::Shifts;
use crate::writer::turns::{Exit, Owned};

const SQLITE_BATCH: usize = 256;
const POSTGRES_BATCH: usize = 64;
/// Boxes whose connections are kept.
const MOST_KEPT: usize = 16;

/// A vote that waits for its turn.
pub(super) struct Waiting {
    pub(super) caller: String,
    pub(super) ballot: StaffBallotId,
    pub(super) vote: Vote,
    pub(super) reply: oneshot::Sender<Result<Cast, Error>>,
}

impl Owned for Waiting {
    fn owner(&self) -> &str {
        &self.caller
    }
}

/// What the casters of a process share. One of them is on at a time.
pub(super) struct Desk {
    site: Site,
    waiting: Exit<Waiting>,
    shifts: Shifts,
}

impl Desk {
    /// Starts another caster if the present one gets no answer.
    pub(super) fn relieve(self: &Arc<Self>) {
        self.shifts.relieve(&self.site, "caster of votes", |shift| Caster::new(Arc::clone(self), shift).begin());
    }
}

/// Starts what casts votes; it ends when the other end of the queue is dropped.
pub(super) fn start(site: &Site, waiting: Exit<Waiting>) -> io::Result<Weak<Desk>> {
    let desk = Arc::new(Desk { site: site.clone(), waiting, shifts: Shifts::default() });
    let known = Arc::downgrade(&desk);
    Caster::new(desk, 0).begin()?;
    Ok(known)
}

struct Caster {
    desk: Arc<Desk>,
    shift: u64,
    /// Connections to boxes, with the site of each.
    kept: HashMap<StaffBallotId, (Site, Conn)>,
}

impl Caster {
    fn new(desk: Arc<Desk>, shift: u64) -> Self {
        Self { desk, shift, kept: HashMap::new() }
    }

    fn begin(self) -> io::Result<()> {
        std::thread::Builder::new().name(super::CASTER.to_owned()).spawn(move || self.run()).map(drop)
    }

    fn run(mut self) {
        let desk = Arc::clone(&self.desk);
        let most = match desk.site.url() {
            DatabaseUrl::Sqlite(_) => SQLITE_BATCH,
            DatabaseUrl::Postgres(_) => POSTGRES_BATCH,
        };
        while desk.shifts.is_on(self.shift)
            && let Some(taken) = desk.waiting.take(most)
        {
            desk.shifts.note(self.shift, Some(Instant::now()));
            let mut by_ballot: HashMap<StaffBallotId, Vec<Waiting>> = HashMap::new();
            // Nobody waits for the others any more.
            for vote in taken.into_iter().filter(|vote| !vote.reply.is_closed()) {
                by_ballot.entry(vote.ballot).or_default().push(vote);
            }
            for (ballot, votes) in by_ballot {
                self.answer(ballot, votes);
            }
            desk.shifts.note(self.shift, None);
        }
    }

    /// Casts votes of one ballot. Each is answered after the commit, refusals too, since they may name another of these.
    fn answer(&mut self, ballot: StaffBallotId, votes: Vec<Waiting>) {
        let done = or_unknown(|| self.cast(ballot, &votes));
        for (position, vote) in votes.into_iter().enumerate() {
            let answer = match &done {
                Ok(casts) => Ok(casts.get(position).copied().unwrap_or(Cast::Closed)),
                Err(error) => Err(error.clone()),
            };
            // A caller who has gone away gets no answer; the vote stands all the same.
            drop(vote.reply.send(answer));
        }
    }

    /// None where the box takes no votes. A connection on which anything went wrong is closed.
    fn cast(&mut self, ballot: StaffBallotId, votes: &[Waiting]) -> Result<Vec<Cast>, Error> {
        let Some((site, mut conn)) = self.connect(ballot)? else { return Ok(Vec::new()) };
        let id = ballot.to_string();
        if !cast::begin(&mut conn, &id)? {
            return Ok(Vec::new());
        }
        let casts = votes.iter().map(|waiting| cast::cast(&mut conn, &id, &waiting.vote)).collect::<Result<_, _>>()?;
        dialect::control(&mut conn, &["COMMIT"]).map_err(unknown)?;
        // What was written into a file that somebody took away is lost, unless it was the close, which had counted it.
        site.check().map_err(unknown)?;
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(ballot, (site, conn));
        Ok(casts)
    }

    fn connect(&mut self, ballot: StaffBallotId) -> Result<Option<(Site, Conn)>, Error> {
        match self.kept.remove(&ballot) {
            Some((site, conn)) if site.check().is_ok() => Ok(Some((site, conn))),
            _ => Place::of(&self.desk.site, ballot).open(),
        }
    }
}

/// Does this. Where it panics, its connection is closed, and whoever comes next is served all the same. It is not logged, because that
/// would tell when somebody votes.
fn or_unknown<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(unknown("casting votes panicked")))
}

fn unknown(reason: impl ToString) -> Error {
    Error::OutcomeUnknown(reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_answered_and_goes_no_further() {
        let answer = or_unknown(|| -> Result<(), Error> { panic!("a case's own panic") });

        assert!(matches!(answer, Err(Error::OutcomeUnknown(_))), "{answer:?}");
        assert!(or_unknown(|| Ok(1)).is_ok());
    }
}
