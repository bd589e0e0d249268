//! Mutuals' progress on the pathways of their departments in the database.

use domain::{Child, DepartmentId, Fault, FaultCode, Mutual, MutualId, PathwayProgress, PathwayStep};

use crate::backend::column::Column;
use crate::backend::fragment::Fragment;
use crate::error::{ConflictKind, Error, refuse};
use crate::register::child::{self, ChildColumns, ChildId, ChildRecord, Parent as _, StoredChild};
use crate::{ReadTx, WriteTx};

/// A mutual's progress along its lead department's pathway.
#[derive(Clone, Debug)]
pub struct Pathway {
    /// That department; none where the mutual has none, and so no pathway.
    pub department_id: Option<DepartmentId>,
    /// The steps, in their order.
    pub steps: Vec<Footing>,
}

/// A step of a pathway, and how far a mutual is with it.
#[derive(Clone, Debug)]
pub struct Footing {
    /// The step.
    pub step: ChildRecord<PathwayStep>,
    /// What the mutual has done, if it has.
    pub progress: Option<ChildRecord<PathwayProgress>>,
}

/// The pathway of a mutual.
pub fn pathway(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Pathway, Error> {
    let Some(department_id) = Mutual::department(tx, mutual_id)? else {
        return Ok(Pathway { department_id: None, steps: Vec::new() });
    };
    let mut progress = child::all::<PathwayProgress>(tx, mutual_id)?;
    let mut steps = child::all::<PathwayStep>(tx, department_id)?;
    steps.sort_by_key(|step| step.content.position);
    let footing = |step: ChildRecord<PathwayStep>| {
        let done = progress.iter().position(|record| record.content.step_id == step.id);
        Footing { step, progress: done.map(|at| progress.swap_remove(at)) }
    };
    let steps = steps.into_iter().map(footing).collect();
    Ok(Pathway { department_id: Some(department_id), steps })
}

impl StoredChild for PathwayProgress {
    const COLUMNS: ChildColumns<Self> = &[("step_id", |it| Column::text(it.step_id))];

    /// A mutual takes each step of its department's pathway once, with the evidence that the step asks for. What was done on the
    /// pathway of a department that led it before stays.
    fn check(
        tx: &mut WriteTx<'_>,
        id: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let step_id = wanted.step_id.to_string();
        let step = child::there::<PathwayStep>(tx, wanted.step_id)?;
        let department_id = Mutual::department(tx, wanted.parent_id)?;
        let is_kept = before.is_some_and(|before| before.content.step_id == wanted.step_id);
        let Some(step) = step.filter(|step| is_kept || department_id == Some(step.content.parent_id)) else {
            let said = format!("there is no pathway step with the id {step_id} in the mutual's department");
            return Err(Error::Rule(vec![Fault::new("step_id", FaultCode::UnknownReference, said)]));
        };
        refuse(Error::Rule, wanted.faults_for(&step.content))?;
        let same = Fragment::default().sql("pathway_progress.step_id = ").parameter(&step_id);
        let other = child::other_with::<Self>(tx, id, wanted.parent_id, same)?;
        child::untaken::<Self>(ConflictKind::StepTaken, "step_id", step_id, other)
    }
}
