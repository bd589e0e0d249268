//! The steps of departments' pathways in the database, each at a place of its own.

use domain::{
    Child, Department, DepartmentId, Fault, FaultCode, Kind, PathwayProgress, PathwayStep, PathwayStepId, StepPosition,
};

use crate::backend::column::Column;
use crate::backend::fragment::Fragment;
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::query::keyset::{KeyKind, SortKey, Values};
use crate::register::child::{self, ChildColumns, ChildRecord, StoredChild};
use crate::register::record::{self};
use crate::{ReadTx, WriteTx};

impl StoredChild for PathwayStep {
    const ORDER: SortKey = SortKey::new("position", Values::Unique, KeyKind::Integer);
    const FILTER_COLUMN: Option<&'static str> = Some("stage");
    const COLUMNS: ChildColumns<Self> = &[
        // [`StoredChild::check`] has filled it in.
        ("position", |it| Column::Integer(it.position.map(|position| position.get().into()))),
        ("stage", |it| Column::word_option(it.stage.map(|stage| stage.as_str()))),
    ];

    fn dependents(tx: &mut ReadTx<'_>, id: PathwayStepId) -> Result<Vec<Conflict>, Error> {
        Ok(Conflict::dependents([child::referring::<PathwayProgress>(tx, "step_id", &id.to_string())?]))
    }

    /// A step that names no place keeps the one that it has; a new one comes after the last.
    fn check(
        tx: &mut WriteTx<'_>,
        id: PathwayStepId,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Department, Self>,
    ) -> Result<(), Error> {
        let position = match (wanted.content.position, before.and_then(|before| before.content.position)) {
            (Some(position), _) => free(tx, id, wanted.parent_id, position)?,
            (None, Some(position)) => position,
            (None, None) => next(tx, wanted.parent_id)?,
        };
        wanted.content.position = Some(position);
        Ok(())
    }
}

/// The place, if no other step of the department has it.
fn free(
    tx: &mut ReadTx<'_>,
    id: PathwayStepId,
    department_id: DepartmentId,
    position: StepPosition,
) -> Result<StepPosition, Error> {
    let same = Fragment::default().sql(format!("pathway_steps.position = {}", position.get()));
    let Some(holder) = child::other_with::<PathwayStep>(tx, id, department_id, same)? else { return Ok(position) };
    Err(Error::Conflict(vec![Conflict {
        kind: ConflictKind::PositionTaken,
        field: "position".to_owned(),
        value: position.get().to_string(),
        other: Some(OtherRecord {
            resource_type: Kind::PathwayStep,
            id: holder.id.to_string(),
            name: Some(holder.content.title.to_string()),
        }),
    }]))
}

/// The place after the last step of the department.
fn next(tx: &mut ReadTx<'_>, department_id: DepartmentId) -> Result<StepPosition, Error> {
    let last = child::of::<PathwayStep>(department_id).sql(" ORDER BY pathway_steps.position DESC LIMIT 1");
    let last: Vec<ChildRecord<PathwayStep>> = record::load(tx, last)?;
    let last = last.first().and_then(|step| step.content.position).map(|position| i64::from(position.get()));
    StepPosition::try_from(last.unwrap_or_default().saturating_add(1)).map_err(|_| {
        let said =
            format!("the pathway has a step at {}, the last place: name a place that is free", StepPosition::MAX);
        Error::Rule(vec![Fault::new("position", FaultCode::Required, said)])
    })
}
