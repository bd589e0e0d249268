//! The boxes that the votes of hosted ballots are cast into.
//!
//! A box is there from the opening of its ballot to the close. It holds the roll and the votes in two tables without row numbers and
//! without times. On SQLite it is a file of its own beside the register, so that no vote waits for the register or the other way
//! round; on PostgreSQL it is rows of tables of their own. At the close it is sealed, what all may see is put into the register
//! sorted, and the box is destroyed: nothing that was written in the order of the votes is left.
//!
//! The register alone says which ballots are open. A box says alone whether it takes votes. So a close that was interrupted is seen by
//! a sealed box of an open ballot, or by a box of a ballot that is not open.

mod cast;
mod caster;
mod place;

use std::io;
use std::sync::{Arc, Weak};

use domain::StaffBallotId;
use tokio::sync::oneshot;

use crate::backend::site::Site;
use crate::error::Error;
use crate::patience;
use crate::writer::turns::{Entrance, Refused, by_turns};
use caster::{Desk, Waiting};
use place::Place;

pub use cast::{Cast, Contents, Vote};
pub(crate) use place::beside_register;

/// The name of the thread that casts votes.
pub const CASTER: &str = "caster";
/// Votes that may wait; one more is refused at once.
const QUEUE: usize = 4096;

/// All boxes of a register. What is done with one blocks the thread.
#[derive(Clone)]
pub struct Boxes {
    site: Site,
    votes: Arc<Entrance<Waiting>>,
    desk: Weak<Desk>,
}

impl Boxes {
    /// Starts what casts votes; it ends when the last handle is dropped.
    pub(crate) fn start(site: &Site) -> io::Result<Self> {
        let (votes, waiting) = by_turns(QUEUE);
        let desk = caster::start(site, waiting)?;
        Ok(Self { site: site.clone(), votes: Arc::new(votes), desk })
    }

    /// Casts a vote for a caller of this name, and waits until it is on disk or refused. Once it is in the queue, only an answer
    /// tells whether it was cast.
    pub(crate) async fn cast(&self, caller: String, ballot: StaffBallotId, vote: Vote) -> Result<Cast, Error> {
        if let Some(desk) = self.desk.upgrade() {
            desk.relieve();
        }
        let (reply, answer) = oneshot::channel();
        match self.votes.put(Waiting { caller, ballot, vote, reply }) {
            Ok(displaced) => drop(displaced.map(|it| it.reply.send(Err(Error::ShareUsedUp)))),
            Err(Refused::Full(_)) => return Err(Error::Unavailable("too many votes are waiting".to_owned())),
            Err(Refused::Stopped(_)) => return Err(Error::Unavailable("the caster of votes has stopped".to_owned())),
        }
        let unknown = |reason: &str| Error::OutcomeUnknown(reason.to_owned());
        let answered = patience::wait(patience::ANSWER, answer).await;
        let answered = answered.ok_or_else(|| unknown("the vote was not cast in time: send it again"))?;
        answered.unwrap_or_else(|_| Err(unknown("the caster of votes has stopped")))
    }

    /// Makes the box of a ballot with these entries on its roll, in the place of one that is there without votes.
    ///
    /// # Errors
    /// [`Error::Internal`] where there is one with votes in it.
    pub fn make(&self, ballot: StaffBallotId, entries: &[String]) -> Result<(), Error> {
        self.place(ballot).make(entries)
    }

    /// Seals the box, so that it takes no more votes, and gives what is in it; none where there is no box.
    pub fn seal(&self, ballot: StaffBallotId) -> Result<Option<Contents>, Error> {
        self.place(ballot).seal()
    }

    /// Lets a sealed box take votes again: what it was sealed for did not come about.
    pub fn reopen(&self, ballot: StaffBallotId) -> Result<(), Error> {
        self.place(ballot).reopen()
    }

    /// Destroys the box, if there is one.
    pub fn destroy(&self, ballot: StaffBallotId) -> Result<(), Error> {
        self.place(ballot).destroy()
    }

    /// The ballots that there is a box of.
    pub fn all(&self) -> Result<Vec<StaffBallotId>, Error> {
        place::all(&self.site)
    }

    fn place(&self, ballot: StaffBallotId) -> Place<'_> {
        Place::of(&self.site, ballot)
    }
}
