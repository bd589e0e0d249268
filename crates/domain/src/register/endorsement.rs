//! Endorsements of mutuals: whether those who are affected support one. Each constituency speaks for itself;
//! different electorates are never merged.

use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::record::Record;
use crate::register::child::Child;
use crate::register::mutual::Mutual;
use crate::register::staff_ballot::{StaffBallot, StaffBallotId, Verdict};
use crate::value::date::Day;
use crate::value::source::Sources;
use crate::value::text::Name;
use crate::value::web_url::WebUrl;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Who takes a position on a mutual.
    pub enum Constituency {
        /// The people who work in the service, by a ballot.
        Staff = "staff" or "employees" or "employee" or "workforce",
        /// The people who use the service, or those who care for them.
        ServiceUsers = "service_users" or "service user" or "users" or "patients" or "clients" or "customers"
            or "public",
        /// The senior management of the service or its parent body.
        SeniorManagement = "senior_management" or "management" or "managers" or "senior managers"
            or "leadership" or "board",
        /// The public bodies that buy the service.
        Commissioners = "commissioners" or "commissioner" or "buyers" or "buyer",
        /// The unions of the people who work in the service.
        TradeUnions = "trade_unions" or "trade union" or "unions" or "union",
    }

    /// The position of a constituency on a mutual.
    pub enum Position {
        /// It is for the mutual.
        Supports = "supports" or "support" or "for" or "in favour" or "in favor" or "yes" or "endorses",
        /// It is against the mutual.
        Opposes = "opposes" or "oppose" or "against" or "no" or "objects",
        /// It was asked and takes no side.
        Neutral = "neutral" or "abstains" or "abstain" or "no position" or "undecided",
    }
}

/// Id of an endorsement of a mutual.
pub type EndorsementId = Id<Child<Mutual, Endorsement>>;

/// The position that a constituency has taken on a mutual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsement {
    /// Who thinks what of it.
    pub stance: Checked<Stance>,
    /// The position that the ballot gives staff, if it gives one; the register keeps it as the ballot has it.
    pub by_ballot: Option<Position>,
    /// When the position was taken.
    pub given_on: Day,
    /// The person who made it known; personal data, and none once the register was made to forget it.
    pub given_by: Option<Name>,
    /// A page with the position.
    pub evidence_url: Option<WebUrl>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Endorsement {
    /// The position that the constituency takes, said or voted.
    pub fn position(&self) -> Option<Position> {
        self.stance.position.or(self.by_ballot)
    }
}

/// Who takes which position. That of staff is never typed: it is what their ballot says
/// ([`derived_position`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stance {
    /// Who takes the position.
    pub constituency: Constituency,
    /// The position; none for staff.
    pub position: Option<Position>,
    /// The ballot that says it for staff; none for the others.
    pub staff_ballot_id: Option<StaffBallotId>,
}

impl Rules for Stance {
    fn faults(&self) -> Vec<Fault> {
        let constituency = self.constituency;
        let by_ballot = constituency == Constituency::Staff;
        let mut faults = Vec::new();
        let mut refuse = |field: &str, code, detail: String| faults.push(Fault::new(field, code, detail));
        match self.position {
            Some(_) if by_ballot => {
                let detail = "the position of `staff` comes from their ballot: leave it out";
                refuse("position", FaultCode::Inconsistent, detail.to_owned());
            }
            None if !by_ballot => {
                refuse("position", FaultCode::Required, format!("`position` is required for `{constituency}`"));
            }
            _ => {}
        }
        match self.staff_ballot_id {
            None if by_ballot => {
                let detail = "the position of `staff` comes from a ballot: give its id";
                refuse("staff_ballot_id", FaultCode::Required, detail.to_owned());
            }
            Some(_) if !by_ballot => {
                let detail = format!("a staff ballot cannot give the position of `{constituency}`: leave it out");
                refuse("staff_ballot_id", FaultCode::Inconsistent, detail);
            }
            _ => {}
        }
        faults
    }
}

/// The position that a ballot gives staff.
///
/// None where it gives none: the ballot is not declared or no longer stands, its kind decides nothing, nobody
/// voted, or what is known of its counts leaves open which option leads or whether a threshold is met.
/// [`StaffBallot::verdict`] says which.
pub fn derived_position(ballot: &StaffBallot) -> Option<Position> {
    match ballot.verdict() {
        Verdict::Mutual(_) => Some(Position::Supports),
        Verdict::ThresholdMissed(_) | Verdict::Otherwise(_) => Some(Position::Opposes),
        Verdict::Abstained | Verdict::Tied => Some(Position::Neutral),
        Verdict::ThresholdUnknown(_) | Verdict::NobodyVoted | Verdict::LeadUnknown | Verdict::NotDeciding => None,
    }
}

/// The endorsements that stand as at a day: the newest of each constituency by the day it was given, which is not a
/// later one, and of one day the one entered later; in the order of [`Constituency::ALL`].
pub fn standing(
    endorsements: &[Record<Child<Mutual, Endorsement>>],
    as_at: Day,
) -> Vec<&Record<Child<Mutual, Endorsement>>> {
    let newest_of = |constituency: &Constituency| {
        endorsements
            .iter()
            .filter(|endorsement| endorsement.content.stance.constituency == *constituency)
            .filter(|endorsement| endorsement.content.given_on <= as_at)
            .max_by_key(|endorsement| (endorsement.content.given_on, endorsement.created_at, endorsement.id))
    };
    Constituency::ALL.iter().filter_map(newest_of).collect()
}
