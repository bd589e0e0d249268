//! Mutuals' progress along the pathways of their departments.

use actix_web::{HttpResponse, get};
use document::record::View;
use document::register::{PathwayProgress, Stage};
use document::value::{DepartmentId, Description, MutualId, MutualKey, PathwayStepId, Text, Title, Word};
use domain::Id;
use serde::Serialize;
use store::ReadTx;
use store::child::Parent as _;
use store::pathway_progress::{Footing, Pathway};
use utoipa::ToSchema;

use crate::app::App;
use crate::register::child::ChildResource;
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::page::NoFilter;
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

type Key = domain::Key<domain::Mutual>;

/// A mutual's progress along its lead department's pathway.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
    "steps_done": 0,
    "steps_total": 1,
    "steps": [{
        "step_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0a",
        "position": 1,
        "title": "Tell your manager that you want to explore a mutual",
        "stage": "idea",
        "evidence_required": false
    }]
}))]
pub struct MutualPathway {
    mutual_id: MutualId,
    /// The lead department, which owns the pathway. If there is none, the pathway has no steps.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<DepartmentId>,
    /// How many of the steps are done.
    steps_done: i64,
    /// How many steps there are.
    steps_total: i64,
    /// All steps of the department, in their order.
    #[schema(max_items = 100)]
    steps: Vec<MutualPathwayStep>,
}

/// A step of a pathway, with a mutual's progress on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MutualPathwayStep {
    step_id: PathwayStepId,
    /// Its place on the pathway.
    #[schema(minimum = 1, maximum = 100)]
    position: i64,
    /// The task.
    title: Title,
    /// How to do it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    guidance: Option<Description>,
    /// The stage in which it is done.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    /// Whether progress on the step must link to evidence.
    evidence_required: bool,
    /// The mutual's progress on the step. Absent if the step is not done yet.
    #[schema(nullable = false, value_type = PathwayProgress)]
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<View>,
}

impl ChildResource for domain::PathwayProgress {
    type Filter = NoFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "progress on a step",
        many: "progress",
        of: " of a mutual on its pathway",
        list: "In the order of entry. To see all steps in the order of the pathway, done or not, get the pathway of \
               the mutual.",
        create: "Records progress on a step of the lead department's pathway. Each step can be recorded once. Give \
                 evidence if the step requires it.",
        conflicts: Conflicts { create: &[ProblemType::StepTaken], change: &[ProblemType::StepTaken], ..NO_CONFLICTS },
        ..Words::USUAL
    };
}

impl MutualPathway {
    fn new(mutual_id: Id<domain::Mutual>, pathway: Pathway) -> Self {
        let steps: Vec<_> = pathway.steps.into_iter().map(MutualPathwayStep::from).collect();
        Self {
            mutual_id: Text(mutual_id),
            department_id: pathway.department_id.map(Text),
            steps_done: number(steps.iter().filter(|step| step.progress.is_some()).count()),
            steps_total: number(steps.len()),
            steps,
        }
    }
}

/// A count as JSON has it.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl From<Footing> for MutualPathwayStep {
    fn from(Footing { step, progress }: Footing) -> Self {
        let (step_id, step) = (step.id, step.content.content);
        Self {
            step_id: Text(step_id),
            position: step.position.map_or(0, |position| position.get().into()),
            title: Text(step.title),
            guidance: step.guidance.map(Text),
            stage: step.stage.map(Word),
            evidence_required: step.evidence_required,
            progress: progress.as_ref().and_then(View::of),
        }
    }
}

/// Get the pathway of a mutual
///
/// The steps of the lead department's pathway in order, each with the progress of the mutual, and the number of steps
/// done.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), IfNoneMatch),
    responses((status = 200, description = "The pathway", body = MutualPathway))
)]
#[get("/mutuals/{mutual}/pathway")]
pub async fn get_mutual_pathway(
    app: App,
    mutual: PathKey<Key>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let read = move |tx: &mut ReadTx<'_>| {
        let mutual_id = domain::Mutual::find_id(tx, &mutual.0)?;
        let pathway = store::pathway_progress::pathway(tx, mutual_id)?;
        Ok::<_, Problem>(MutualPathway::new(mutual_id, pathway))
    };
    Ok(conditions.worked_out(&app.store.read(read).await?))
}
