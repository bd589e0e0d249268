//! What became of records before they were entered here, as an administrator's import brings it: a mutual's course, and what was
//! declared of a ballot.

use domain::mutual::Life;
use domain::{BallotState as State, Checked, Ending, Kind};
use serde::{Deserialize, Serialize};
use store::{Reference, Stored, WriteTx};
use utoipa::ToSchema;
use validator::Validate;

use super::row::Imported;
use crate::register::contract::Contracts;
use crate::register::department::Departments;
use crate::register::mutual::{Mutuals, Stage};
use crate::register::staff_ballot::{BallotState, StaffBallots};
use crate::register::value::{MutualId, Note, PartialDate, Slugged, StaffBallotId, Text, Word};
use crate::request::body::Input;
use crate::request::faults::Faults;

/// Nothing: all that a record says is written.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NoPast {}

/// The course of a mutual as far as it came before it was entered here.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MutualPast {
    stage: Option<Stage>,
    stage_since: Option<PartialDate>,
    launched_on: Option<PartialDate>,
    ended_on: Option<PartialDate>,
    successor_id: Option<MutualId>,
    launch_override_reason: Option<Note>,
}

/// What was declared of a ballot before it was entered here.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BallotPast {
    state: Option<BallotState>,
    void_reason: Option<Note>,
    superseded_by_id: Option<StaffBallotId>,
    #[serde(default)]
    corrections: Vec<PastCorrection>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
struct PastCorrection {
    #[validate(required)]
    corrected_at: Option<String>,
    #[validate(required)]
    reason: Option<Note>,
    #[validate(required)]
    version: Option<i64>,
}

impl Input for NoPast {
    type Value = ();

    const PATCH: &'static str = "NoPastPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, _: &mut Faults) -> Option<()> {
        Some(())
    }
}

impl Input for MutualPast {
    type Value = (Checked<Life>, Option<domain::Note>);

    const PATCH: &'static str = "MutualPastPatch";

    fn references(&self) -> Vec<Reference> {
        self.successor_id.iter().map(|id| Reference::new("successor_id", Kind::Mutual, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let life = Life {
            stage: self.stage.map(Word::into_inner).unwrap_or_default(),
            stage_since: self.stage_since.map(Text::into_inner),
            launched_on: self.launched_on.map(Text::into_inner),
            ended_on: self.ended_on.map(Text::into_inner),
            successor_id: self.successor_id.map(Text::into_inner),
        };
        let life = faults.take_all(&["stage"], Checked::new(life));
        Some((life?, self.launch_override_reason.map(Text::into_inner)))
    }
}

impl Input for BallotPast {
    type Value = domain::Past;

    const PATCH: &'static str = "BallotPastPatch";

    fn references(&self) -> Vec<Reference> {
        self.superseded_by_id.iter().map(|id| store::staff_ballot::superseding(id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let ending = Ending {
            state: self.state.map_or(State::Draft, Word::into_inner),
            void_reason: self.void_reason.map(Text::into_inner),
            superseded_by_id: self.superseded_by_id.map(Text::into_inner),
        };
        let ending = faults.take_all(&["state"], Checked::new(ending));
        if self.corrections.len() > domain::StaffBallot::MAX_CORRECTIONS {
            let most = domain::StaffBallot::MAX_CORRECTIONS;
            faults.push("corrections", domain::FaultCode::TooMany, format!("expected {most} corrections at most"));
        }
        let corrections = faults.each("corrections", self.corrections, PastCorrection::build);
        Some(domain::Past { ending: ending?, corrections })
    }
}

impl PastCorrection {
    fn build(self, faults: &mut Faults) -> Option<domain::Correction> {
        let (at, reason, version) = (self.corrected_at, self.reason, self.version);
        if at.is_none() || reason.is_none() || version.is_none() {
            let said = "a correction has `corrected_at`, `reason` and `version`";
            faults.push("", domain::FaultCode::Required, said);
        }
        let corrected_at = match at?.parse() {
            Ok(at) => at,
            Err(_) => {
                let said = "expected an instant such as 2026-03-01T09:30:00Z";
                faults.push("corrected_at", domain::FaultCode::InvalidFormat, said);
                return None;
            }
        };
        Some(domain::Correction { corrected_at, reason: reason?.into_inner(), version: version? })
    }
}

impl Imported for Departments {
    type Past = NoPast;

    const PAST: &'static [&'static str] = &[];

    fn key(id: domain::DepartmentId) -> Self::Key {
        domain::Key::Id(id)
    }

    fn key_of_slug(slug: &str) -> Option<Self::Key> {
        slug.parse().ok().map(domain::Key::Slug)
    }
}

impl Imported for Mutuals {
    type Past = MutualPast;

    const PAST: &'static [&'static str] =
        &["stage", "stage_since", "launched_on", "ended_on", "successor_id", "launch_override_reason"];

    fn key(id: domain::MutualId) -> Self::Key {
        domain::Key::Id(id)
    }

    fn key_of_slug(slug: &str) -> Option<Self::Key> {
        slug.parse().ok().map(domain::Key::Slug)
    }

    fn with_past(
        value: Slugged<domain::Mutual>,
        (life, launch_override_reason): &(Checked<Life>, Option<domain::Note>),
    ) -> Slugged<domain::Mutual> {
        let (life, launch_override_reason) = (life.clone(), launch_override_reason.clone());
        Slugged { content: domain::Mutual { life, launch_override_reason, ..value.content }, ..value }
    }
}

impl Imported for StaffBallots {
    type Past = BallotPast;

    const PAST: &'static [&'static str] = &["state", "void_reason", "superseded_by_id", "corrections"];

    fn key(id: domain::StaffBallotId) -> Self::Key {
        id
    }

    fn enter(
        tx: &mut WriteTx<'_>,
        (id, ballot): &Self::Prepared,
        past: &domain::Past,
        scrutineer_above: i64,
        caller: &domain::Caller,
    ) -> Result<Stored<domain::StaffBallot>, store::Error> {
        store::staff_ballot::insert_with_past(tx, *id, ballot, past, scrutineer_above, caller.draft_access())
    }
}

impl Imported for Contracts {
    type Past = NoPast;

    const PAST: &'static [&'static str] = &[];

    fn key(id: domain::ContractId) -> Self::Key {
        id
    }
}
