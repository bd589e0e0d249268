//! The ballots that take votes, as they are kept in mind: a vote reads no more of the register than the version of its ballot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Casting, StaffBallotId};

use crate::history::signing::ReceiptKey;

/// What the open ballots need to take votes, by the version of their records.
#[derive(Clone, Default)]
pub struct Castings(Arc<Mutex<HashMap<StaffBallotId, Known>>>);

type Known = (i64, Arc<Taking>);

/// A ballot that takes votes, or will.
pub struct Taking {
    pub ballot: domain::StaffBallot,
    pub casting: Casting,
    pub key: ReceiptKey,
}

impl Castings {
    /// So many ballots are kept in mind.
    const MOST: usize = 64;

    /// The ballot, if its record has still this version.
    pub fn get(&self, id: StaffBallotId, version: i64) -> Option<Arc<Taking>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).filter(|(known, _)| *known == version).map(|(_, taking)| Arc::clone(taking))
    }

    /// Keeps it in mind.
    pub fn keep(&self, id: StaffBallotId, version: i64, taking: &Arc<Taking>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.insert(id, (version, Arc::clone(taking)));
    }
}
