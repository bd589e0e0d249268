//! The board: the votes of a closed ballot, each with its tracker.

use crate::tree;

use super::ballot_id::BallotId;
use super::choice::Choice;
use super::hash::{Sha256Hex, Tracker};

/// A vote on the board.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vote {
    /// By what the voter finds it.
    pub tracker: Tracker,
    /// The choice as text. Whether it is one that the ballot has is for whoever counts it.
    pub choice: String,
}

impl Vote {
    /// The vote for a choice.
    pub fn new(tracker: Tracker, choice: &Choice) -> Self {
        Self { tracker, choice: choice.to_string() }
    }

    /// The leaf of the vote in the tree of the ballot's votes.
    pub fn leaf(&self, ballot: BallotId) -> String {
        format!("psm-ballot-v1:vote:{ballot}:{}:{}", self.tracker, self.choice)
    }
}

/// The root of the tree over the votes of a ballot, in the order given: a board is sorted by tracker.
pub fn votes_root(ballot: BallotId, votes: &[Vote]) -> Sha256Hex {
    Sha256Hex::from_bytes(tree::root_of(votes.iter().map(|vote| vote.leaf(ballot))))
}
