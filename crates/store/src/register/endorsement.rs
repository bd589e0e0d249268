//! Endorsements of mutuals in the database. The position of staff follows their ballot.

use domain::{
    BallotState, Child, Endorsement, Fault, FaultCode, Mutual, MutualId, Record, StaffBallot, StaffBallotId,
    derived_position,
};

use crate::backend::column::Column;
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::child::{self, ChildColumns, ChildId, ChildRecord, StoredChild};
use crate::register::record::{self};
use crate::transaction::{ReadTx, WriteTx};

impl StoredChild for Endorsement {
    const FILTER_COLUMN: Option<&'static str> = Some("constituency");

    const COLUMNS: ChildColumns<Self> = &[
        ("constituency", |it| Column::word(it.stance.constituency.as_str())),
        ("staff_ballot_id", |it| Column::text_option(it.stance.staff_ballot_id.as_ref())),
    ];

    /// Staff speak by a declared ballot on this mutual: an endorsement is public, and would tell of a draft. Of drafts, and of ballots on
    /// other mutuals, it is not told whether they are there.
    fn check(
        tx: &mut WriteTx<'_>,
        _: ChildId<Self>,
        _: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let Some(ballot_id) = wanted.stance.staff_ballot_id else {
            wanted.content.by_ballot = None;
            return Ok(());
        };
        let Some(ballot) = declared_on_mutual(tx, ballot_id, wanted.parent_id)? else {
            let said = format!("there is no declared staff ballot with the id {ballot_id} on this mutual");
            return Err(Error::Rule(vec![Fault::new("staff_ballot_id", FaultCode::UnknownReference, said)]));
        };
        wanted.content.by_ballot = derived_position(&ballot.content);
        Ok(())
    }
}

/// Changes the endorsements that rest on a ballot, where it gives another position than it did.
pub(crate) fn follow_ballot(tx: &mut WriteTx<'_>, ballot: &Record<StaffBallot>) -> Result<(), Error> {
    let position = derived_position(&ballot.content);
    let resting = Fragment::default().sql("endorsements.staff_ballot_id = ").parameter(ballot.id.to_string());
    let endorsements: Vec<ChildRecord<Endorsement>> = record::all_where(tx, resting)?;
    for endorsement in endorsements {
        if endorsement.content.by_ballot != position {
            child::update(tx, &endorsement, endorsement.content.content.clone())?;
        }
    }
    Ok(())
}

/// The ballot with this id, if it is about this mutual and no draft.
fn declared_on_mutual(
    tx: &mut ReadTx<'_>,
    id: StaffBallotId,
    mutual_id: MutualId,
) -> Result<Option<Record<StaffBallot>>, Error> {
    let found = record::find::<StaffBallot>(tx, id)?;
    let is_public = |ballot: &Record<StaffBallot>| ballot.content.state() != BallotState::Draft;
    Ok(found.filter(|ballot| ballot.content.mutual_id == mutual_id && is_public(ballot)))
}
