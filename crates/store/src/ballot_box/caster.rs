//! The thread that casts votes: it takes those that wait, and commits those of one ballot in one transaction.

use std::collections::HashMap;

use domain::StaffBallotId;
use tokio::sync::oneshot;

use super::cast::{self, Cast, Vote};
use super::place::Place;
use crate::backend::conn::{Conn, DatabaseUrl};
use crate::backend::dialect;
use crate::backend::site::Site;
use crate::error::Error;
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

pub(super) struct Caster {
    site: Site,
    waiting: Exit<Waiting>,
    /// Connections to boxes, with the site of each.
    kept: HashMap<StaffBallotId, (Site, Conn)>,
}

impl Caster {
    pub(super) fn new(site: Site, waiting: Exit<Waiting>) -> Self {
        Self { site, waiting, kept: HashMap::new() }
    }

    pub(super) fn begin(self) -> std::io::Result<()> {
        std::thread::Builder::new().name(super::CASTER.to_owned()).spawn(move || self.run()).map(drop)
    }

    fn run(mut self) {
        let most = match self.site.url() {
            DatabaseUrl::Sqlite(_) => SQLITE_BATCH,
            DatabaseUrl::Postgres(_) => POSTGRES_BATCH,
        };
        while let Some(taken) = self.waiting.take(most) {
            let mut by_ballot: HashMap<StaffBallotId, Vec<Waiting>> = HashMap::new();
            // Nobody waits for the others any more.
            for vote in taken.into_iter().filter(|vote| !vote.reply.is_closed()) {
                by_ballot.entry(vote.ballot).or_default().push(vote);
            }
            for (ballot, votes) in by_ballot {
                self.answer(ballot, votes);
            }
        }
    }

    /// Casts votes of one ballot. Each is answered after the commit, refusals too, since they may name another of these.
    fn answer(&mut self, ballot: StaffBallotId, votes: Vec<Waiting>) {
        let done = self.cast(ballot, &votes);
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
        dialect::control(&mut conn, &["COMMIT"]).map_err(|error| Error::OutcomeUnknown(error.to_string()))?;
        // What was written into a file that somebody took away is lost.
        site.check()?;
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(ballot, (site, conn));
        Ok(casts)
    }

    fn connect(&mut self, ballot: StaffBallotId) -> Result<Option<(Site, Conn)>, Error> {
        match self.kept.remove(&ballot) {
            Some((site, conn)) if site.check().is_ok() => Ok(Some((site, conn))),
            _ => Place::of(&self.site, ballot).open(),
        }
    }
}
