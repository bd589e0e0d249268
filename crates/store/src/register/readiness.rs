//! Whether a mutual is ready to be launched, by what the register holds about it.

use domain::{Condition, Day, Department, LaunchFacts, Mutual, Record};

use crate::ReadTx;
use crate::error::Error;
use crate::register::{child, contract, record, staff_ballot};

/// Each condition of the gate for a launch on this day, as known today.
pub fn assess(
    tx: &mut ReadTx<'_>,
    mutual: &Record<Mutual>,
    launches_on: Day,
    today: Day,
) -> Result<[Condition; 6], Error> {
    let leading =
        mutual.content.parents.department_id.map(|id| record::find::<Department>(tx, id)).transpose()?.flatten();
    let facts = LaunchFacts {
        demanded: leading.map(|department| (department.id, department.content.gate_thresholds)),
        mutual_id: mutual.id,
        legal_form: mutual.content.legal_form,
        identifiers: mutual.content.identifiers.clone(),
        ballots: staff_ballot::of_mutual(tx, mutual.id)?,
        endorsements: child::all(tx, mutual.id)?,
        contracts: contract::of_mutual(tx, mutual.id)?,
        objections: child::all(tx, mutual.id)?,
        launches_on,
        today,
    };
    Ok(domain::readiness::assess(&facts))
}
