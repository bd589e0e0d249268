//! What the register holds of a staff ballot.

use chrono::{DateTime, Utc};

use crate::api_key::KeyId;
use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::mutual::MutualId;
use crate::value::date::{Day, PartialDate, not_before};
use crate::value::source::Sources;
use crate::value::text::{Name, Note, Prose};

use super::duties::Duties;
use super::hosting::Hosting;
use super::tally::Tally;
use super::words::{BallotKind, BallotMode, BallotState, Organiser};

/// Id of a staff ballot.
pub type StaffBallotId = Id<StaffBallot>;

/// A vote of staff on a mutual, or inside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffBallot {
    /// The mutual that it is about.
    pub mutual_id: MutualId,
    /// What the vote is for.
    pub kind: BallotKind,
    /// Who held it.
    pub organiser: Option<Organiser>,
    /// The question as it was put.
    pub question: Option<Prose<2_000>>,
    /// Where the votes are cast.
    pub mode: BallotMode,
    /// How it is held here, if its mode is `hosted`; boxed, because most ballots have none.
    pub hosting: Option<Box<Hosting>>,
    /// When it was held.
    pub held: Checked<Held>,
    /// The options, the counts and what others printed about them.
    pub tally: Checked<Tally>,
    /// Who watched over it.
    pub scrutineer: Option<Checked<Scrutineer>>,
    /// The API key that is appointed as scrutineer.
    pub scrutineer_key_id: Option<KeyId>,
    /// Who entered and declared it, and what its scrutineer reports.
    pub duties: Duties,
    /// Its state, and why it no longer stands.
    pub ending: Checked<Ending>,
    /// Its corrections since it was declared, the oldest first.
    pub corrections: Vec<Correction>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl StaffBallot {
    /// The state that the ballot is in.
    pub fn state(&self) -> BallotState {
        self.ending.state
    }
}

/// When a ballot was held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// When voting began.
    pub opened_on: Option<PartialDate>,
    /// When voting ended.
    pub closed_on: Option<PartialDate>,
    /// When the result was made known.
    pub declared_on: Option<PartialDate>,
}

impl Rules for Held {
    fn faults(&self) -> Vec<Fault> {
        let opened = ("opened_on", self.opened_on);
        let closed = ("closed_on", self.closed_on);
        let declared = ("declared_on", self.declared_on);
        not_before(closed, &[opened]).into_iter().chain(not_before(declared, &[opened, closed])).collect()
    }
}

/// The state of a ballot, with the reason for one that no longer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The state.
    pub state: BallotState,
    /// Why a void ballot does not count.
    pub void_reason: Option<Note>,
    /// The rerun that a superseded ballot gave way to.
    pub superseded_by_id: Option<StaffBallotId>,
}

impl Rules for Ending {
    /// A void ballot has its reason and a superseded one its rerun, and no other ballot has either.
    fn faults(&self) -> Vec<Fault> {
        let belongs = |field: &str, given: bool, to: BallotState| match (given, self.state == to) {
            (false, true) => {
                Some(Fault::new(field, FaultCode::Required, format!("a ballot in state `{to}` needs `{field}`")))
            }
            (true, false) => {
                let detail =
                    format!("only a ballot in state `{to}` has this, and the state is `{}`: leave it out", self.state);
                Some(Fault::new(field, FaultCode::Inconsistent, detail))
            }
            _ => None,
        };
        let void = belongs("void_reason", self.void_reason.is_some(), BallotState::Void);
        let superseded = belongs("superseded_by_id", self.superseded_by_id.is_some(), BallotState::Superseded);
        void.into_iter().chain(superseded).collect()
    }
}

/// Who watched over a ballot; an independent one is the rules above 50 entitled (TULRCA 1992 s.226B).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrutineer {
    /// The person.
    pub name: Option<Name>,
    /// The organisation.
    pub organisation: Option<Name>,
    /// When they were appointed.
    pub appointed_on: Option<Day>,
}

impl Rules for Scrutineer {
    fn faults(&self) -> Vec<Fault> {
        if self.name.is_some() || self.organisation.is_some() {
            return Vec::new();
        }
        vec![Fault::new("", FaultCode::Required, "the scrutineer is not named: expected `name` or `organisation`")]
    }
}

/// A correction of a ballot that was declared: appended to it, so that everybody sees when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// When.
    pub corrected_at: DateTime<Utc>,
    /// Why.
    pub reason: Note,
    /// The version of the record from which on it is so.
    pub version: i64,
}
